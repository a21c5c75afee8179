#!/usr/bin/env python3
"""Measures Jari on PostgreSQL, Redis and Kafka, in one run, as ratios: to pgbench's TPC-B on the same PostgreSQL (T),
and to a bare Hummingbird route (H). Everything shares the machine's cores, the servers too.

    scripts/services run bench/distributed.py [--rounds 3] [--seconds 4] [--only hold,buy]
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import run
from run import ROOT, Program, Sale, Subjects, cycle, free_port, shuffled, uuid7, wrk

BARS = {
    "hold": (2.5, "T"), "buy": (1.0, "T"), "poll": (0.6, "H"), "join": (0.4, "H"), "hot date": (0.9, "100 dates"),
}
DATES = 100
# Fans who hold and pay at the same time. Commits are shared by those who wait for them, and in a rush those are many.
FANS_AT_ONCE = 1024
QUEUE_CONNECTIONS = run.CONNECTIONS
VISIBLE_MS = 150
PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"


def sql(uri, text):
    result = subprocess.run(["psql", uri, "-XAtq", "-v", "ON_ERROR_STOP=1"], input=text, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(result.stderr)
    return result.stdout.strip()


class SharedSale(Sale):
    """The same sale in PostgreSQL, with Redis and Kafka beside it."""

    def place(self):
        primary = os.environ["JARI_TEST_POSTGRES"]
        self.database = f"bench_{secrets.token_hex(6)}"
        sql(primary, f"CREATE DATABASE {self.database}")
        self.uri = primary.rsplit("/", 1)[0] + "/" + self.database
        return {
            "JARI_STORE": self.uri, "JARI_COORDINATION": os.environ["JARI_TEST_REDIS"],
            "JARI_EVENTS": f"{os.environ['JARI_TEST_KAFKA']}?topic=jari.{self.database}&partitions=4"}

    def _fill(self):
        rich, people = 100_000_000_000, [(fan, "FAN") for fan in self.fans] + [(self.staff, "ADMIN")]
        charges = [(uuid7(), uuid7(), fan) for fan in self.fans]
        copy = lambda table, rows: f"COPY {table} FROM stdin;\n" + "".join(
            "\t".join(map(str, row)) + "\n" for row in rows) + "\\.\n"
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        sql(self.uri, "".join([
            copy("users (id, email, name, role, password_hash, created_at)",
                 [(person, f"{person}@bench.example", "bench", role, "", now) for person, role in people]),
            copy("wallets (user_id, balance)", [(fan, rich) for fan in self.fans]),
            copy("transfers (id, kind, from_account, to_account, wallet_id, amount, balance, at)",
                 [(charge, "CHARGE", f"{1:032x}", fan, fan, rich, rich, now) for charge, _, fan in charges]),
            copy("events (id, kind, subject_id, version, user_id, amount, seats, at)",
                 [(event, "points.charged", charge, 1, fan, rich, r"\\x", now) for charge, event, fan in charges]),
            "ANALYZE;\n"]))

    def beside(self):
        """Another process of the same sale."""
        port = free_port()
        return Program([self.binary, "serve"], port, "/readyz", dict(self.env, JARI_PORT=str(port)))


class SharedSubjects(Subjects):
    def hot_date(self):
        """Holds on one date, and right after over a hundred: the first as a share of the second."""
        hot = self.hold()
        concert, wishes = self.sale.concert(), []
        fans = self.sale.fans
        for number in range(DATES):
            date, seats = self.sale.date(concert, sections=1, rows=10)
            mine = fans[number * len(fans) // DATES:(number + 1) * len(fans) // DATES]
            tokens = self.sale.admit_all(date, mine)
            wishes += [(date, seat, fan, tokens[fan]) for seat, fan in zip(seats, cycle(mine))]
        wishes.sort(key=lambda wish: shuffle_key(wish[1]))
        return hot / self.holds(wishes)


def shuffle_key(text):
    return shuffled([text, text[::-1]])[0][-8:] + text[-6:]


def pgbench_rate(uri, seconds):
    output = subprocess.run(
        [PGBENCH, "-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", str(seconds), uri], check=True,
        capture_output=True, text=True).stdout
    return float(re.search(r"tps = ([\d.]+)", output)[1])


def visible_after(sale, other_port, count=300):
    """Milliseconds from a hold's answer at one process to its sign on a stream of another: (median, p99)."""
    date, seats = sale.date(sale.concert(), sections=1, rows=10)
    fan = sale.fans[0]
    tokens = sale.admit_all(date, sale.fans[:30])
    places = {seat: number for number, seat in enumerate(seats)}
    seen, ready = {}, threading.Event()

    def listen():
        connection = http.client.HTTPConnection("127.0.0.1", other_port, timeout=60)
        connection.request("GET", f"/api/v1/dates/{date}/events")
        response = connection.getresponse()
        for line in response:
            if line.startswith(b"event: reset"):
                ready.set()
            if line.startswith(b"data: ") and b"changes" in line:
                now = time.monotonic()
                for ordinal, _ in json.loads(line[6:])["changes"]:
                    seen.setdefault(ordinal, now)
            if len(seen) >= count:
                return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    ready.wait(10)
    answered = {}
    connection = http.client.HTTPConnection("127.0.0.1", sale.port, timeout=60)
    for number, seat in enumerate(seats[:count]):
        fan = sale.fans[number % 30]
        sale.call("POST", "/api/v1/reservations", sale.tokens[fan], {"dateId": date, "seatIds": [seat]},
                  connection=connection, key=f"v-{seat}", headers={"X-Queue-Token": tokens[fan]})
        answered[places[seat]] = time.monotonic()
    listener.join(20)
    delays = sorted((seen[ordinal] - moment) * 1000 for ordinal, moment in answered.items() if ordinal in seen)
    if len(delays) < count:
        raise SystemExit(f"only {len(delays)} of {count} changes were seen at the other process")
    return statistics.median(delays), delays[int(len(delays) * 0.99)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", help="names with commas between")
    parser.add_argument("--bin", default=str(ROOT / ".build/release"))
    options = parser.parse_args()
    chosen = options.only.split(",") if options.only else list(BARS)

    primary = os.environ["JARI_TEST_POSTGRES"]
    sql(primary, "DROP DATABASE IF EXISTS bench_tpcb WITH (FORCE); ")
    sql(primary, "CREATE DATABASE bench_tpcb")
    tpcb = primary.rsplit("/", 1)[0] + "/bench_tpcb"
    subprocess.run([PGBENCH, "-i", "-q", "-s", "20", tpcb], check=True, capture_output=True)
    with tempfile.TemporaryDirectory(prefix="jari-bench-") as folder:
        bare_port = free_port()
        bare = Program([options.bin + "/BareHello", str(bare_port)], bare_port, "/hello")
        sale = SharedSale(options.bin + "/jari", pathlib.Path(folder))
        other = sale.beside()
        try:
            try:
                delays = visible_after(sale, other.port)
            finally:
                other.stop()
            subjects = SharedSubjects(sale, options.seconds)
            pairs = {name: [] for name in chosen}
            for round_number in range(options.rounds):
                for name in chosen:
                    against = BARS[name][1]
                    run.CONNECTIONS = QUEUE_CONNECTIONS if against == "H" else FANS_AT_ONCE
                    base = {"T": lambda: pgbench_rate(tpcb, options.seconds),
                            "H": lambda: wrk(bare_port, path="/hello", seconds=options.seconds),
                            "100 dates": lambda: 1}[against]()
                    rate = getattr(subjects, name.replace(" ", "_"))()
                    pairs[name].append((base, rate))
                    print(f"round {round_number + 1}  {name:<9} {rate:>9.2f}  {against} {base:>8.0f}   "
                          f"{rate / base:.2f}", flush=True)
        finally:
            bare.stop()
            sale.program.stop()
        audit = subprocess.run([options.bin + "/jari", "audit"], env=sale.env, capture_output=True, text=True)
        sql(primary, f"DROP DATABASE {sale.database} WITH (FORCE)")
        sql(primary, "DROP DATABASE bench_tpcb WITH (FORCE)")

    figures = {
        name: {"rate": statistics.median(rate for _, rate in rounds), "base": statistics.median(b for b, _ in rounds),
               "ratio": statistics.median(rate / base for base, rate in rounds), "bar": BARS[name][0],
               "of": BARS[name][1], "pairs": rounds}
        for name, rounds in pairs.items()}
    print("\n| what | a second | ratio | of | bar | |\n|---|---:|---:|---|---:|---|")
    for name, figure in figures.items():
        verdict = "reached" if figure["ratio"] >= figure["bar"] else "**missed**"
        rate = f"{figure['rate']:,.0f}" if figure["of"] != "100 dates" else ""
        print(f"| {name} | {rate} | {figure['ratio']:.2f} | {figure['of']} | {figure['bar']} | {verdict} |")
    verdict = "reached" if delays[1] <= VISIBLE_MS else "**missed**"
    print(f"| seat change on another process' stream, p99 | | {delays[1]:.0f} ms | | {VISIBLE_MS} ms | {verdict} |")
    print(f"\nmedian of that {delays[0]:.1f} ms; audit {'clean' if audit.returncode == 0 else 'NOT CLEAN'}")
    results = ROOT / "bench/results"
    results.mkdir(exist_ok=True)
    (results / "distributed.json").write_text(json.dumps(
        {"figures": figures, "visibleMs": delays, "auditClean": audit.returncode == 0}, indent=2))
    if audit.returncode:
        raise SystemExit(audit.stdout + audit.stderr)


if __name__ == "__main__":
    main()

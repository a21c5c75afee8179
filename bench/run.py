#!/usr/bin/env python3
"""Measures Jari against a bare Hummingbird route (H) on this machine, in one run, as ratios.

Machines are noisy, so every figure is taken right after a figure of H, several rounds long, and what counts is the
median of the ratios of such pairs. Writes a table, and everything as JSON to bench/results/latest.json.

    bench/run.py [--rounds 5] [--seconds 3] [--only hold,buy]
"""
import argparse
import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import secrets
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONNECTIONS = 256
FAN_COUNT = 4_000
SEATS_PER_FAN = 50
BARS = {"poll": 0.8, "join": 0.5, "status 200": 0.8, "status 304": 0.9, "hold": 0.3, "buy": 0.15}


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def uuid7():
    milliseconds = int(time.time() * 1000)
    bits = milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return uuid.UUID(int=bits)


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Program:
    """A server of its own process group, ended by its own id."""

    def __init__(self, command, port, path, env=None):
        self.port = port
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() - self.started > 30:
                raise SystemExit(f"{command[0]} did not start")
            time.sleep(0.005)
        self.ready_after = time.monotonic() - self.started

    def resident_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


class Sale:
    """Jari with fans that have money and logins, made in the store before it starts: registering 4,000 fans one by one
    would measure Argon2."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.access_key, self.queue_key = secrets.token_bytes(32), secrets.token_bytes(32)
        self.port = free_port()
        self.env = dict(
            os.environ, **self.place(), JARI_PORT=str(self.port), JARI_DEMO="true",
            JARI_ACCESS_KEYS=self.access_key.hex(), JARI_QUEUE_KEYS=self.queue_key.hex(),
            # The limiter stays in the way of every request, and never says no.
            JARI_RATE_LIMIT_FACTOR="1000000", JARI_HOLD_SECONDS="3600", JARI_FILES=str(ROOT))
        subprocess.run([binary, "seed"], env=self.env, check=True, stdout=subprocess.DEVNULL)
        self.fans = [uuid7() for _ in range(FAN_COUNT)]
        self.staff = uuid7()
        self._fill()
        self.program = Program([binary, "serve"], self.port, "/readyz", self.env)
        self.tokens = {fan: self.access_token(fan, "FAN") for fan in self.fans}
        self.staff_token = self.access_token(self.staff, "ADMIN")

    def place(self):
        """The settings that say where this sale is kept."""
        self.store = self.folder / "bench.db"
        return {"JARI_STORE": f"sqlite:{self.store}"}

    def _fill(self):
        rich = 100_000_000_000
        now = int(time.time() * 1000)
        database = sqlite3.connect(self.store)
        with database:
            people = [(fan, "FAN") for fan in self.fans] + [(self.staff, "ADMIN")]
            database.executemany(
                "INSERT INTO users (id, email, name, role, password_hash, created_at) VALUES (?, ?, 'bench', ?, '', ?)",
                [(person.bytes, f"{person}@bench.example", role, now) for person, role in people])
            database.executemany(
                "INSERT INTO wallets (user_id, balance) VALUES (?, ?)", [(fan.bytes, rich) for fan in self.fans])
            charges = [(uuid7(), fan) for fan in self.fans]
            database.executemany(
                "INSERT INTO transfers (id, kind, from_account, to_account, wallet_id, amount, balance, at)"
                " VALUES (?, 'CHARGE', ?, ?, ?, ?, ?, ?)",
                [(charge.bytes, (1).to_bytes(16, "big"), fan.bytes, fan.bytes, rich, rich, now)
                 for charge, fan in charges])
            database.executemany(
                "INSERT INTO events (id, kind, subject_id, version, user_id, amount, seats, at)"
                " VALUES (?, 'points.charged', ?, 1, ?, ?, x'', ?)",
                [(uuid7().bytes, charge.bytes, fan.bytes, rich, now) for charge, fan in charges])
        database.close()

    def access_token(self, user, role):
        key_name = "".join(format(byte, "x") for byte in hashlib.sha256(self.access_key).digest()[:6])
        parts = [
            b64url(json.dumps({"alg": "HS256", "typ": "JWT", "kid": key_name}).encode()),
            b64url(json.dumps({
                "sub": str(user), "sid": str(uuid7()), "role": role, "exp": int(time.time()) + 7200}).encode())]
        signature = hmac.new(self.access_key, ".".join(parts).encode(), hashlib.sha256).digest()
        return ".".join(parts + [b64url(signature)])

    def call(self, method, path, token=None, body=None, connection=None, key=None, headers=None):
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if key:
            sent["Idempotency-Key"] = key
        connection.request(method, path, json.dumps(body) if body is not None else None, sent | (headers or {}))
        response = connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise SystemExit(f"{method} {path}: {response.status} {text.decode()[:300]}")
        return response, text

    def arena(self):
        """The demo arena of about 15,000 seats."""
        concerts = json.loads(self.call("GET", "/api/v1/concerts")[1])["items"]
        dates = [
            date for concert in concerts
            for date in json.loads(self.call("GET", f"/api/v1/concerts/{concert['id']}/dates")[1])["items"]]
        date = max(dates, key=lambda date: date["seatsTotal"])
        self.open_wide(date["id"])
        return date["id"]

    def open_wide(self, date):
        self.call("PUT", f"/api/v1/admin/dates/{date}/queue", self.staff_token, {
            "maxActive": 1_000_000, "admitPerSecond": 100_000, "activeSeconds": 7200,
            "seatsPerFanMax": SEATS_PER_FAN})

    def concert(self):
        return json.loads(self.call(
            "POST", "/api/v1/admin/concerts", self.staff_token, {"title": {"ko": "측정", "en": "Bench"}},
            key=secrets.token_hex(8))[1])["id"]

    def stadium(self, sections=10):
        """A new date of 10,000 seats a section, all fans let in: (date, seat ids, queue tokens)."""
        date, seats = self.date(self.concert(), sections)
        return date, seats, self.admit_all(date)

    def date(self, concert, sections, rows=100):
        """A new date on sale, with its seats."""
        day = lambda days: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * 86400))
        date = json.loads(self.call(
            "POST", f"/api/v1/admin/concerts/{concert}/dates", self.staff_token,
            {"startsAt": day(30), "saleOpensAt": day(-1), "saleClosesAt": day(29)}, key=secrets.token_hex(8))[1])["id"]
        self.call("PUT", f"/api/v1/admin/dates/{date}/layout", self.staff_token, {
            "grades": [{"name": "R", "price": 10_000}],
            "sections": [{"name": str(n), "grade": "R", "rows": rows, "seatsPerRow": 100} for n in range(sections)]})
        self.open_wide(date)
        return date, [seat["id"] for seat in json.loads(self.call("GET", f"/api/v1/dates/{date}/seats")[1])["seats"]]

    def admit_all(self, date, fans=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        tokens = {}
        for fan in fans or self.fans:
            _, text = self.call(
                "POST", "/api/v1/queue/token", self.tokens[fan], {"dateId": date}, connection=connection)
            place = json.loads(text)
            tokens[fan] = place["token"]
        return tokens


def wrk(port, script=None, path="/", seconds=3, data=None):
    """Requests a second, or purchases a second where the script counts them."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    if script:
        command += ["-s", str(ROOT / "bench/wrk" / script)]
    command += [f"http://127.0.0.1:{port}{path}"]
    if data:
        command += ["--", str(data)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    total = int(re.search(r"(\d+) requests in", output)[1])
    if bad and int(bad[1]) > total * 0.001:
        raise SystemExit(f"{bad[1]} of {total} answers were errors:\n{output}")
    rate = re.search(r"Paid/sec:\s+([\d.]+)", output) or re.search(r"Requests/sec:\s+([\d.]+)", output)
    return float(rate[1])


def request_text(method, path, headers, body=""):
    lines = [f"{method} {path} HTTP/1.1", "Host: jari"] + [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines) + "\r\n\r\n" + body + "%%\n"


class Subjects:
    """What is measured: each returns its rate."""

    def __init__(self, sale, seconds):
        self.sale, self.seconds = sale, seconds
        self.date = sale.arena()
        self.queue_tokens = sale.admit_all(self.date)
        response, self.status_body = sale.call("GET", f"/api/v1/dates/{self.date}/seats/status")
        self.etag = response.headers["ETag"]

    def file(self, name, text):
        path = self.sale.folder / name
        path.write_text(text)
        return path

    def requests(self, name, texts):
        return wrk(self.sale.port, "requests.lua", seconds=self.seconds, data=self.file(name, "".join(texts)))

    def poll(self):
        return self.requests("poll", (
            request_text("GET", "/api/v1/queue/token", {
                "Authorization": f"Bearer {self.sale.tokens[fan]}", "X-Queue-Token": token})
            for fan, token in self.queue_tokens.items()))

    def join(self):
        return self.requests("join", (
            request_text("POST", "/api/v1/queue/token", {"Authorization": f"Bearer {token}"},
                         json.dumps({"dateId": self.date})) for token in self.sale.tokens.values()))

    def status_200(self):
        return wrk(self.sale.port, path=f"/api/v1/dates/{self.date}/seats/status", seconds=self.seconds)

    def status_304(self):
        return self.requests("304", [
            request_text("GET", f"/api/v1/dates/{self.date}/seats/status", {"If-None-Match": self.etag})])

    def hold(self):
        date, seats, queue_tokens = self.sale.stadium()
        return self.holds((date, seat, fan, queue_tokens[fan])
                          for seat, fan in zip(shuffled(seats), cycle(self.sale.fans)))

    def holds(self, wishes):
        return self.requests("hold", (
            request_text("POST", "/api/v1/reservations", {
                "Authorization": f"Bearer {self.sale.tokens[fan]}", "X-Queue-Token": token,
                "Idempotency-Key": f"h-{seat}"}, json.dumps({"dateId": date, "seatIds": [seat]}))
            for date, seat, fan, token in wishes))

    def buy(self):
        date, seats, queue_tokens = self.sale.stadium()
        lines = (
            f"{self.sale.tokens[fan]} {queue_tokens[fan]} {date} {seat}\n"
            for seat, fan in zip(shuffled(seats), cycle(self.sale.fans)))
        return wrk(self.sale.port, "buy.lua", seconds=self.seconds, data=self.file("buy", "".join(lines)))


def shuffled(items):
    """In an order that has nothing to do with the map's: fans do not choose seats from left to right."""
    return sorted(items, key=lambda item: hashlib.blake2b(item.encode(), digest_size=8).digest())


def cycle(items):
    while True:
        yield from items


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--only", help="names with commas between")
    parser.add_argument("--bin", default=str(ROOT / ".build/release"))
    options = parser.parse_args()
    chosen = options.only.split(",") if options.only else list(BARS)

    with tempfile.TemporaryDirectory(prefix="jari-bench-") as folder:
        bare_port = free_port()
        bare = Program([options.bin + "/BareHello", str(bare_port)], bare_port, "/hello")
        sale = Sale(options.bin + "/jari", pathlib.Path(folder))
        time.sleep(1)
        idle_mb = sale.program.resident_mb()
        try:
            subjects = Subjects(sale, options.seconds)
            pairs = {name: [] for name in chosen}
            for round_number in range(options.rounds):
                for name in chosen:
                    h = wrk(bare_port, path="/hello", seconds=options.seconds)
                    rate = getattr(subjects, name.replace(" ", "_"))()
                    pairs[name].append((h, rate))
                    print(f"round {round_number + 1}  {name:<11} {rate:>9.0f}/s   H {h:>7.0f}/s   {rate / h:.2f}",
                          flush=True)
            peak_mb = sale.program.resident_mb()
        finally:
            bare.stop()
            sale.program.stop()
        audit = subprocess.run([options.bin + "/jari", "audit"], env=sale.env, capture_output=True, text=True)

    figures = {
        name: {
            "rate": statistics.median(rate for _, rate in rounds), "h": statistics.median(h for h, _ in rounds),
            "ratio": statistics.median(rate / h for h, rate in rounds), "bar": BARS[name], "pairs": rounds}
        for name, rounds in pairs.items()}
    extra = {
        "readySeconds": sale.program.ready_after, "idleMB": idle_mb, "afterMB": peak_mb,
        "statusBytes": len(subjects.status_body), "auditClean": audit.returncode == 0}
    print(f"\n| what | a second | of H | bar | |\n|---|---:|---:|---:|---|")
    for name, figure in figures.items():
        verdict = "reached" if figure["ratio"] >= figure["bar"] else "**missed**"
        print(f"| {name} | {figure['rate']:,.0f} | {figure['ratio']:.2f} | {figure['bar']} | {verdict} |")
    print(f"\nH = {statistics.median(f['h'] for f in figures.values()):,.0f}/s with wrk -t1 -c{CONNECTIONS}; ready after "
          f"{extra['readySeconds']:.2f} s; {idle_mb:.0f} MB resident when idle, {peak_mb:.0f} MB after the run; "
          f"status body {extra['statusBytes']} bytes; audit {'clean' if extra['auditClean'] else 'NOT CLEAN'}")
    results = ROOT / "bench/results"
    results.mkdir(exist_ok=True)
    (results / "latest.json").write_text(json.dumps({"figures": figures, **extra}, indent=2))
    if audit.returncode != 0:
        print(audit.stdout + audit.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()

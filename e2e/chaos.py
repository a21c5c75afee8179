"""Card payments against a gateway that misbehaves, while the server, and now and then the gateway, is killed.

Run as a program it does so at full size: `make chaos`. In the tests `test_chaos.py` does so for some hundred payments.
Afterwards nothing may be unknown, and the sandbox's ledger and Jari's must say the same, won for won.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

import jari

FAULTS = "timeoutAfterCapture=0.1,webhookRepeat=0.05,webhookReorder=0.05,webhookLate=0.02,lateSeconds=5,declines=0.02," \
    "refundTimeoutAfter=0.1,seed=7"
PRICE = 10_000
SECRET = (jari.SANDBOX_KEY, "")
FAN_SEATS = 40


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Tally:
    """What the fans were told."""

    captured: dict[str, int] = field(default_factory=dict)
    declined: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    refunded: dict[str, int] = field(default_factory=dict)
    retries: int = 0
    kills: int = 0
    outages: int = 0
    oldest_unknown: float = 0

    def __str__(self):
        return (f"{len(self.captured)} captured, {len(self.declined)} declined, {len(self.unknown)} not known at once, "
                f"{len(self.refunded)} refunded; {self.kills} kills, {self.outages} outages of the gateway, {self.retries} requests sent again")


class Buyer:
    """A fan who insists: every request is sent again with its key until there is an answer."""

    def __init__(self, world: Chaos, account: jari.Account):
        self.world = world
        self.account = account
        self.queue: dict[str, str] = {}
        self.random = random.Random(account.email)

    async def call(self, method: str, path: str, body=None, key: bool = False, queue: str | None = None):
        headers = {"Authorization": f"Bearer {self.account.access}"}
        if key:
            headers["Idempotency-Key"] = jari.new_key()
        if queue:
            headers["X-Queue-Token"] = queue
        deadline = time.monotonic() + 120
        while True:
            try:
                answer = await self.world.http.request(
                    method, self.world.server.url + jari.API + path, json=body, headers=headers)
                if answer.status_code < 500 and answer.json().get("code") != "paymentUnderWay":
                    return answer
            except (httpx.HTTPError, ValueError):
                pass
            if time.monotonic() > deadline:
                raise AssertionError(f"{method} {path} had no answer for two minutes")
            self.world.tally.retries += 1
            await asyncio.sleep(0.2)

    async def hold(self) -> dict:
        """A seat; the waiting room of a server that was killed has to be entered again."""
        date = self.world.date
        for _ in range(60):
            if date not in self.queue:
                place = (await self.call("POST", "/queue/token", {"dateId": date})).json()
                if place.get("status") != "ACTIVE":
                    await asyncio.sleep(0.5)
                    continue
                self.queue[date] = place["token"]
            wish = {"dateId": date, "bestAvailable": {"grade": "R", "count": 1}}
            held = await self.call("POST", "/reservations", wish, key=True, queue=self.queue[date])
            if held.status_code == 201:
                return held.json()
            assert held.json()["code"] in ("notAdmitted", "queueTokenInvalid", "noSeatsLeft"), held.text
            self.queue.pop(date, None)
        raise AssertionError("no seat in 60 tries")

    async def buy(self):
        held = await self.hold()
        tally = self.world.tally
        asked = await self.call("POST", f"/reservations/{held['id']}/payments", self._method(), key=True)
        assert asked.status_code == 201, asked.text
        payment = asked.json()
        payment_key = await self._pay(payment["checkout"])
        answer = await self.call("POST", f"/payments/{payment['id']}/confirm", {"paymentKey": payment_key}, key=True)
        if answer.status_code == 409 and answer.json()["code"] in ("wrongState", "holdExpired"):
            tally.unknown.add(payment["id"])
            return
        assert answer.status_code in (200, 202), answer.text
        paid = answer.json()
        if paid["status"] == "CAPTURED":
            tally.captured[payment["id"]] = PRICE
            if self.random.random() < 0.05:
                refund = await self.call("POST", f"/payments/{payment['id']}/refunds", {"reason": "못 가요"}, key=True)
                assert refund.status_code == 201, refund.text
                tally.refunded[payment["id"]] = PRICE
        elif paid["status"] == "DECLINED":
            tally.declined.add(payment["id"])
        else:
            tally.unknown.add(payment["id"])

    def _method(self) -> dict:
        return {"method": "MIXED", "points": 1_000} if self.random.random() < 0.2 else {"method": "CARD"}

    async def _pay(self, checkout: dict) -> str:
        page, query = checkout["url"].split("?", 1)
        form = {name: values[0] for name, values in parse_qs(query).items()} | {"cardNumber": jari.GOOD_CARD}
        while True:
            try:
                back = await self.world.http.post(page, data=form)
                break
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
        assert back.status_code == 303, back.text
        return parse_qs(urlsplit(back.headers["location"]).query)["paymentKey"][0]


class Chaos:
    def __init__(self, folder: Path, count: int, kills: int, concurrency: int = 24):
        self.folder, self.count, self.kills, self.concurrency = folder, count, kills, concurrency
        self.tally = Tally()
        self.port, sandbox_port = free_port(), free_port()
        self.sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        self.sandbox_log = (folder / "sandbox.log").open("w+")
        self._start_sandbox()
        home = folder / "server"
        home.mkdir()
        self.server = jari.Server(
            home, JARI_PORT=str(self.port), JARI_SANDBOX_URL=self.sandbox_url, JARI_GATEWAY_TIMEOUT_MS="1500")

    def _start_sandbox(self):
        self.sandbox = subprocess.Popen(
            [jari.BINARY, "sandbox-gateway", "--port", self.sandbox_url.rsplit(":", 1)[1],
             "--ledger", str(self.folder / "ledger"), "--faults", FAULTS, "--secret-key", jari.SANDBOX_KEY,
             "--webhook-url", f"http://127.0.0.1:{self.port}/api/v1/webhooks/payments"],
            stdout=self.sandbox_log, stderr=subprocess.STDOUT, cwd=self.folder)
        jari.wait_until(self._sandbox_answers, what="the sandbox")

    def _sandbox_answers(self) -> bool:
        try:
            return httpx.get(f"{self.sandbox_url}/sandbox/ledger", auth=SECRET).is_success
        except httpx.HTTPError:
            return False

    def close(self):
        self.server.close()
        self.sandbox.kill()
        self.sandbox.wait()
        self.sandbox_log.close()

    # The run

    def run(self):
        self.server.start()
        staff = self.server.admin()
        rows = self.count // 100 + 20
        self.date = self.server.date(
            staff, rows=rows, seats_per_row=200, price=PRICE, seatsPerFanMax=50, maxActive=10_000)["id"]
        fans = self.server.fans(max(self.concurrency, self.count // FAN_SEATS + 1), points=100_000)
        self.done = 0
        helpers = [threading.Thread(target=work) for work in (self._kill_now_and_then, self._watch_unknown)]
        started = time.monotonic()
        for helper in helpers:
            helper.start()
        try:
            asyncio.run(self._buy(fans))
        finally:
            self.done = self.count
            for helper in helpers:
                helper.join()
        took = time.monotonic() - started
        settled = self._wait_until_known()
        print(f"{self.count} payments in {took:.0f} s: {self.tally}")
        print(f"everything was known {settled:.1f} s after the last of them; nothing was unknown for more than "
              f"{self.tally.oldest_unknown:.0f} s")
        assert self.tally.oldest_unknown < 60, self.tally.oldest_unknown
        self.check()

    async def _buy(self, fans):
        buyers = [Buyer(self, fan) for fan in fans]
        todo = iter(range(self.count))
        limits = httpx.Limits(max_connections=self.concurrency * 2)
        async with httpx.AsyncClient(timeout=10, limits=limits) as self.http:
            async def work(offset: int):
                for number in todo:
                    await buyers[number % len(buyers)].buy()
                    self.done += 1

            await asyncio.gather(*(work(offset) for offset in range(self.concurrency)))

    def _kill_now_and_then(self):
        """Kills the server when so much of the work is done, each time at another moment of its work."""
        for number in range(1, self.kills + 1):
            while self.done < self.count * number // (self.kills + 1):
                time.sleep(0.02)
            if self.done >= self.count:
                return
            if number % 4 == 2:
                # The gateway is away for a while, and what it was asked then nobody knows.
                self.sandbox.kill()
                self.sandbox.wait()
                time.sleep(3)
                self._start_sandbox()
                self.tally.outages += 1
            self.server.kill_process()
            self.server.restart()
            self.tally.kills += 1

    def _watch_unknown(self):
        """How long a payment stays UNKNOWN while all this goes on."""
        since: dict[bytes, float] = {}
        while self.done < self.count:
            now = time.monotonic()
            unknown = {row[0] for row in self._rows("SELECT id FROM payments WHERE status = 'UNKNOWN'")}
            since = {id_: since.get(id_, now) for id_ in unknown}
            self.tally.oldest_unknown = max([self.tally.oldest_unknown, *(now - first for first in since.values())])
            time.sleep(0.5)

    # What must be true afterwards

    def _wait_until_known(self) -> float:
        """A minute for every unknown, and for what is owed."""
        started = time.monotonic()
        jari.wait_until(
            lambda: self._one("SELECT count(*) FROM payments WHERE status = 'UNKNOWN'") == 0
            and self._one("SELECT count(*) FROM refunds WHERE status = 'REQUESTED'") == 0,
            seconds=60, what="the end of all unknowns", every=0.2)
        return time.monotonic() - started

    def _one(self, sql: str):
        with sqlite3.connect(f"file:{self.server.store}?mode=ro", uri=True) as db:
            return db.execute(sql).fetchone()[0]

    def _rows(self, sql: str):
        with sqlite3.connect(f"file:{self.server.store}?mode=ro", uri=True) as db:
            return db.execute(sql).fetchall()

    def ledger(self) -> dict[str, dict]:
        """The sandbox's payments that were captured, by order."""
        found: dict[str, dict] = {}
        after = 0
        while after is not None:
            page = httpx.get(f"{self.sandbox_url}/sandbox/ledger", params={"after": after}, auth=SECRET, timeout=30)
            page.raise_for_status()
            for line in page.json()["payments"]:
                if line["captured"]:
                    assert line["captureCount"] == 1, f"captured more than once: {line}"
                    assert line["orderId"] not in found, f"charged twice: {line}"
                    found[line["orderId"]] = line
            after = page.json().get("next")
        return found

    def check(self):
        theirs = self.ledger()
        ours = {}
        for id_, status, card, refunded, points, tickets in self._rows("""
            SELECT p.id, p.status, p.card, coalesce((SELECT sum(amount) FROM refunds r WHERE r.payment_id = p.id), 0),
                p.amount - p.card,
                (SELECT count(*) FROM tickets t WHERE t.reservation_id = p.reservation_id AND t.status <> 'VOID')
            FROM payments p WHERE p.card > 0"""):
            text = id_.hex()
            order = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
            ours[order] = (status, card, refunded, points, tickets)
        kept = paid = 0
        for order, (status, card, refunded, _, tickets) in ours.items():
            line = theirs.pop(order, None)
            captured = line["captured"] if line else 0
            given_back = line["refunded"] if line else 0
            assert status != "UNKNOWN", order
            assert (captured > 0) == (status in ("CAPTURED", "REFUNDED", "PARTIALLY_REFUNDED")), (order, status, line)
            if captured:
                assert captured == card and given_back == refunded, (order, status, card, refunded, line)
            if status == "CAPTURED":
                assert tickets == 1, f"PAID without ticket: {order}"
                paid += card
            kept += captured - given_back
        assert not theirs, f"payments that only the gateway knows: {theirs}"
        assert kept == paid, f"the gateway keeps {kept}, paid is {paid}"
        for order in self.tally.captured:
            assert ours[order][0] in ("CAPTURED", "REFUNDED"), f"a fan was told CAPTURED: {order} {ours[order]}"
        for order in self.tally.declined:
            assert ours[order][0] == "DECLINED", f"a fan was told DECLINED: {order} {ours[order]}"
        self.server.audit()
        compared = self.server.run("reconcile")
        assert compared.returncode == 0, compared.stdout + compared.stderr
        print(f"captures less refunds: {kept} won at the gateway, {paid} won in good tickets; {compared.stdout.strip()}")
        states = self._rows("SELECT status, count(*) FROM payments WHERE card > 0 GROUP BY status")
        print("payments:", ", ".join(f"{count} {status}" for status, count in states))


def run(count: int, kills: int, concurrency: int = 24):
    with tempfile.TemporaryDirectory(prefix="jari-chaos-") as folder:
        chaos = Chaos(Path(folder), count, kills, concurrency)
        try:
            chaos.run()
        except BaseException:
            print(chaos.tally, file=sys.stderr)
            raise
        finally:
            chaos.close()
        return chaos.tally


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--payments", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    chosen = parser.parse_args()
    run(chosen.payments, chosen.kills)

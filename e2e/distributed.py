"""Several processes of the program on one PostgreSQL, Redis and Kafka, as `scripts/services` starts them."""

from __future__ import annotations

import os
import random
import secrets
import subprocess
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from jari import Account, Server, new_key, wait_until

SERVICES = Path(__file__).resolve().parent.parent / "scripts/services"


def service(name: str) -> str:
    """The address of a server that the run was told to use."""
    address = os.environ.get(name)
    assert address, f"{name} is not set: run this through scripts/services run, as make test does"
    return address


def services(*arguments: str):
    """Stops a private server, or starts it again."""
    subprocess.run([SERVICES, *arguments], check=True, capture_output=True, timeout=120)


def sql(uri: str, text: str) -> str:
    """What psql prints of a statement's rows."""
    result = subprocess.run(["psql", uri, "-XAtqc", text], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


class Processes:
    """So many `jari serve` that share everything but their port, in a database and a topic of their own."""

    def __init__(self, folder: Path, count: int, coordination: str | None = None, **settings: str):
        primary = service("JARI_TEST_POSTGRES")
        self.database = f"jari_{uuid.uuid4().hex}"
        sql(primary, f"CREATE DATABASE {self.database}")
        self.primary = primary
        self.uri = primary.rsplit("/", 1)[0] + "/" + self.database
        shared = {
            "JARI_STORE": self.uri,
            "JARI_COORDINATION": coordination or service("JARI_TEST_REDIS"),
            "JARI_EVENTS": service("JARI_TEST_KAFKA") + f"?topic=jari.{self.database}&partitions=4",
            "JARI_ACCESS_KEYS": secrets.token_hex(32),
            "JARI_QUEUE_KEYS": secrets.token_hex(32),
        } | settings
        self.servers = []
        for number in range(count):
            (folder / f"process-{number}").mkdir()
            self.servers.append(Server(folder / f"process-{number}", **shared))
        for server in self.servers:
            server.start()

    def close(self):
        for server in self.servers:
            server.close()
        sql(self.primary, f"DROP DATABASE {self.database} WITH (FORCE)")

    @property
    def first(self) -> Server:
        return self.servers[0]

    def any(self) -> Server:
        return random.choice(self.servers)

    def sql(self, text: str) -> str:
        return sql(self.uri, text)

    def maps(self, date: str) -> list[tuple[int, str]]:
        found = [server.ok("GET", f"/dates/{date}/seats/status") for server in self.servers]
        return [(status["version"], status["states"]) for status in found]

    def undelivered(self) -> int:
        return int(self.sql("SELECT count(*) FROM outbox"))


class Flood:
    """Fans who grab overlapping runs of seats at whichever process, pay at another, and go on until nothing is left.

    A request that gets no answer, or is told to come again, is sent again with the same key to any process, as a
    client would.
    """

    def __init__(self, processes: Processes, fans: list[Account], date: str, seats_a_time: int = 3):
        self.processes, self.fans, self.date, self.most = processes, fans, date, seats_a_time
        seats = processes.first.ok("GET", f"/dates/{date}/seats")["seats"]
        self.seats = [seat["id"] for seat in seats]
        self.lock = threading.Lock()
        self.left = set(self.seats)
        self.paid: list[tuple[Account, dict]] = []
        self.refusals: dict[str, int] = {}
        self.stopped = threading.Event()

    def __enter__(self) -> Flood:
        self.pool = ThreadPoolExecutor(len(self.fans))
        self.works = [self.pool.submit(self.shop, fan) for fan in self.fans]
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.pool.shutdown()

    def finish(self, seconds: float = 240):
        """Waits until everything is sold, and raises what went wrong on the way."""
        wait_until(lambda: all(work.done() for work in self.works), seconds=seconds, what="the end of the sale", every=0.1)
        for work in self.works:
            work.result()

    def shop(self, fan: Account):
        while not self.stopped.is_set():
            if not self.left and not self.look_again():
                return
            with self.lock:
                if not self.left:
                    continue
                start = random.choice(sorted(self.left))
            first = self.seats.index(start)
            wanted = self.seats[first:first + random.randint(1, self.most)]
            held = self.insist(lambda server, key: server.hold(fan, self.date, wanted, key))
            if held.status_code != 201:
                problem = held.json()
                self.refusals[problem["code"]] = self.refusals.get(problem["code"], 0) + 1
                if problem["code"] == "tooManySeats":
                    return
                assert problem["code"] == "seatTaken", problem
                with self.lock:
                    self.left -= set(problem["seatIds"])
                continue
            paid = self.insist(lambda server, key: server.pay(fan, held.json()["id"], key))
            assert paid.status_code == 201, paid.text
            with self.lock:
                self.left -= set(wanted)
                self.paid.append((fan, paid.json()))

    def look_again(self) -> bool:
        """What was refused may be free all the same: another fan only tried for it. False when all is sold."""
        seats = self.insist(lambda server, _: server.call("GET", f"/dates/{self.date}/seats")).json()["seats"]
        with self.lock:
            self.left |= {seat["id"] for seat in seats if seat["status"] == "AVAILABLE"}
        self.stopped.wait(0.05)
        return any(seat["status"] != "PAID" for seat in seats)

    def insist(self, ask) -> httpx.Response:
        key = new_key()
        for _ in range(400):
            if self.stopped.is_set():
                break
            server = self.processes.any()
            try:
                answer = ask(server, key)
            except (httpx.TransportError, RuntimeError, AttributeError):
                # The process is gone, or just coming back.
                self.stopped.wait(0.05)
                continue
            if answer.status_code not in (502, 503):
                return answer
            self.stopped.wait(0.05)
        raise AssertionError("no process answers")

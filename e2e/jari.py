"""The program under test, and what its users do with it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

REPOSITORY = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("JARI_BINARY", REPOSITORY / ".build/debug/jari")).resolve()
API = "/api/v1"

ADMIN_EMAIL = "admin@jari.example"
PASSWORD = "correct horse battery"
# Of every sandbox gateway that the tests start.
SANDBOX_KEY = "test_sk_sandbox"


def wait_until(condition, *, seconds: float = 20, what: str = "the condition", every: float = 0.02):
    """Waits for a condition and gives what it gave; fails when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(every)


def at_once(works):
    """Runs the works at the same moment, each in a thread of its own, and gives their results in order."""
    works = list(works)
    gate = threading.Barrier(len(works))

    def run(work):
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def in_seconds(seconds: float) -> str:
    """A moment from now, as RFC 3339."""
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_key() -> str:
    return str(uuid.uuid4())


GOOD_CARD = "4242424242424242"


def pay_on_page(checkout: dict, card: str = GOOD_CARD) -> str:
    """What a browser does on the sandbox's page; gives the payment key that it comes back with."""
    page, query = checkout["url"].split("?", 1)
    form = {name: values[0] for name, values in parse_qs(query).items()}
    back = httpx.post(page, data=form | {"cardNumber": card}, timeout=30)
    assert back.status_code == 303, back.text
    came = parse_qs(urlsplit(back.headers["location"]).query)
    assert came["orderId"] == [checkout["orderId"]] and came["amount"] == [str(checkout["amount"])]
    return came["paymentKey"][0]


@dataclass
class Account:
    """Somebody who is logged in."""

    id: str
    email: str
    access: str
    refresh: str
    queue: dict[str, str] = field(default_factory=dict)


class Server:
    """One `jari serve` with a store of its own on a free port."""

    def __init__(self, folder: Path | None = None, **settings: str):
        self._owned = None if folder else tempfile.TemporaryDirectory(prefix="jari-e2e-")
        self.folder = Path(folder or self._owned.name)
        self.store = self.folder / "jari.db"
        self.settings = settings
        self.process: subprocess.Popen | None = None
        self.url = ""
        self.http: httpx.Client | None = None

    # Starting and stopping

    def environment(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("JARI_")}
        return plain | {
            "JARI_HOST": "127.0.0.1",
            "JARI_PORT": "0",
            "JARI_STORE": f"sqlite:{self.store}",
            "JARI_FILES": str(REPOSITORY),
            "JARI_ADMIN_EMAIL": ADMIN_EMAIL,
            "JARI_ADMIN_PASSWORD": PASSWORD,
            "JARI_DEMO": "false",
            "JARI_SANDBOX_SECRET_KEY": SANDBOX_KEY,
            "JARI_RATE_LIMIT_FACTOR": "0",
        } | self.settings

    def launch(self, *arguments: str, **options) -> subprocess.Popen:
        """Starts the program without waiting for anything."""
        self.output = (self.folder / "stdout").open("w+b")
        self.errors = (self.folder / "stderr").open("w+b")
        self.process = subprocess.Popen(
            [BINARY, *(arguments or ["serve"])], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=self.output, stderr=self.errors, **options)
        return self.process

    def start(self) -> Server:
        self.launch()
        self.url = wait_until(self._greeting, seconds=30, what="the server's greeting")
        self.http = httpx.Client(base_url=self.url, timeout=30, limits=httpx.Limits(max_connections=200))
        wait_until(lambda: self.http.get("/readyz").status_code == 200, what="readiness")
        return self

    def _greeting(self) -> str | None:
        if self.process.poll() is not None:
            raise AssertionError(f"jari ended with {self.process.returncode}: {self.stderr()}")
        found = re.search(r"selling at (http://\S+)", self.stdout())
        return found and found.group(1)

    def stdout(self) -> str:
        return (self.folder / "stdout").read_text()

    def stderr(self) -> str:
        return (self.folder / "stderr").read_text()

    def kill(self):
        """Ends it as a power cut would."""
        self.kill_process()
        self._forget()

    def kill_process(self):
        """The same while others still use its connections; ``restart`` follows."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        self._forget()
        self.start()

    def stop(self, seconds: float = 40) -> int:
        """Ends it as an operator would, and gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        self._forget()
        return code

    def _forget(self):
        if self.http:
            self.http.close()
        self.http = None
        self.output.close()
        self.errors.close()

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        if self._owned:
            self._owned.cleanup()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_):
        self.close()

    def run(self, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess:
        """Another command of the program, on the same store."""
        return subprocess.run(
            [BINARY, *arguments], cwd=self.folder, env=self.environment(), capture_output=True, text=True,
            timeout=seconds)

    def audit(self):
        """Fails when a rule is broken."""
        result = self.run("audit")
        assert result.returncode == 0, result.stdout + result.stderr
        assert "VIOLATED" not in result.stdout and "I1" in result.stdout
        return result.stdout

    # Calling

    def call(
        self, method: str, path: str, body=None, *, by: Account | None = None, key: str | bool | None = None,
        queue: str | None = None, language: str | None = None, headers: dict | None = None, **options,
    ) -> httpx.Response:
        """One request. `key=True` makes a new Idempotency-Key; a path that starts with / is under /api/v1."""
        sent = dict(headers or {})
        if by:
            sent.setdefault("Authorization", f"Bearer {by.access}")
        if key:
            sent["Idempotency-Key"] = new_key() if key is True else key
        if queue:
            sent["X-Queue-Token"] = queue
        if language:
            sent["Accept-Language"] = language
        if body is not None:
            options["json"] = body
        return self.http.request(method, API + path, headers=sent, **options)

    def ok(self, method: str, path: str, body=None, **options):
        """One request that must succeed; gives its body."""
        response = self.call(method, path, body, **options)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    # People

    def log_in(self, email: str, password: str = PASSWORD) -> Account:
        session = self.ok("POST", "/sessions", {"email": email, "password": password})
        account = Account("", email, session["accessToken"], session["refreshToken"])
        account.id = self.ok("GET", "/users/me", by=account)["id"]
        return account

    def fan(self, points: int = 0, name: str = "민지") -> Account:
        """A new fan, logged in, with points."""
        email = f"fan-{uuid.uuid4()}@example.com"
        self.ok("POST", "/users", {"email": email, "password": PASSWORD, "name": name})
        account = self.log_in(email)
        if points:
            self.ok("POST", "/users/points", {"amount": points}, by=account, key=True)
        return account

    def fans(self, count: int, points: int = 0) -> list[Account]:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda _: self.fan(points), range(count)))

    def admin(self) -> Account:
        return self.log_in(ADMIN_EMAIL)

    def staff(self, admin: Account | None = None) -> Account:
        """A new member of staff."""
        account = self.fan(name="직원")
        self.ok("PUT", f"/admin/users/{account.id}/role", {"role": "STAFF"}, by=admin or self.admin())
        return self.log_in(account.email)

    # Sales

    def concert(self, staff: Account, title: str = "시험 공연", **changes) -> dict:
        both = {"ko": title, "en": f"Test concert {title}"}
        draft = {"title": both, "artist": both, "venue": both, "description": both} | changes
        return self.ok("POST", "/admin/concerts", draft, by=staff, key=True)

    def date(
        self, staff: Account, *, rows: int = 10, seats_per_row: int = 10, price: int = 1000, opens: float = -60,
        closes: float = 3600, starts: float = 7200, concert: str | None = None, **queue,
    ) -> dict:
        """A date of one section in one grade, "R", with these settings of its waiting room."""
        concert = concert or self.concert(staff)["id"]
        times = {"startsAt": in_seconds(starts), "saleOpensAt": in_seconds(opens), "saleClosesAt": in_seconds(closes)}
        date = self.ok("POST", f"/admin/concerts/{concert}/dates", times, by=staff, key=True)
        settings = {"maxActive": 1000, "admitPerSecond": 1000, "activeSeconds": 600, "seatsPerFanMax": 50}
        self.ok("PUT", f"/admin/dates/{date['id']}/queue", settings | queue, by=staff)
        layout = {
            "grades": [{"name": "R", "price": price}],
            "sections": [{"name": "A", "grade": "R", "rows": rows, "seatsPerRow": seats_per_row}],
        }
        self.ok("PUT", f"/admin/dates/{date['id']}/layout", layout, by=staff)
        return date

    def seats(self, date: str, status: str = "AVAILABLE") -> list[str]:
        found = self.ok("GET", f"/dates/{date}/seats", params={"status": status})
        return [seat["id"] for seat in found["seats"]]

    def enter(self, fan: Account, date: str, seconds: float = 20) -> str:
        """Queues until the fan is inside, and gives the queue token."""
        place = self.ok("POST", "/queue/token", {"dateId": date}, by=fan)

        def inside():
            nonlocal place
            if place["status"] != "ACTIVE":
                place = self.ok("GET", "/queue/token", queue=place["token"])
            return place["status"] == "ACTIVE"

        wait_until(inside, seconds=seconds, what="the fan's turn", every=0.1)
        fan.queue[date] = place["token"]
        return place["token"]

    def hold(self, fan: Account, date: str, seats: list[str] | int, key: str | bool = True) -> httpx.Response:
        """Holds these seats, or so many of the best of grade R. The fan must be inside."""
        wish = {"bestAvailable": {"grade": "R", "count": seats}} if isinstance(seats, int) else {"seatIds": seats}
        return self.call("POST", "/reservations", {"dateId": date} | wish, by=fan, key=key, queue=fan.queue.get(date))

    def pay(self, fan: Account, reservation: str, key: str | bool = True) -> httpx.Response:
        return self.call("POST", f"/reservations/{reservation}/payments", {"method": "POINTS"}, by=fan, key=key)

    def buy(self, fan: Account, date: str, seats: list[str] | int) -> dict:
        """Enters if need be, holds and pays; gives the payment."""
        if date not in fan.queue:
            self.enter(fan, date)
        held = self.hold(fan, date, seats)
        assert held.status_code == 201, held.text
        paid = self.pay(fan, held.json()["id"])
        assert paid.status_code == 201, paid.text
        return paid.json()

    # Cards

    def request(self, fan: Account, reservation: str, points: int = 0, key: str | bool = True) -> httpx.Response:
        """Asks to pay by card, or with points for a part."""
        body = {"method": "MIXED", "points": points} if points else {"method": "CARD"}
        return self.call("POST", f"/reservations/{reservation}/payments", body, by=fan, key=key)

    def confirm(self, fan: Account, payment: str, payment_key: str, key: str | bool = True, **more) -> httpx.Response:
        body = {"paymentKey": payment_key} | more
        return self.call("POST", f"/payments/{payment}/confirm", body, by=fan, key=key)

    def to_pay(self, fan: Account, date: str, points: int = 0, seats: list[str] | int = 1) -> tuple[dict, dict]:
        """Holds seats and asks to pay them by card; gives the reservation and the payment."""
        if date not in fan.queue:
            self.enter(fan, date)
        held = self.hold(fan, date, seats)
        assert held.status_code == 201, held.text
        asked = self.request(fan, held.json()["id"], points)
        assert asked.status_code == 201, asked.text
        return held.json(), asked.json()

    def balance(self, fan: Account) -> int:
        return self.ok("GET", "/users/points", by=fan)["balance"]

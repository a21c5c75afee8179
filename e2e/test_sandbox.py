"""`jari sandbox-gateway`: its page in a browser, its ledger under kill -9, and how it starts and ends."""

from __future__ import annotations

import http.server
import re
import signal
import subprocess
import threading
import uuid
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlparse

import httpx
import pytest

from browser import CHROMIUM, Browser
from jari import BINARY, REPOSITORY, wait_until

KEY = "test_sk_e2e"
SHOTS = REPOSITORY / "e2e/shots"


class Sandbox:
    """One sandbox with its ledger in a folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.ledger = folder / "ledger"
        self.start()

    def start(self, *arguments: str):
        with (self.folder / "stdout").open("wb") as output:
            self.process = subprocess.Popen(
                [BINARY, "sandbox-gateway", "--ledger", self.ledger, "--secret-key", KEY, *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        found = wait_until(
            lambda: re.search(r"listens at (http://\S+)", (self.folder / "stdout").read_text()), what="the greeting")
        self.url = found.group(1)
        self.http = httpx.Client(base_url=self.url, auth=(KEY, ""), timeout=10)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.kill()

    def order(self, shop: str = "http://127.0.0.1:9", amount: int = 242_000) -> dict:
        return {
            "orderId": str(uuid.uuid4()), "amount": str(amount), "orderName": "가을 콘서트 VIP석 2매",
            "successUrl": f"{shop}/paid", "failUrl": f"{shop}/failed"}

    def pay(self, order: dict, card: str = "4242424242424242") -> str:
        """Pays without a browser, and gives the payment's key."""
        answer = self.http.post("/checkout", data=order | {"cardNumber": card})
        assert answer.status_code == 303, answer.text
        return parse_qs(urlparse(answer.headers["Location"]).query)["paymentKey"][0]

    def confirm(self, order: dict, key: str) -> httpx.Response:
        return self.http.post(
            "/v1/payments/confirm", headers={"Idempotency-Key": f"confirm-{key}"},
            json={"paymentKey": key, "orderId": order["orderId"], "amount": int(order["amount"])})


@pytest.fixture
def sandbox(tmp_path):
    running = Sandbox(tmp_path)
    yield running
    running.close()


class Shop:
    """Where the browser comes back to: it remembers with what."""

    def __init__(self):
        visits = self.visits = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.startswith(("/paid", "/failed")):
                    visits.append(urlparse(self.path))
                body = b"<!doctype html><title>shop</title><p>back"
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def visit(self):
        """The one visit: its path and its fields."""
        wait_until(lambda: self.visits, what="the browser's return")
        assert len(self.visits) == 1
        return self.visits[0].path, {name: texts[0] for name, texts in parse_qs(self.visits[0].query).items()}

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def shop():
    running = Shop()
    yield running
    running.close()


@pytest.fixture
def browser(tmp_path):
    if not CHROMIUM:
        pytest.skip("no Chromium is installed")
    with Browser(tmp_path / "browser") as running:
        yield running


def test_a_fan_pays_with_a_test_card(sandbox, shop, browser):
    """On a telephone: choose a card that declines, press, and come back with a key that declines."""
    order = sandbox.order(shop.url)
    browser.go(f"{sandbox.url}/checkout?{urlencode(order)}")
    assert "242,000원" in browser.run("document.querySelector('.amount').innerText")
    assert order["orderName"] in browser.run("document.body.innerText")
    browser.click('[data-number="4000 0000 0000 0003"]')
    assert browser.run("document.getElementById('cardNumber').value") == "4000 0000 0000 0003"
    browser.click("button.pay")
    path, back = shop.visit()
    assert path == "/paid"
    assert (back["orderId"], back["amount"], back["paymentType"]) == (order["orderId"], order["amount"], "NORMAL")
    assert sandbox.http.get(f"/v1/payments/{back['paymentKey']}").json()["status"] == "IN_PROGRESS"
    declined = sandbox.confirm(order, back["paymentKey"])
    assert (declined.status_code, declined.json()["code"]) == (400, "INVALID_STOPPED_CARD")
    assert not browser.complaints


def test_a_fan_types_a_card_or_goes_back(sandbox, shop, browser):
    """A number that is none is told on the page; cancelling goes back without a key."""
    browser.go(f"{sandbox.url}/checkout?{urlencode(sandbox.order(shop.url))}")
    browser.click("#cardNumber")
    browser.type("12 34")
    browser.click("button.pay")
    assert browser.run("document.querySelector('#cardNumber').matches(':invalid')")
    assert not shop.visits
    browser.click("button.cancel")
    path, back = shop.visit()
    assert path == "/failed" and back["code"] == "PAY_PROCESS_CANCELED" and "paymentKey" not in back
    assert sandbox.http.get("/sandbox/ledger").json()["totals"]["payments"] == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_and_pressed(sandbox, browser, scheme):
    """On the smallest telephone nothing is cut off, everything can be hit, and all text stands out."""
    browser.scheme(scheme)
    order = sandbox.order()
    for name, url in [
        ("checkout", f"{sandbox.url}/checkout?{urlencode(order)}"),
        ("checkout-problem", f"{sandbox.url}/checkout?{urlencode(order | {'amount': 'x'})}"),
    ]:
        browser.resize(320, 640)
        browser.go(url)
        assert browser.run("document.documentElement.scrollWidth") <= 320
        small = browser.run(
            "[...document.querySelectorAll('button, input:not([type=hidden])')]"
            ".filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)")
        assert small == []
        texts = ["h1", ".note", ".badge", ".note [lang=en]"]
        if name == "checkout":
            texts += [
                ".amount", "dt", "dd", "label", "#cardNumber", ".pay", ".pay [lang=en]", ".cancel",
                ".cancel [lang=en]", "summary", ".test-card .number", ".test-card .meaning"]
        else:
            texts += [".alert", ".alert [lang=en]"]
        weak = {text: ratio for text, ratio in browser.contrasts(texts).items() if ratio < 4.5}
        assert not weak
        ground = browser.run("getComputedStyle(document.body).backgroundColor")
        assert (int(re.search(r"\d+", ground).group()) > 128) == (scheme == "light")
        browser.resize(390, 844)
        browser.shoot(SHOTS / f"{name}-{scheme}.png")
    complaints = [one for one in browser.complaints if "400" not in one]
    assert not complaints


def test_what_was_answered_survives_a_kill(sandbox):
    """Captures and refunds that were answered are there after kill -9, and repeating them changes nothing."""
    paid = []
    for _ in range(20):
        order = sandbox.order(amount=1_000)
        key = sandbox.pay(order)
        assert sandbox.confirm(order, key).status_code == 200
        paid.append((order, key))
    cancel = {
        "url": f"/v1/payments/{paid[0][1]}/cancel", "headers": {"Idempotency-Key": "refund-1"},
        "json": {"cancelReason": "e2e", "cancelAmount": 400}}
    refunded = sandbox.http.post(**cancel)
    assert refunded.status_code == 200
    sandbox.kill()
    sandbox.start()
    totals = {"payments": 20, "captured": 20_000, "refunded": 400, "captureCountMax": 1}
    assert sandbox.http.get("/sandbox/ledger").json()["totals"] == totals
    assert sandbox.confirm(*paid[1]).json()["status"] == "DONE"
    assert sandbox.http.post(**cancel).content == refunded.content
    assert sandbox.http.get("/sandbox/ledger").json()["totals"] == totals


def test_kills_in_the_middle_lose_nothing_that_was_answered(sandbox):
    """Killed while payments are made at once: each that was answered is there, and none was captured twice."""
    answered: list[str] = []
    lock = threading.Lock()

    def buy():
        while not stop.is_set():
            try:
                order = sandbox.order(amount=1_000)
                key = sandbox.pay(order)
                if sandbox.confirm(order, key).status_code == 200:
                    with lock:
                        answered.append(key)
            except httpx.TransportError:
                return

    for round_number in range(3):
        stop = threading.Event()
        fans = [threading.Thread(target=buy) for _ in range(8)]
        enough = len(answered) + 40
        for fan in fans:
            fan.start()
        wait_until(lambda: len(answered) >= enough, what="payments")
        sandbox.kill()
        stop.set()
        for fan in fans:
            fan.join()
        sandbox.start()
    book = sandbox.http.get("/sandbox/ledger").json()
    captured = {entry["paymentKey"] for entry in book["payments"] if entry["captured"]}
    assert set(answered) <= captured
    assert book["totals"]["captureCountMax"] == 1
    assert book["totals"]["captured"] == 1_000 * len(captured)


def test_it_ends_when_it_is_told_to(sandbox):
    """SIGTERM ends it at once, also while a request is left without an answer."""
    sandbox.http.put("/sandbox/faults", content="hangSeconds=60").raise_for_status()
    order = sandbox.order()
    key = sandbox.pay(order, "4000000000000012")
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(sandbox.confirm(order, key).status_code))
    waiting.start()
    wait_until(
        lambda: httpx.get(f"{sandbox.url}/v1/payments/{key}", auth=(KEY, "")).json()["status"] == "DONE",
        what="the capture")
    sandbox.process.send_signal(signal.SIGTERM)
    assert sandbox.process.wait(15) == 0
    waiting.join()
    assert answers == [504]


def test_it_can_be_ended_as_soon_as_it_has_greeted(sandbox):
    """Whoever has read the greeting may end it: the signal is waited for by then."""
    for _ in range(5):
        sandbox.process.send_signal(signal.SIGTERM)
        assert sandbox.process.wait(15) == 0
        sandbox.start()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--faults", "declines=2"], "declines"), (["--faults", "typo=1"], "typo"), (["--port", "70000"], "--port"),
        (["--webhook-url", "ftp://x"], "--webhook-url"), (["--ledger", "/no/such/folder/ledger"], "/no/such/folder")])
def test_a_mistake_is_told_in_words(arguments, said):
    result = subprocess.run([BINARY, "sandbox-gateway", *arguments], capture_output=True, text=True, timeout=30)
    assert result.returncode != 0 and said in result.stderr and "Fatal" not in result.stderr

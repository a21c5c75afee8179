"""Paying by card, through the sandbox gateway that is inside the program."""

from __future__ import annotations

import signal
import subprocess
import time
import uuid

import httpx
import pytest

import jari
from jari import at_once, pay_on_page, wait_until

DECLINED = "4000000000000001"
SLOW_TO_ANSWER = "4000000000000012"
NEVER_CAPTURED = "4000000000000013"
ERROR_AFTER_CAPTURE = "4000000000000014"
REFUND_WITHOUT_ANSWER = "4000000000000031"
NO_REFUND = "4000000000000032"


@pytest.fixture(scope="module")
def quick():
    """A server that gives the gateway little time."""
    with jari.Server(JARI_GATEWAY_TIMEOUT_MS="1500") as running:
        yield running


@pytest.fixture(scope="module")
def date(quick):
    return quick.date(quick.admin(), rows=20, seats_per_row=20, price=10_000)["id"]


def status(server, fan, payment: str) -> str:
    return server.ok("GET", f"/payments/{payment}", by=fan)["status"]


def settled(server, fan, payment: str, seconds: float = 60) -> dict:
    """The payment when it is not UNKNOWN any more."""
    wait_until(lambda: status(server, fan, payment) != "UNKNOWN", seconds=seconds, what="the gateway's word")
    return server.ok("GET", f"/payments/{payment}", by=fan)


def reservation(server, fan, held: dict) -> dict:
    return server.ok("GET", f"/reservations/{held['id']}", by=fan)


def test_a_card_pays(quick, date):
    fan = quick.fan()
    held, payment = quick.to_pay(fan, date, seats=2)
    assert payment["status"] == "REQUESTED" and payment["method"] == "CARD" and payment["points"] == 0
    assert payment["checkout"]["orderId"] == payment["id"] and payment["checkout"]["amount"] == 20_000
    waiting = reservation(quick, fan, held)
    assert waiting["status"] == "CONFIRMED" and waiting["expiresAt"] >= held["expiresAt"]
    key = pay_on_page(payment["checkout"])
    paid = quick.confirm(fan, payment["id"], key, orderId=payment["id"], amount=20_000)
    assert (paid.status_code, paid.json()["status"]) == (200, "CAPTURED"), paid.text
    assert len(paid.json()["tickets"]) == 2
    assert reservation(quick, fan, held)["status"] == "PAID"
    assert len(quick.ok("GET", "/tickets", by=fan)["items"]) == 2


def test_points_and_a_card_pay_together_and_each_gets_its_part_back(quick, date):
    fan = quick.fan(points=7_000)
    held, payment = quick.to_pay(fan, date, points=7_000, seats=3)
    assert payment["checkout"]["amount"] == 23_000 and quick.balance(fan) == 0
    key = pay_on_page(payment["checkout"])
    paid = quick.confirm(fan, payment["id"], key).json()
    assert paid["status"] == "CAPTURED" and paid["method"] == "MIXED" and paid["points"] == 7_000

    first = quick.ok("POST", f"/payments/{payment['id']}/refunds", {"ticketIds": paid["tickets"][:1], "reason": "한 명"},
                     by=fan, key=True)
    assert first["status"] == "PARTIALLY_REFUNDED" and first["refunded"] == 10_000
    assert quick.balance(fan) == 10_000 - 10_000 * 23_000 // 30_000
    rest = quick.ok("POST", f"/payments/{payment['id']}/refunds", {"reason": "모두"}, by=fan, key=True)
    assert rest["status"] == "REFUNDED" and rest["refunded"] == 30_000
    assert quick.balance(fan) == 7_000
    refunds = wait_until(
        lambda: (found := quick.ok("GET", f"/payments/{payment['id']}", by=fan)["refunds"])
        and all(refund["status"] == "DONE" for refund in found) and found, what="the gateway's refunds")
    assert sum(refund["amount"] for refund in refunds) == 23_000
    kinds = [line["kind"] for line in quick.ok("GET", "/users/points/history", by=fan)["items"]]
    assert kinds == ["REFUND", "REFUND", "RESERVE", "CHARGE"]


def test_a_declined_card_leaves_the_seats_for_another_try(quick, date):
    fan = quick.fan(points=3_000)
    held, payment = quick.to_pay(fan, date, points=3_000)
    declined = quick.confirm(fan, payment["id"], pay_on_page(payment["checkout"], DECLINED))
    assert (declined.status_code, declined.json()["status"]) == (200, "DECLINED"), declined.text
    assert declined.json()["declineCode"] and declined.json()["tickets"] == []
    assert reservation(quick, fan, held)["status"] == "PENDING" and quick.balance(fan) == 3_000
    again = quick.request(fan, held["id"]).json()
    assert again["id"] != payment["id"]
    paid = quick.confirm(fan, again["id"], pay_on_page(again["checkout"]))
    assert paid.json()["status"] == "CAPTURED"


@pytest.mark.parametrize("card", [SLOW_TO_ANSWER, ERROR_AFTER_CAPTURE])
def test_money_that_came_without_an_answer_is_found(quick, date, card):
    """The gateway captures and does not say so: it is asked until it does, and captures once."""
    fan = quick.fan()
    held, payment = quick.to_pay(fan, date)
    answer = quick.confirm(fan, payment["id"], pay_on_page(payment["checkout"], card))
    assert answer.json()["status"] in ("UNKNOWN", "CAPTURED")
    assert answer.status_code == (202 if answer.json()["status"] == "UNKNOWN" else 200)
    found = settled(quick, fan, payment["id"])
    assert found["status"] == "CAPTURED" and len(found["tickets"]) == 1
    assert reservation(quick, fan, held)["status"] == "PAID"


def test_a_capture_that_never_arrived_is_made_again_or_declined(quick, date):
    fan = quick.fan()
    _, payment = quick.to_pay(fan, date)
    quick.confirm(fan, payment["id"], pay_on_page(payment["checkout"], NEVER_CAPTURED))
    found = settled(quick, fan, payment["id"])
    assert found["status"] in ("CAPTURED", "DECLINED")
    assert len(found["tickets"]) == (1 if found["status"] == "CAPTURED" else 0)


def test_a_fan_may_change_their_mind(quick, date):
    """Before the card pays, the fan may pay with points instead, begin again, or give the seats back."""
    fan = quick.fan(points=50_000)
    held, payment = quick.to_pay(fan, date, points=4_000)
    other = quick.request(fan, held["id"], points=1_000).json()
    assert status(quick, fan, payment["id"]) == "DECLINED" and quick.balance(fan) == 49_000
    paid = quick.pay(fan, held["id"])
    assert paid.status_code == 201 and quick.balance(fan) == 40_000
    withdrawn = quick.ok("GET", f"/payments/{other['id']}", by=fan)
    assert (withdrawn["status"], withdrawn["declineCode"]) == ("DECLINED", "WITHDRAWN")
    # The page still works, and its key comes too late.
    late = quick.confirm(fan, other["id"], pay_on_page(other["checkout"]))
    assert (late.status_code, late.json()["code"]) == (409, "wrongState")

    held, payment = quick.to_pay(fan, date, points=4_000)
    quick.ok("DELETE", f"/reservations/{held['id']}", by=fan)
    assert quick.balance(fan) == 40_000 and status(quick, fan, payment["id"]) == "DECLINED"


def test_copies_of_a_confirmation_capture_once(quick, date):
    fan = quick.fan()
    _, payment = quick.to_pay(fan, date)
    key, payment_key = str(uuid.uuid4()), pay_on_page(payment["checkout"])
    answers = at_once([lambda: quick.confirm(fan, payment["id"], payment_key, key)] * 5)
    done = [answer for answer in answers if answer.status_code == 200]
    assert done and len({answer.content for answer in done}) == 1
    for answer in answers:
        if answer.status_code != 200:
            assert (answer.status_code, answer.json()["code"]) == (409, "paymentUnderWay")
            assert int(answer.headers["retry-after"]) >= 1
    again = quick.confirm(fan, payment["id"], payment_key, key)
    assert again.content == done[0].content and again.headers["idempotency-replayed"] == "true"
    # With another Idempotency-Key the payment is the same, and nothing is paid twice.
    assert quick.confirm(fan, payment["id"], payment_key).json() == again.json()


def test_what_does_not_belong_to_a_payment_changes_nothing(quick, date):
    fan, other = quick.fan(), quick.fan()
    _, payment = quick.to_pay(fan, date)
    _, foreign = quick.to_pay(other, date)
    key, foreign_key = pay_on_page(payment["checkout"]), pay_on_page(foreign["checkout"])

    def refused(response, status, code):
        assert (response.status_code, response.json()["code"]) == (status, code), response.text

    refused(quick.confirm(fan, payment["id"], key, amount=1), 422, "amountMismatch")
    refused(quick.confirm(fan, payment["id"], key, orderId=foreign["id"]), 422, "orderMismatch")
    refused(quick.confirm(fan, payment["id"], foreign_key), 422, "paymentKeyInvalid")
    refused(quick.confirm(fan, payment["id"], "made-up-by-somebody"), 422, "paymentKeyInvalid")
    refused(quick.confirm(other, payment["id"], key), 404, "notFound")
    refused(quick.confirm(fan, str(uuid.uuid4()), key), 404, "notFound")
    refused(quick.call("POST", f"/payments/{payment['id']}/confirm", {"paymentKey": key}, by=fan), 400,
            "idempotencyKeyMissing")
    assert status(quick, fan, payment["id"]) == "REQUESTED"
    assert quick.confirm(fan, payment["id"], key).json()["status"] == "CAPTURED"
    # A key is good for one payment.
    _, second = quick.to_pay(fan, date)
    refused(quick.confirm(fan, second["id"], key), 422, "paymentKeyInvalid")
    assert quick.confirm(other, foreign["id"], foreign_key).json()["status"] == "CAPTURED"


def test_points_beside_a_card_have_bounds(quick, date):
    fan = quick.fan(points=50_000)
    quick.enter(fan, date)
    held = quick.hold(fan, date, 1).json()
    path = f"/reservations/{held['id']}/payments"
    for body, status_, code in [
        ({"method": "MIXED", "points": 10_000}, 422, "tooManyPoints"),
        ({"method": "MIXED"}, 400, "invalidRequest"),
        ({"method": "MIXED", "points": 0}, 400, "invalidRequest"),
        ({"method": "CARD", "points": 5}, 400, "invalidRequest"),
    ]:
        answer = quick.call("POST", path, body, by=fan, key=True)
        assert (answer.status_code, answer.json()["code"]) == (status_, code), answer.text
    poor = quick.fan(points=10)
    quick.enter(poor, date)
    mine = quick.hold(poor, date, 1).json()
    assert quick.request(poor, mine["id"], points=100).json()["code"] == "notEnoughPoints"
    assert reservation(quick, poor, mine)["status"] == "PENDING"


def test_webhooks_are_hints(quick, date):
    fan = quick.fan()
    _, payment = quick.to_pay(fan, date)
    key = pay_on_page(payment["checkout"])

    def webhook(order: str, payment_key: str, state: str):
        data = {"orderId": order, "paymentKey": payment_key, "status": state, "totalAmount": 10_000, "card": None}
        return quick.call("POST", "/webhooks/payments", {
            "eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2026-11-25T12:00:00.000000", "data": data})

    forged = webhook(payment["id"], key, "DONE")
    assert (forged.status_code, forged.json()["code"]) == (422, "webhookNotConfirmed")
    forged = webhook(payment["id"], "some-other-key", "DONE")
    assert (forged.status_code, forged.json()["code"]) == (422, "webhookNotConfirmed")
    for unknown in (str(uuid.uuid4()), "no-uuid-at-all"):
        assert webhook(unknown, key, "DONE").status_code == 404
    assert status(quick, fan, payment["id"]) == "REQUESTED"
    quick.confirm(fan, payment["id"], key)
    for state in ("IN_PROGRESS", "DONE", "DONE"):
        assert webhook(payment["id"], key, state).status_code == 204
    assert webhook(payment["id"], key, "CANCELED").json()["code"] == "webhookNotConfirmed"
    assert status(quick, fan, payment["id"]) == "CAPTURED"
    assert quick.call("POST", "/webhooks/payments", {"eventType": "SOMETHING_ELSE", "data": {}}).status_code == 204
    assert quick.call("POST", "/webhooks/payments", {"data": {}}).status_code == 400


def test_refunds_have_bounds_and_end(quick, date):
    fan = quick.fan()
    _, payment = quick.to_pay(fan, date, seats=2)
    paid = quick.confirm(fan, payment["id"], pay_on_page(payment["checkout"], REFUND_WITHOUT_ANSWER)).json()
    path = f"/payments/{payment['id']}/refunds"

    def refund(**body):
        return quick.call("POST", path, {"reason": "못 가요"} | body, by=fan, key=True)

    assert refund(ticketIds=paid["tickets"][:1]).json()["refunded"] == 10_000
    assert refund(ticketIds=paid["tickets"][:1]).json()["code"] == "ticketVoid"
    code = quick.ok("GET", f"/tickets/{paid['tickets'][1]}", by=fan)["code"]
    quick.ok("POST", "/checkins", {"code": code, "gate": "3번 문"}, by=quick.admin(), key=True)
    for body in ({}, {"ticketIds": paid["tickets"][1:]}):
        used = refund(**body)
        assert (used.status_code, used.json()["code"]) == (409, "ticketUsed")
    # The gateway gave the money back and did not say so: it is asked again, and gives it back once.
    done = wait_until(
        lambda: [one for one in quick.ok("GET", f"/payments/{payment['id']}", by=fan)["refunds"]
                 if one["status"] == "DONE"], seconds=60, what="the refund's end")
    assert [one["amount"] for one in done] == [10_000]


def test_a_refund_that_the_gateway_refuses_is_shown(quick, date):
    fan = quick.fan()
    _, payment = quick.to_pay(fan, date)
    quick.confirm(fan, payment["id"], pay_on_page(payment["checkout"], NO_REFUND))
    quick.ok("POST", f"/payments/{payment['id']}/refunds", {"reason": "못 가요"}, by=fan, key=True)
    wait_until(
        lambda: quick.ok("GET", f"/payments/{payment['id']}", by=fan)["refunds"][0]["status"] == "FAILED",
        seconds=60, what="the gateway's refusal")
    wait_until(lambda: "jari_refunds_failed 1" in quick.http.get("/metrics").text, what="the metric")


def test_points_are_charged_by_card(fresh):
    server = fresh(JARI_POINTS_CHARGE="gateway", JARI_GATEWAY_TIMEOUT_MS="1500")
    fan = server.fan()
    charge = server.ok("POST", "/users/points", {"amount": 30_000}, by=fan, key=True)
    assert charge["status"] == "REQUESTED" and charge["balance"] == 0
    assert charge["checkout"]["orderId"] == charge["transactionId"] and charge["checkout"]["amount"] == 30_000
    paid = server.confirm(fan, charge["transactionId"], pay_on_page(charge["checkout"])).json()
    assert paid["status"] == "CAPTURED" and paid["reservationId"] is None
    assert server.balance(fan) == 30_000
    declined = server.ok("POST", "/users/points", {"amount": 5_000}, by=fan, key=True)
    answer = server.confirm(fan, declined["transactionId"], pay_on_page(declined["checkout"], DECLINED)).json()
    assert answer["status"] == "DECLINED" and server.balance(fan) == 30_000
    # Charged points are spent, not refunded.
    refund = server.call("POST", f"/payments/{charge['transactionId']}/refunds", {"reason": "-"}, by=fan, key=True)
    assert (refund.status_code, refund.json()["code"]) == (409, "wrongState")
    server.audit()


def test_nothing_is_owed_at_the_end(quick, date):
    """After all of the above both ledgers agree."""
    wait_until(lambda: "jari_payments_unknown 0" in quick.http.get("/metrics").text.replace(".0\n", "\n"), seconds=60,
               what="the end of all unknowns")
    quick.audit()


class Sandbox:
    """`jari sandbox-gateway`, for stopping it and going on."""

    def __init__(self, folder, *arguments: str):
        self.log = (folder / "sandbox.log").open("w+")
        self.process = subprocess.Popen(
            [jari.BINARY, "sandbox-gateway", "--port", "0", "--ledger", str(folder / "ledger"),
             "--secret-key", jari.SANDBOX_KEY, *arguments],
            stdout=self.log, stderr=subprocess.STDOUT, cwd=folder)
        self.path = folder / "sandbox.log"
        self.url = wait_until(self._address, what="the sandbox's address")

    def _address(self):
        for word in self.path.read_text().split():
            if word.startswith("http://"):
                return word
        return None

    def send(self, number):
        self.process.send_signal(number)

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        self.log.close()


@pytest.fixture
def sandbox(tmp_path):
    running = Sandbox(tmp_path)
    yield running
    running.close()


@pytest.mark.parametrize("is_taken", [False, True])
def test_money_that_comes_too_late(fresh, sandbox, is_taken):
    """The gateway hangs until the hold is gone and then captures: the same seats again, or all the money back."""
    server = fresh(
        JARI_SANDBOX_URL=sandbox.url, JARI_GATEWAY_TIMEOUT_MS="500", JARI_HOLD_SECONDS="10", JARI_CHECKOUT_SECONDS="30")
    admin = server.admin()
    date = server.date(admin, rows=1, seats_per_row=2, price=10_000)["id"]
    fan, rival = server.fan(points=1_000), server.fan(points=50_000)
    seat = server.seats(date)[0]
    held, payment = server.to_pay(fan, date, points=1_000, seats=[seat])
    key = pay_on_page(payment["checkout"])
    sandbox.send(signal.SIGSTOP)
    answer = server.confirm(fan, payment["id"], key)
    assert (answer.status_code, answer.json()["status"]) == (202, "UNKNOWN"), answer.text
    refused = server.call("DELETE", f"/reservations/{held['id']}", by=fan)
    assert (refused.status_code, refused.json()["code"]) == (409, "paymentUnderWay")
    wait_until(lambda: reservation(server, fan, held)["status"] == "EXPIRED", seconds=60, what="the hold's end")
    assert status(server, fan, payment["id"]) == "UNKNOWN" and server.balance(fan) == 0
    if is_taken:
        server.enter(rival, date)
        assert server.hold(rival, date, [seat]).status_code == 201
    sandbox.send(signal.SIGCONT)
    found = settled(server, fan, payment["id"])
    ledger = httpx.get(f"{sandbox.url}/sandbox/ledger", auth=(jari.SANDBOX_KEY, "")).json()
    if found["status"] == "DECLINED":
        # The capture did not get there before the gateway was asked: then nothing may have been taken.
        pytest.fail(f"the capture was lost: {ledger}")
    if is_taken:
        assert found["status"] == "REFUNDED" and found["tickets"] == []
        assert reservation(server, fan, held)["status"] == "EXPIRED" and server.balance(fan) == 1_000
        wait_until(lambda: server.ok("GET", f"/payments/{payment['id']}", by=fan)["refunds"][0]["status"] == "DONE",
                   what="the refund")
    else:
        assert found["status"] == "CAPTURED" and len(found["tickets"]) == 1
        assert reservation(server, fan, held)["status"] == "PAID" and server.balance(fan) == 0
    server.audit()


def test_a_killed_server_finds_out_what_became_of_its_payments(fresh, sandbox):
    server = fresh(JARI_SANDBOX_URL=sandbox.url, JARI_GATEWAY_TIMEOUT_MS="3000")
    date = server.date(server.admin(), rows=2, seats_per_row=10, price=10_000)["id"]
    fans = server.fans(4)
    payments = []
    for fan in fans:
        _, payment = server.to_pay(fan, date)
        payments.append((fan, payment, pay_on_page(payment["checkout"], SLOW_TO_ANSWER)))
    threads = [lambda fan=fan, payment=payment, key=key: _confirm_quietly(server, fan, payment, key)
               for fan, payment, key in payments]
    threads.append(lambda: (time.sleep(0.5), server.kill_process()))
    at_once(threads)
    server.restart()
    for fan, payment, _ in payments:
        assert settled(server, fan, payment["id"])["status"] == "CAPTURED"
    server.audit()


def _confirm_quietly(server, fan, payment, key):
    try:
        server.confirm(fan, payment["id"], key)
    except httpx.HTTPError:
        pass

"""The server against openapi.yml: thousands of generated requests, of fans and of staff.

Schemathesis makes requests from the schemas, good ones and bad ones. Left alone it would hardly ever get past the
first check, since it knows no ids; so in most of them the ids, tokens and keys are replaced by real ones.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from functools import cached_property

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance, response_schema_conformance, status_code_conformance)

import contract
from jari import Account, Server, new_key, pay_on_page, wait_until
from receiver import Receiver
from test_cards import NO_REFUND

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 20
# A bound against hanging. How fast the machine generates requests is not what is tested.
SECONDS = 900

schema = schemathesis.openapi.from_path(str(contract.REPOSITORY / "openapi.yml"))
# A stream does not end; test_streams.py looks at it.
schema = schema.exclude(operation_id="streamDateEvents")


@dataclass
class Sandbox:
    """A sale whose things the generated requests may break."""

    server: Server
    staff: Account
    #: Takes what webhooks bring.
    receiver: Receiver
    random: random.Random = field(default_factory=lambda: random.Random(20261123))
    statuses: dict = field(default_factory=dict)
    #: A payment that waits for its card.
    asked: dict = field(default_factory=dict)

    def __post_init__(self):
        server = self.server
        self.date = server.date(self.staff, rows=100, seats_per_row=100)
        self.waiting = server.date(self.staff, maxActive=1)
        self.coming = server.date(self.staff, opens=3000)
        #: Somebody who does nothing, whose role may be changed.
        self.waiter = server.fan()
        #: Somebody who only logs in and out: with the fiftieth login after it a session ends.
        self.visitor = server.fan()
        self.webhook = self.new_webhook()
        self.refresh_ids()

    def new_webhook(self) -> str:
        """Of staff of their own, since one may have twenty."""
        body = {"url": self.receiver.url}
        return self.server.ok("POST", "/admin/webhooks", body, by=self.server.staff(self.staff), key=True)["id"]

    def new_delivery(self) -> str:
        """One that is over."""
        made = self.server.ok("POST", f"/admin/webhooks/{self.webhook}/test", by=self.staff, key=True)["id"]
        path = f"/admin/webhook-deliveries/{made}"
        wait_until(lambda: self.server.ok("GET", path, by=self.staff)["status"] == "DELIVERED", what="a delivery")
        return made

    @cached_property
    def failed_refund(self) -> str:
        """One that the gateway refused. The first who settles it succeeds."""
        _, payment = self.server.to_pay(self.fan, self.date["id"])
        self.server.confirm(self.fan, payment["id"], pay_on_page(payment["checkout"], NO_REFUND))
        path = f"/payments/{payment['id']}"
        self.server.ok("POST", f"{path}/refunds", {}, by=self.fan, key=True)

        def failed():
            refund = self.server.ok("GET", path, by=self.fan)["refunds"][0]
            return refund["status"] == "FAILED" and refund["id"]

        return wait_until(failed, seconds=60, what="the gateway's refusal")

    def refresh_ids(self):
        """New things with ids, since the requests use the old ones up; of a new fan, since one may have 50 seats."""
        server, date = self.server, self.date["id"]
        self.fan = server.fan(points=1_000_000)
        server.enter(self.fan, date)
        self.reservation = server.hold(self.fan, date, 1).json()["id"]
        payment = server.buy(self.fan, date, 1)
        self.payment, self.ticket = payment["id"], payment["tickets"][0]
        self.code = server.ok("GET", f"/tickets/{self.ticket}", by=self.fan)["code"]

    def ids(self, name: str, operation_id: str) -> str:
        staff_breaks = operation_id in ("adminDeleteConcert", "adminDeleteDate", "adminReplaceDate",
                                        "adminReplaceLayout", "adminPauseQueue", "adminReplaceQueueSettings",
                                        "adminReplaceConcert")
        if name == "webhookId":
            breaks = operation_id in ("adminDeleteWebhook", "adminReplaceWebhook")
            return self.new_webhook() if breaks else self.webhook
        if operation_id == "confirmPayment":
            held = self.server.hold(self.fan, self.date["id"], 1).json()["id"]
            self.asked = self.server.request(self.fan, held).json()
            return self.asked["id"]
        if name == "deliveryId":
            return self.new_delivery()
        if name == "refundId":
            return self.failed_refund
        if staff_breaks:
            spare = self.server.date(self.staff, rows=1, seats_per_row=1)
            return {"dateId": spare["id"], "concertId": spare["concertId"]}[name]
        date = self.random.choice([self.date, self.date, self.waiting, self.coming])
        return {"dateId": date["id"], "concertId": self.date["concertId"], "userId": self.waiter.id,
                "reservationId": self.reservation, "paymentId": self.payment, "ticketId": self.ticket}[name]

    def improve(self, case, operation_id: str):
        """Puts real ids, tokens and keys in place of generated ones, in three cases of four each."""
        often = lambda: self.random.random() < 0.75  # noqa: E731
        headers = dict(case.headers or {})
        if operation_id in ("holdSeats", "releaseReservation", "payReservation", "confirmPayment", "refundPayment", "checkIn"):
            self.refresh_ids()
        for name in list(case.path_parameters or {}):
            if often():
                case.path_parameters[name] = self.ids(name, operation_id)
        if "Idempotency-Key" in headers and often():
            headers["Idempotency-Key"] = new_key()
        if often():
            headers.pop("X-Queue-Token", None)
            if operation_id in ("holdSeats", "getQueuePlace", "leaveQueue"):
                headers["X-Queue-Token"] = self.queue_token(operation_id)
        if self.random.random() < 0.9:
            headers.pop("Authorization", None)
            if operation_id not in ("getQueuePlace", "leaveQueue"):
                headers["Authorization"] = f"Bearer {self.login(operation_id)}"
        if isinstance(case.body, dict):
            self.improve_body(case.body, operation_id, often)
        case.headers = headers

    def login(self, operation_id: str) -> str:
        if operation_id == "logOut":
            return self.server.log_in(self.visitor.email).access
        if operation_id.startswith("admin") or operation_id == "checkIn":
            return self.random.choice([self.staff, self.staff, self.staff, self.fan]).access
        return self.fan.access

    def queue_token(self, operation_id: str) -> str:
        if operation_id == "holdSeats":
            return self.fan.queue[self.date["id"]]
        somebody = self.server.fan()
        date = self.random.choice([self.date, self.waiting])["id"]
        return self.server.ok("POST", "/queue/token", {"dateId": date}, by=somebody)["token"]

    def improve_body(self, body: dict, operation_id: str, often):
        if "Webhook" in operation_id and operation_id.startswith("admin") and often():
            body["url"], body["events"], body["concertId"] = self.receiver.url, ["jari.reservation.paid"], None
        if "dateId" in body and often():
            body["dateId"] = self.date["id"]
        if isinstance(body.get("seatIds"), list) and often():
            body["seatIds"] = self.random.sample(self.server.seats(self.date["id"]), 2)
        best = body.get("bestAvailable")
        if isinstance(best, dict) and often():
            best["grade"], best["count"] = "R", self.random.randint(1, 5)
        if operation_id == "checkIn" and "code" in body and often():
            body["code"] = self.code
        if operation_id == "payReservation" and often():
            body.clear()
            body["method"] = "POINTS"
        if operation_id == "confirmPayment" and self.asked and often():
            body.clear()
            body["paymentKey"] = pay_on_page(self.asked["checkout"])
        if isinstance(body.get("ticketIds"), list) and often():
            body["ticketIds"] = [self.ticket]
        if operation_id == "logIn" and often():
            body |= {"email": self.visitor.email, "password": "correct horse battery"}
        if operation_id == "refreshSession" and often():
            body["refreshToken"] = self.server.log_in(self.visitor.email).refresh


@pytest.fixture(scope="module")
def sandbox():
    with Receiver() as receiver, Server(JARI_WEBHOOK_PRIVATE_TARGETS="true") as server:
        yield Sandbox(server, server.admin(), receiver)
        server.audit()


@pytest.fixture(scope="module")
def deadline():
    return time.monotonic() + SECONDS


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
          phases=[Phase.explicit, Phase.generate],
          suppress_health_check=list(HealthCheck))
def test_every_answer_is_in_the_contract(sandbox, deadline, case):
    """No generated request is answered with a server error, or with a status, type or body that is not documented."""
    assert time.monotonic() < deadline, "the generated requests took too long"
    operation_id = case.operation.definition.raw["operationId"]
    sandbox.improve(case, operation_id)
    response = case.call(base_url=sandbox.server.url, timeout=20)
    sandbox.statuses.setdefault(operation_id, set()).add(response.status_code)
    case.validate_response(response, checks=CHECKS)


#: What cannot succeed by generated requests, and why: the sandbox has a checkout page of its own, and a payment that
#: stays unknown needs somebody who meddles at the gateway (test_payments_by_hand.py).
NEVER_SUCCEEDS: set[str] = {"getCheckoutPage", "adminResolvePayment"}


def test_every_call_was_also_answered_with_success(sandbox):
    """The generated requests got past the first checks: each call succeeded at least once."""
    assert sandbox.statuses, "run this file as a whole"
    failed = {id for id, seen in sandbox.statuses.items() if not any(status < 400 for status in seen)}
    assert failed <= NEVER_SUCCEEDS
    refused = {id for id, seen in sandbox.statuses.items() if any(400 <= status < 500 for status in seen)}
    assert len(refused) > 25, "the generated requests are all too good"

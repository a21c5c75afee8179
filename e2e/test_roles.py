"""Who may do what: every call of openapi.yml by everyone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Callable

import pytest

import contract
from jari import PASSWORD, Account, Server, in_seconds, new_key, pay_on_page

ROLES = ("anonymous", "fan", "other", "staff", "admin")


@dataclass
class World:
    """A sale with a fan whose things others must not touch."""

    server: Server
    people: dict[str, Account | None]
    date: str
    concert: str

    @property
    def fan(self) -> Account:
        return self.people["fan"]

    def held(self) -> str:
        return self.server.hold(self.fan, self.date, 1).json()["id"]

    def paid(self) -> dict:
        return self.server.buy(self.fan, self.date, 1)

    @cached_property
    def settled(self) -> str:
        """A payment that stays as it is. One for all roles, since a fan may have so many seats and no more."""
        return self.paid()["id"]

    def code(self) -> str:
        ticket = self.paid()["tickets"][0]
        return self.server.ok("GET", f"/tickets/{ticket}", by=self.fan)["code"]

    def free_seats(self) -> list[str]:
        return self.server.seats(self.date)[-2:]

    def own(self, make: Callable[[Account], dict]) -> str:
        """The id of something new that staff made."""
        return make(self.people["staff"])["id"]

    @cached_property
    def webhook(self) -> str:
        return new_webhook(self)

    @cached_property
    def delivery(self) -> str:
        """One that is under way for as long as the tests run: nobody is there."""
        path = f"/admin/webhooks/{self.webhook}/test"
        return self.server.ok("POST", path, by=self.people["staff"], key=True)["id"]


@pytest.fixture(scope="module")
def world(server, staff, admin):
    date = server.date(staff, rows=20, seats_per_row=20)
    fan = server.fan(points=1_000_000)
    server.enter(fan, date["id"])
    people = {"anonymous": None, "fan": fan, "other": server.fan(), "staff": staff, "admin": admin}
    return World(server, people, date["id"], date["concertId"])


@dataclass
class Row:
    """What each role is answered, in the order of ROLES, and how to ask."""

    expected: tuple[int, int, int, int, int]
    #: Called for each role anew: gives the id in the path, the body and the headers.
    request: Callable[[World, str], dict] = lambda world, role: {}


PUBLIC = (200,) * 5
OWN = (401, 200, 200, 200, 200)
THE_FANS = (401, 200, 404, 200, 200)
STAFF = (401, 403, 403, 200, 200)
TIMES = {"startsAt": in_seconds(7200), "saleOpensAt": in_seconds(-60), "saleClosesAt": in_seconds(3600)}
TEXT = {"ko": "공연", "en": "Concert"}
CONCERT = {"title": TEXT, "artist": TEXT, "venue": TEXT, "description": TEXT}
LAYOUT = {
    "grades": [{"name": "R", "price": 1000}],
    "sections": [{"name": "A", "grade": "R", "rows": 1, "seatsPerRow": 2}],
}
WEBHOOK = {"url": "https://hooks.example.com/jari"}
QUEUE = {"maxActive": 1000, "admitPerSecond": 1000, "activeSeconds": 600, "seatsPerFanMax": 50}


def new_concert(world: World) -> str:
    return world.own(lambda staff: world.server.concert(staff))


def new_date(world: World) -> str:
    return world.own(lambda staff: world.server.date(staff, rows=1, seats_per_row=1, concert=world.concert))


def new_webhook(world: World) -> str:
    return world.own(lambda staff: world.server.ok("POST", "/admin/webhooks", WEBHOOK, by=staff, key=True))


def at_date(world: World, role: str) -> dict:
    return {"id": world.date}


def log_in_again(world: World, role: str) -> dict:
    """A session of its own to end, so that the others' stay."""
    who = world.people[role]
    return {"by": world.server.log_in(who.email)} if who else {}


def join_as_somebody(world: World, role: str) -> dict:
    somebody = world.server.fan()
    world.server.enter(somebody, world.date)
    return {"queue": somebody.queue[world.date], "by": somebody if role == "fan" else world.people[role]}


def hold_one(world: World, role: str) -> dict:
    body = {"dateId": world.date, "bestAvailable": {"grade": "R", "count": 1}}
    return {"queue": world.fan.queue[world.date], "key": True, "body": body}


def confirm_one(world: World, role: str) -> dict:
    """A payment that was agreed to on the gateway's page."""
    asked = world.server.request(world.fan, world.held()).json()
    return {"id": asked["id"], "key": True, "body": {"paymentKey": pay_on_page(asked["checkout"])}}


A = "/api/v1"
TABLE: dict[tuple[str, str], Row] = {
    ("POST", A + "/users"): Row((201,) * 5, lambda w, r: {
        "body": {"email": f"{new_key()}@example.com", "password": PASSWORD, "name": "민지"}}),
    ("GET", A + "/users/me"): Row(OWN),
    ("POST", A + "/sessions"): Row((201,) * 5, lambda w, r: {"body": {"email": w.fan.email, "password": PASSWORD}}),
    ("DELETE", A + "/sessions"): Row((401, 204, 204, 204, 204), log_in_again),
    ("POST", A + "/sessions/refresh"): Row(PUBLIC, lambda w, r: {
        "body": {"refreshToken": w.server.log_in(w.fan.email).refresh}}),
    ("GET", A + "/users/points"): Row(OWN),
    ("POST", A + "/users/points"): Row(
        (401, 201, 201, 201, 201), lambda w, r: {"key": True, "body": {"amount": 1000}}),
    ("GET", A + "/users/points/history"): Row(OWN),
    ("GET", A + "/concerts"): Row(PUBLIC),
    ("GET", A + "/concerts/{concertId}"): Row(PUBLIC, lambda w, r: {"id": w.concert}),
    ("GET", A + "/concerts/{concertId}/dates"): Row(PUBLIC, lambda w, r: {"id": w.concert}),
    ("GET", A + "/dates/{dateId}"): Row(PUBLIC, at_date),
    ("GET", A + "/dates/{dateId}/seats"): Row(PUBLIC, at_date),
    ("GET", A + "/dates/{dateId}/seatmap"): Row(PUBLIC, at_date),
    ("GET", A + "/dates/{dateId}/seats/status"): Row(PUBLIC, at_date),
    ("GET", A + "/dates/{dateId}/events"): Row(PUBLIC, at_date),
    ("GET", A + "/dates/{dateId}/queue"): Row(PUBLIC, at_date),
    ("POST", A + "/queue/token"): Row(OWN, lambda w, r: {"body": {"dateId": w.date}}),
    # The queue token alone suffices; with somebody else's login it does not.
    ("GET", A + "/queue/token"): Row((200, 200, 401, 401, 401), join_as_somebody),
    ("DELETE", A + "/queue/token"): Row((204, 204, 401, 401, 401), join_as_somebody),
    # All try with the fan's queue token.
    ("POST", A + "/reservations"): Row((401, 201, 401, 401, 401), hold_one),
    ("GET", A + "/reservations"): Row(OWN),
    ("GET", A + "/reservations/{reservationId}"): Row(THE_FANS, lambda w, r: {"id": w.held()}),
    ("DELETE", A + "/reservations/{reservationId}"): Row(
        (401, 200, 404, 404, 404), lambda w, r: {"id": w.held()}),
    ("POST", A + "/reservations/{reservationId}/payments"): Row(
        (401, 201, 404, 404, 404), lambda w, r: {"id": w.held(), "key": True, "body": {"method": "POINTS"}}),
    ("GET", A + "/payments/{paymentId}"): Row(THE_FANS, lambda w, r: {"id": w.paid()["id"]}),
    ("POST", A + "/payments/{paymentId}/refunds"): Row(
        (401, 201, 404, 201, 201), lambda w, r: {"id": w.paid()["id"], "key": True, "body": {}}),
    ("POST", A + "/payments/{paymentId}/confirm"): Row((401, 200, 404, 404, 404), confirm_one),
    # Anyone may say something; that it is not so is another matter.
    ("POST", A + "/webhooks/payments"): Row((204,) * 5, lambda w, r: {"body": {"eventType": "SOMETHING_ELSE"}}),
    # The sandbox has a page of its own.
    ("GET", "/checkout"): Row((404,) * 5),
    ("GET", "/checkout/success"): Row(PUBLIC),
    ("GET", "/checkout/fail"): Row(PUBLIC),
    ("GET", A + "/ticket-keys"): Row(PUBLIC),
    ("GET", A + "/tickets"): Row(OWN),
    ("GET", A + "/tickets/{ticketId}"): Row(THE_FANS, lambda w, r: {"id": w.paid()["tickets"][0]}),
    ("GET", A + "/tickets/{ticketId}/qr.svg"): Row(THE_FANS, lambda w, r: {"id": w.paid()["tickets"][0]}),
    ("POST", A + "/checkins"): Row(
        (401, 403, 403, 201, 201), lambda w, r: {"key": True, "body": {"code": w.code(), "gate": "1"}}),
    ("GET", A + "/admin/concerts"): Row(STAFF),
    ("POST", A + "/admin/concerts"): Row((401, 403, 403, 201, 201), lambda w, r: {"key": True, "body": CONCERT}),
    ("GET", A + "/admin/concerts/{concertId}"): Row(STAFF, lambda w, r: {"id": w.concert}),
    ("PUT", A + "/admin/concerts/{concertId}"): Row(STAFF, lambda w, r: {"id": new_concert(w), "body": CONCERT}),
    ("DELETE", A + "/admin/concerts/{concertId}"): Row((401, 403, 403, 204, 204), lambda w, r: {"id": new_concert(w)}),
    ("GET", A + "/admin/concerts/{concertId}/dates"): Row(STAFF, lambda w, r: {"id": w.concert}),
    ("POST", A + "/admin/concerts/{concertId}/dates"): Row(
        (401, 403, 403, 201, 201), lambda w, r: {"id": w.concert, "key": True, "body": TIMES}),
    ("GET", A + "/admin/dates/{dateId}"): Row(STAFF, at_date),
    ("PUT", A + "/admin/dates/{dateId}"): Row(STAFF, lambda w, r: {"id": new_date(w), "body": TIMES}),
    ("DELETE", A + "/admin/dates/{dateId}"): Row((401, 403, 403, 204, 204), lambda w, r: {"id": new_date(w)}),
    ("GET", A + "/admin/dates/{dateId}/layout"): Row(STAFF, at_date),
    ("PUT", A + "/admin/dates/{dateId}/layout"): Row(STAFF, lambda w, r: {"id": new_date(w), "body": LAYOUT}),
    ("GET", A + "/admin/dates/{dateId}/queue"): Row(STAFF, at_date),
    ("PUT", A + "/admin/dates/{dateId}/queue"): Row(STAFF, lambda w, r: {"id": w.date, "body": QUEUE}),
    ("POST", A + "/admin/dates/{dateId}/queue/pause"): Row(STAFF, lambda w, r: {"id": new_date(w), "key": True}),
    ("POST", A + "/admin/dates/{dateId}/queue/resume"): Row(STAFF, lambda w, r: {"id": w.date, "key": True}),
    ("POST", A + "/admin/dates/{dateId}/seats/block"): Row(STAFF, lambda w, r: {
        "id": w.date, "key": True, "body": {"seatIds": w.free_seats()}}),
    ("POST", A + "/admin/dates/{dateId}/seats/unblock"): Row(STAFF, lambda w, r: {
        "id": w.date, "key": True, "body": {"seatIds": w.free_seats()}}),
    ("GET", A + "/admin/dates/{dateId}/sales"): Row(STAFF, at_date),
    ("GET", A + "/admin/reservations"): Row(STAFF),
    ("POST", A + "/admin/reservation-searches"): Row(STAFF, lambda w, r: {"body": {"text": w.fan.email}}),
    ("GET", A + "/admin/reservations/{reservationId}"): Row(STAFF, lambda w, r: {"id": w.held()}),
    ("PUT", A + "/admin/users/{userId}/role"): Row(
        (401, 403, 403, 403, 200), lambda w, r: {"id": w.people["other"].id, "body": {"role": "FAN"}}),
    ("GET", A + "/admin/audit-log"): Row(STAFF),
    ("GET", A + "/admin/webhooks"): Row(STAFF),
    ("POST", A + "/admin/webhooks"): Row((401, 403, 403, 201, 201), lambda w, r: {"key": True, "body": WEBHOOK}),
    ("GET", A + "/admin/webhooks/{webhookId}"): Row(STAFF, lambda w, r: {"id": w.webhook}),
    ("PUT", A + "/admin/webhooks/{webhookId}"): Row(STAFF, lambda w, r: {"id": w.webhook, "body": WEBHOOK}),
    ("DELETE", A + "/admin/webhooks/{webhookId}"): Row(
        (401, 403, 403, 204, 204), lambda w, r: {"id": new_webhook(w) if r in ("staff", "admin") else w.webhook}),
    ("POST", A + "/admin/webhooks/{webhookId}/secret"): Row(STAFF, lambda w, r: {"id": w.webhook, "key": True}),
    ("POST", A + "/admin/webhooks/{webhookId}/test"): Row(
        (401, 403, 403, 202, 202), lambda w, r: {"id": w.webhook, "key": True}),
    ("GET", A + "/admin/webhooks/{webhookId}/deliveries"): Row(STAFF, lambda w, r: {"id": w.webhook}),
    ("GET", A + "/admin/webhook-deliveries/{deliveryId}"): Row(STAFF, lambda w, r: {"id": w.delivery}),
    # They may, but it is under way; test_webhooks.py sends some again that are over.
    ("POST", A + "/admin/webhook-deliveries/{deliveryId}/replay"): Row(
        (401, 403, 403, 409, 409), lambda w, r: {"id": w.delivery, "key": True}),
    # They may, but it is known; test_payments_by_hand.py has one that is not, and a refund that failed.
    ("POST", A + "/admin/payments/{paymentId}/resolve"): Row(
        (401, 403, 403, 409, 409),
        lambda w, r: {"id": w.settled, "key": True, "body": {"outcome": "DECLINED", "reason": "시험"}}),
    ("POST", A + "/admin/refunds/{refundId}/settle"): Row(
        (401, 403, 403, 404, 404), lambda w, r: {"id": new_key(), "key": True, "body": {"reason": "시험"}}),
    ("GET", "/healthz"): Row(PUBLIC),
    ("GET", "/readyz"): Row(PUBLIC),
    ("GET", "/metrics"): Row(PUBLIC),
    ("GET", "/openapi.yml"): Row(PUBLIC),
    ("GET", "/docs"): Row(PUBLIC),
}


def test_every_call_of_the_contract_has_a_row():
    """A call that is added to openapi.yml says here who may use it, and one that is removed leaves the table."""
    assert set(TABLE) == set(contract.operations())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("call", TABLE, ids=lambda call: f"{call[0]} {call[1]}")
def test_each_call_answers_each_role_as_documented(world, call, role):
    """Anonymous users, the owner, another fan, staff and administrators get the status that is theirs."""
    method, path = call
    row = TABLE[call]
    asked = row.request(world, role)
    headers = {}
    who = asked.get("by", world.people[role])
    if who:
        headers["Authorization"] = f"Bearer {who.access}"
    if asked.get("key"):
        headers["Idempotency-Key"] = new_key()
    if "queue" in asked:
        headers["X-Queue-Token"] = asked["queue"]
    if "id" in asked:
        path = path[: path.index("{")] + asked["id"] + path[path.index("}") + 1:]
    request = world.server.http.build_request(method, path, headers=headers, json=asked.get("body"))
    response = world.server.http.send(request, stream=True)
    try:
        expected = row.expected[ROLES.index(role)]
        assert response.status_code == expected, response.read()
        assert expected in contract.statuses(*call)
        assert response.headers["X-Request-Id"]
        if expected >= 400:
            problem = response.read() and response.json()
            assert problem["code"] in {401: ["notAuthenticated", "queueTokenInvalid"], 403: ["notAllowed"],
                                       404: ["notFound"], 409: ["wrongState"]}[expected]
            assert response.headers["Content-Type"] == "application/problem+json"
    finally:
        response.close()


@pytest.mark.parametrize("view", ["", "/seats", "/seatmap", "/seats/status", "/queue"])
def test_a_draft_and_its_dates_are_seen_by_staff_only(server, staff, view):
    """Until a concert is published, its dates are 404 for everyone else, like the concert itself."""
    concert = server.concert(staff, status="DRAFT")["id"]
    date = server.date(staff, concert=concert)["id"]
    assert server.call("GET", f"/concerts/{concert}").status_code == 404
    assert server.call("GET", f"/concerts/{concert}/dates").status_code == 404
    assert concert not in server.call("GET", "/concerts", params={"limit": 100}).text
    assert server.call("GET", f"/admin/dates/{date}", by=staff).status_code == 200
    assert server.call("GET", f"/dates/{date}{view}").status_code == 404


def test_a_fan_cannot_enter_the_queue_of_a_draft(server, staff):
    """What is not published is not sold."""
    date = server.date(staff, concert=server.concert(staff, status="DRAFT")["id"])["id"]
    assert server.call("POST", "/queue/token", {"dateId": date}, by=server.fan()).status_code == 404


def test_a_role_that_is_taken_away_is_gone_at_the_next_token(server, admin):
    """Someone who was staff is not, after the tokens have been rotated."""
    staff = server.staff(admin)
    server.ok("PUT", f"/admin/users/{staff.id}/role", {"role": "FAN"}, by=admin)
    rotated = server.ok("POST", "/sessions/refresh", {"refreshToken": staff.refresh})
    response = server.call("GET", "/admin/concerts", headers={"Authorization": f"Bearer {rotated['accessToken']}"})
    assert response.status_code == 403

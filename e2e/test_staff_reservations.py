"""Staff find a reservation by whatever a fan says on the phone, and give money back."""

from __future__ import annotations

import pytest

from jari import new_key, wait_until


@pytest.fixture(scope="module")
def date(server, staff):
    return server.date(staff, rows=5, seats_per_row=10)["id"]


@pytest.fixture(scope="module")
def bought(server, staff, date):
    """A fan with a paid reservation, a given-back one and a held one."""
    fan = server.fan(points=100_000)
    paid = server.buy(fan, date, 2)
    given_back = server.hold(fan, date, 1).json()
    server.ok("DELETE", f"/reservations/{given_back['id']}", by=fan)
    held = server.hold(fan, date, 1).json()
    return fan, paid, given_back, held


def search(server, staff, text, **more):
    return server.ok("POST", "/admin/reservation-searches", {"text": text} | more, by=staff)["items"]


def test_each_thing_that_a_fan_may_say_finds_it(server, staff, bought):
    """The ids of reservation, payment and ticket, and the ticket's code long and short, find the one reservation."""
    fan, paid, _, _ = bought
    ticket = server.ok("GET", f"/tickets/{paid['tickets'][0]}", by=fan)
    for text in (paid["reservationId"], paid["id"], ticket["id"], ticket["code"], ticket["shortCode"],
                 f" {ticket['shortCode'].lower()} ".upper()):
        found = search(server, staff, text)
        assert [item["id"] for item in found] == [paid["reservationId"]], text
    assert found[0]["user"] == {"id": fan.id, "email": fan.email, "name": "민지"}


def test_an_email_finds_all_of_a_fan_by_state(server, staff, bought, date):
    """The newest first; the case of an email does not count."""
    fan, paid, given_back, held = bought
    ids = [held["id"], given_back["id"], paid["reservationId"]]
    assert [item["id"] for item in search(server, staff, fan.email.upper())] == ids
    assert [item["id"] for item in search(server, staff, fan.id)] == ids
    for status, wanted in (("PENDING", ids[0]), ("CANCELLED", ids[1]), ("PAID", ids[2])):
        assert [item["id"] for item in search(server, staff, fan.email, status=status, dateId=date)] == [wanted]
    first = server.ok("POST", "/admin/reservation-searches", {"text": fan.email, "limit": 2}, by=staff)
    rest = search(server, staff, fan.email, limit=2, cursor=first["nextCursor"])
    assert [item["id"] for item in first["items"] + rest] == ids


@pytest.mark.parametrize("text", ["nobody@example.com", "01a20810-2308-7000-b196-7131f9ebdacc", "???", "A" * 320])
def test_what_is_nowhere_finds_nothing(server, staff, text):
    """An empty page, and no error: people mistype."""
    assert search(server, staff, text) == []


def test_the_list_filters_by_date_and_state(server, staff, bought, date):
    """Page by page, all of a date's reservations, each once."""
    other = server.date(staff, rows=1, seats_per_row=2)["id"]
    assert server.ok("GET", "/admin/reservations", by=staff, params={"dateId": other})["items"] == []
    seen, cursor = [], None
    while True:
        params = {"dateId": date, "limit": 1} | ({"cursor": cursor} if cursor else {})
        page = server.ok("GET", "/admin/reservations", by=staff, params=params)
        seen += [item["id"] for item in page["items"]]
        cursor = page["nextCursor"]
        if not cursor:
            break
    fan, paid, given_back, held = bought
    assert seen == [held["id"], given_back["id"], paid["reservationId"]]
    found = server.ok("GET", "/admin/reservations", by=staff, params={"dateId": date, "status": "PAID"})["items"]
    assert [item["id"] for item in found] == [paid["reservationId"]]
    wrong = server.call("GET", "/admin/reservations", by=staff, params={"status": "SOLD"})
    assert wrong.status_code == 400


def test_a_hold_that_ran_out_is_found_as_expired(fresh):
    """As the fan sees it, whether or not it was swept."""
    server = fresh(JARI_HOLD_SECONDS="10")
    staff = server.staff()
    date = server.date(staff)["id"]
    fan = server.fan()
    server.enter(fan, date)
    held = server.hold(fan, date, 1).json()
    wait_until(lambda: search(server, staff, fan.email, status="EXPIRED"), what="the end of the hold")
    assert search(server, staff, fan.email, status="PENDING") == []
    assert server.ok("GET", f"/admin/reservations/{held['id']}", by=staff)["status"] == "EXPIRED"


def test_one_reservation_has_all_that_a_refund_needs(server, staff, date):
    """Payments with their tickets; after a refund of one, the other stays good."""
    fan = server.fan(points=10_000)
    paid = server.buy(fan, date, 2)
    path = f"/admin/reservations/{paid['reservationId']}"
    found = server.ok("GET", path, by=staff)
    assert [payment["id"] for payment in found["payments"]] == [paid["id"]]
    assert sorted(found["payments"][0]["tickets"]) == sorted(ticket["id"] for ticket in found["tickets"])
    first = found["tickets"][0]["id"]
    server.ok(
        "POST", f"/payments/{paid['id']}/refunds", {"ticketIds": [first], "reason": "Ill"}, by=staff, key=new_key())
    after = server.ok("GET", path, by=staff)
    assert {ticket["id"]: ticket["status"] for ticket in after["tickets"]}[first] == "VOID"
    assert after["payments"][0]["status"] == "PARTIALLY_REFUNDED" and after["status"] == "PAID"

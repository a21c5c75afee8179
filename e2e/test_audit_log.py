"""What staff did: nothing that changes something goes untold."""

from __future__ import annotations

from jari import in_seconds


def entries(server, staff, count):
    """The newest first, in pages of two, so that paging is walked too."""
    found, cursor = [], None
    while len(found) < count:
        page = server.ok("GET", "/admin/audit-log", by=staff, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    return found[:count]


def test_every_action_of_staff_leaves_an_entry(fresh):
    """Who, what, to what, when, and why: creating, changing, deleting, steering, refunding, letting in, roles."""
    server = fresh()
    admin = server.admin()
    staff = server.staff(admin)
    date = server.date(staff)["id"]
    concert = server.ok("GET", f"/dates/{date}")["concertId"]
    buyer = server.fan(points=5000)
    payment = server.buy(buyer, date, 2)
    ticket = server.ok("GET", f"/tickets/{payment['tickets'][0]}", by=buyer)
    server.ok("POST", "/checkins", {"code": ticket["code"], "gate": "Gate 3"}, by=staff, key=True)
    refund = {"ticketIds": payment["tickets"][1:], "reason": "공연장 사정"}
    server.ok("POST", f"/payments/{payment['id']}/refunds", refund, by=staff, key=True)
    server.ok("POST", f"/admin/dates/{date}/queue/pause", by=staff, key=True)
    server.ok("POST", f"/admin/dates/{date}/queue/resume", by=staff, key=True)
    both = {"ko": "새 제목", "en": "New title"}
    server.ok("PUT", f"/admin/concerts/{concert}", {"title": both}, by=staff)
    empty = server.concert(staff)["id"]
    times = {"startsAt": in_seconds(7200), "saleOpensAt": in_seconds(60), "saleClosesAt": in_seconds(3600)}
    other = server.ok("POST", f"/admin/concerts/{empty}/dates", times, by=staff, key=True)["id"]
    server.ok("PUT", f"/admin/dates/{other}", times | {"cancelled": True}, by=staff)
    server.ok("DELETE", f"/admin/dates/{other}", by=staff)
    server.ok("DELETE", f"/admin/concerts/{empty}", by=staff)

    expected = [
        ("concert.deleted", empty), ("date.deleted", other), ("date.changed", other), ("date.created", other),
        ("concert.created", empty), ("concert.changed", concert), ("queue.resumed", date), ("queue.paused", date),
        ("payment.refunded", payment["id"]), ("ticket.checkedIn", ticket["id"]), ("layout.replaced", date),
        ("queue.changed", date), ("date.created", date), ("concert.created", concert),
    ]
    found = entries(server, staff, len(expected) + 5)
    assert [(one["kind"], one["subjectId"]) for one in found[:-1]] == expected
    assert {one["staffId"] for one in found[:-1]} == {staff.id}
    role = found[-1]
    assert (role["kind"], role["subjectId"], role["staffId"], role["detail"]) == (
        "role.changed", staff.id, admin.id, "STAFF")
    refunded = next(one for one in found if one["kind"] == "payment.refunded")
    assert refunded["reason"] == "공연장 사정" and "1000 won" in refunded["detail"]
    assert all(one["at"].endswith("Z") for one in found)


def test_what_is_refused_and_what_fans_do_leaves_none(fresh):
    """A refused deletion, a copy of a request, and a fan's own refund are not entries."""
    server = fresh()
    staff = server.staff()
    date = server.date(staff)["id"]
    buyer = server.fan(points=5000)
    payment = server.buy(buyer, date, 1)
    before = entries(server, staff, 50)
    assert server.call("DELETE", f"/admin/dates/{date}", by=staff).status_code == 409
    server.ok("POST", f"/payments/{payment['id']}/refunds", {"reason": "다른 일정"}, by=buyer, key=True)
    assert entries(server, staff, 50) == before
    for _ in range(2):
        server.ok("POST", f"/admin/dates/{date}/queue/pause", by=staff, key="the-same")
    assert len(entries(server, staff, 50)) == len(before) + 1


def test_refunding_the_rest_names_the_tickets_once_one_is_used(fresh):
    """Without names it is refused as `ticketUsed`, and changes nothing; by name the others are refunded."""
    server = fresh()
    staff = server.staff()
    date = server.date(staff)["id"]
    buyer = server.fan(points=5000)
    payment = server.buy(buyer, date, 3)
    code = server.ok("GET", f"/tickets/{payment['tickets'][0]}", by=buyer)["code"]
    server.ok("POST", "/checkins", {"code": code}, by=staff, key=True)
    refused = server.call("POST", f"/payments/{payment['id']}/refunds", {}, by=buyer, key=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "ticketUsed")
    assert server.balance(buyer) == 2000
    rest = {"ticketIds": payment["tickets"][1:]}
    assert server.ok("POST", f"/payments/{payment['id']}/refunds", rest, by=buyer, key=True)["refunded"] == 2000
    assert server.balance(buyer) == 4000
    server.audit()

"""What a sale allows while staff change it, and what a repeated request must not block."""

import uuid


def test_a_copy_of_an_old_hold_blocks_nobody(server, staff):
    """Repeating the request of a hold that was given back gives its first answer, and the seats stay free for others."""
    date = server.date(staff, rows=1, seats_per_row=4)["id"]
    fan, rival = server.fan(), server.fan()
    server.enter(fan, date)
    server.enter(rival, date)
    key = str(uuid.uuid4())
    seats = list(server.seats(date))[:2]
    first = server.hold(fan, date, seats, key)
    server.ok("DELETE", f"/reservations/{first.json()['id']}", by=fan)
    again = server.hold(fan, date, seats, key)
    assert again.content == first.content
    held = server.hold(rival, date, seats)
    assert held.status_code == 201, held.text


def test_a_cancelled_date_takes_no_money(server, staff):
    """Who holds seats when the date is cancelled is refused to pay, and keeps the points."""
    date = server.date(staff, rows=1, seats_per_row=4)
    fan = server.fan(points=5000)
    server.enter(fan, date["id"])
    held = server.hold(fan, date["id"], 1).json()["id"]
    times = {name: date[name] for name in ("startsAt", "saleOpensAt", "saleClosesAt")}
    server.ok("PUT", f"/admin/dates/{date['id']}", by=staff, body={**times, "cancelled": True})
    paid = server.pay(fan, held)
    assert (paid.status_code, paid.json()["code"]) == (409, "saleClosed")
    assert server.balance(fan) == 5000


def test_a_deleted_date_has_no_queue(server, staff):
    """After a date is deleted nobody can join its queue."""
    date = server.date(staff)["id"]
    fan = server.fan()
    server.ok("POST", "/queue/token", by=fan, body={"dateId": date})
    server.ok("DELETE", f"/admin/dates/{date}", by=staff)
    assert server.call("POST", "/queue/token", by=fan, body={"dateId": date}).status_code == 404


def test_times_outside_of_the_calendar_are_refused(server, staff):
    """An offset that leads out of the years 0 to 9999 is no time, and the server lives on."""
    concert = server.ok("POST", "/admin/concerts", by=staff, key=True, json={"title": "시각"})["id"]
    for moment in ("0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-23:59"):
        refused = server.call(
            "POST", f"/admin/concerts/{concert}/dates", by=staff, key=True,
            json={"startsAt": moment, "saleOpensAt": "2026-01-01T00:00:00Z", "saleClosesAt": "2027-01-01T00:00:00Z"})
        assert (refused.status_code, refused.json()["field"]) == (400, "startsAt")
    assert server.ok("GET", "/concerts")["items"]


def test_a_reservation_names_the_payment_that_counts(server, staff):
    """Null before there is one, the newest while the fan is to pay, and the one that took the money for ever after."""
    date = server.date(staff, seatsPerFanMax=3)["id"]
    assert server.ok("GET", f"/dates/{date}")["seatsPerFanMax"] == 3
    fan = server.fan(points=10_000)
    server.enter(fan, date)
    held = server.hold(fan, date, 1).json()
    path = f"/reservations/{held['id']}"
    assert server.ok("GET", path, by=fan)["paymentId"] is None
    asked = server.request(fan, held["id"]).json()
    assert server.ok("GET", path, by=fan)["paymentId"] == asked["id"]
    paid = server.pay(fan, held["id"]).json()
    assert paid["id"] != asked["id"]
    assert server.ok("GET", path, by=fan)["paymentId"] == paid["id"]
    server.ok("POST", f"/payments/{paid['id']}/refunds", {"reason": "시험"}, by=fan, key=True)
    assert server.ok("GET", path, by=fan)["paymentId"] == paid["id"]

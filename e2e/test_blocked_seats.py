"""Seats that staff keep back: nobody can hold them, everybody sees it, and they can be sold again."""

from __future__ import annotations

from jari import at_once, new_key


def set_blocked(server, staff, date, seats, blocked=True, key=True, **more):
    path = f"/admin/dates/{date}/seats/{'block' if blocked else 'unblock'}"
    return server.call("POST", path, {"seatIds": seats} | more, by=staff, key=key)


def test_a_seat_that_is_kept_back_cannot_be_held_until_it_is_sold_again(fresh):
    """It shows as BLOCKED at once, counts in no sale, and the history says who did it and why."""
    server = fresh()
    staff = server.staff()
    date = server.date(staff, rows=1, seats_per_row=3)["id"]
    seats = server.seats(date)
    done = set_blocked(server, staff, date, seats[:2], reason="Cameras")
    assert done.json() == {"dateId": date, "seatsChanged": 2}
    assert server.seats(date, "BLOCKED") == seats[:2]
    assert server.ok("GET", f"/dates/{date}")["seatsAvailable"] == 1
    fan = server.fan(points=10_000)
    server.enter(fan, date)
    refused = server.hold(fan, date, seats[:2])
    assert refused.json()["code"] == "seatTaken" and sorted(refused.json()["seatIds"]) == sorted(seats[:2])
    assert server.hold(fan, date, 2).json()["code"] == "noSeatsLeft"
    server.buy(fan, date, seats[2:])
    sales = server.ok("GET", f"/admin/dates/{date}/sales", by=staff)
    assert (sales["grades"][0]["blocked"], sales["grades"][0]["sold"]) == (2, 1)
    assert {"code": "seatTaken", "count": 1} in sales["refusals"] and {"code": "noSeatsLeft", "count": 1} in sales["refusals"]
    assert set_blocked(server, staff, date, seats[:2], blocked=False).json()["seatsChanged"] == 2
    assert len(server.buy(fan, date, 2)["tickets"]) == 2
    actions = server.ok("GET", "/admin/audit-log", by=staff)["items"]
    told = [action for action in actions if action["kind"].startswith("seats.")]
    assert [action["kind"] for action in told] == ["seats.unblocked", "seats.blocked"]
    assert told[1]["reason"] == "Cameras" and told[1]["staffId"] == staff.id and told[1]["subjectId"] == date
    assert told[1]["detail"] == "2 seats: A 1-1, A 1-2"
    server.audit()


def test_what_a_fan_has_stays_theirs(server, staff):
    """One seat that is held keeps all from being kept back, and is named."""
    date = server.date(staff, rows=1, seats_per_row=3)["id"]
    seats = server.seats(date)
    fan = server.fan()
    server.enter(fan, date)
    assert server.hold(fan, date, seats[1:2]).status_code == 201
    refused = set_blocked(server, staff, date, seats)
    assert refused.status_code == 409 and refused.json()["seatIds"] == seats[1:2]
    assert server.seats(date, "BLOCKED") == []


def test_a_copy_of_the_request_gets_the_first_answer(server, staff):
    """Also when the seats are as they should be by then."""
    date = server.date(staff, rows=1, seats_per_row=3)["id"]
    seats, key = server.seats(date), new_key()
    answers = at_once([lambda: set_blocked(server, staff, date, seats, key=key)] * 4)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert {answer.json()["seatsChanged"] for answer in answers} == {3}


def test_fans_and_staff_race_for_a_seat(server, staff):
    """Whoever wins, the seat is either a fan's or kept back, and never both."""
    date = server.date(staff, rows=1, seats_per_row=8)["id"]
    seats = server.seats(date)
    fans = server.fans(8)
    for fan in fans:
        server.enter(fan, date)
    works = [lambda fan=fan, seat=seat: server.hold(fan, date, [seat]) for fan, seat in zip(fans, seats)]
    works += [lambda seat=seat: set_blocked(server, staff, date, [seat]) for seat in seats]
    answers = at_once(works)
    for seat, held, kept in zip(seats, answers[:8], answers[8:]):
        assert {held.status_code, kept.status_code} in ({201, 409}, {409, 200}), (held.text, kept.text)
    states = {seat["id"]: seat["status"] for seat in server.ok("GET", f"/dates/{date}/seats")["seats"]}
    for seat, held in zip(seats, answers[:8]):
        assert states[seat] == ("PENDING" if held.status_code == 201 else "BLOCKED")


def test_a_layout_keeps_seats_back_and_numbers_them(server, staff):
    """Runs are counted from the stage and from the left, whatever the seats are called; and it can be replaced still."""
    date = server.date(staff)["id"]
    section = {
        "name": "A", "grade": "R", "rows": 2, "seatsPerRow": 4, "firstRow": 5, "firstNumber": 11, "numbersFromRight": True,
        "blocked": [{"row": 2, "from": 1, "to": 2}],
    }
    layout = {"grades": [{"name": "R", "price": 1000}], "sections": [section]}
    server.ok("PUT", f"/admin/dates/{date}/layout", layout, by=staff)
    seats = server.ok("GET", f"/dates/{date}/seats")["seats"]
    blocked = [(seat["row"], seat["number"]) for seat in seats if seat["status"] == "BLOCKED"]
    assert blocked == [("6", "14"), ("6", "13")]
    assert [seat["number"] for seat in seats[:4]] == ["14", "13", "12", "11"]
    assert server.ok("GET", f"/admin/dates/{date}/layout", by=staff) == layout
    # Keeping seats back is no sale: the layout may change until a fan has held one.
    free = server.seats(date)
    assert set_blocked(server, staff, date, free).status_code == 200
    assert set_blocked(server, staff, date, free, blocked=False).status_code == 200
    server.ok("PUT", f"/admin/dates/{date}/layout", layout, by=staff)


def test_a_layout_with_seats_kept_back_outside_of_a_section_is_refused(server, staff):
    """With the place, so that the editor can show it."""
    date = server.date(staff)["id"]
    section = {"name": "A", "grade": "R", "rows": 2, "seatsPerRow": 4, "blocked": [{"row": 3, "from": 1, "to": 1}]}
    layout = {"grades": [{"name": "R", "price": 1000}], "sections": [section]}
    refused = server.call("PUT", f"/admin/dates/{date}/layout", layout, by=staff)
    assert refused.status_code == 400 and "sections[0].blocked" in refused.json()["detail"]


def test_seats_of_another_date_and_too_many_are_refused(server, staff):
    """Ids are looked at, and so is their number."""
    date, other = (server.date(staff, rows=1, seats_per_row=2)["id"] for _ in range(2))
    assert set_blocked(server, staff, date, server.seats(other)).status_code == 404
    assert set_blocked(server, staff, date, []).status_code == 400
    assert set_blocked(server, staff, date, server.seats(date)[:1] * 2).status_code == 400

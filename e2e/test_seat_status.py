"""The states of many seats in a few bytes."""

from __future__ import annotations

import base64
import gzip
import json
import re

import pytest

CODES = {"AVAILABLE": 0, "PENDING": 1, "CONFIRMED": 1, "PAID": 2, "BLOCKED": 3}


@pytest.fixture(scope="module")
def arena(server):
    """The demo date with some 15,000 seats."""
    dates = [date for concert in server.ok("GET", "/concerts", params={"limit": 100})["items"]
             for date in server.ok("GET", f"/concerts/{concert['id']}/dates")["items"]]
    return max(dates, key=lambda date: date["seatsTotal"])


def decoded(status: dict, count: int) -> list[int]:
    packed = base64.b64decode(status["states"], validate=True)
    assert len(packed) == (count + 3) // 4
    return [packed[n // 4] >> (n % 4 * 2) & 3 for n in range(count)]


def test_the_bits_say_what_the_list_says(server, arena):
    """Held, sold and free seats decode to the same states, in the same order, as the long list."""
    assert arena["seatsTotal"] >= 15_000
    buyer, holder = server.fans(2, points=2_000_000)
    for fan in (buyer, holder):
        server.enter(fan, arena["id"])
    free = server.seats(arena["id"])
    server.buy(buyer, arena["id"], free[3:6])
    assert server.hold(holder, arena["id"], [free[0], free[-1]]).status_code == 201
    seats = server.ok("GET", f"/dates/{arena['id']}/seats")
    status = server.ok("GET", f"/dates/{arena['id']}/seats/status")
    assert status["version"] == seats["version"]
    states = decoded(status, len(seats["seats"]))
    assert states == [CODES[seat["status"]] for seat in seats["seats"]]
    assert states.count(2) >= 3 and states.count(1) >= 2
    layout = server.ok("GET", f"/dates/{arena['id']}/seatmap")
    ids = [seat["id"] for section in layout["sections"] for row in section["rows"] for seat in row["seats"]]
    assert ids == [seat["id"] for seat in seats["seats"]]
    assert layout["seatsTotal"] == len(ids) == arena["seatsTotal"]


def test_the_body_is_small(server, arena):
    """15,000 seats are at most 6 KB, compressed or not, and far less when most are free."""
    path = f"/dates/{arena['id']}/seats/status"
    plain = server.call("GET", path, headers={"Accept-Encoding": "identity"})
    assert int(plain.headers["Content-Length"]) <= 6 * 1024 and "Content-Encoding" not in plain.headers
    with server.http.stream("GET", "/api/v1" + path, headers={"Accept-Encoding": "gzip"}) as response:
        body = b"".join(response.iter_raw())
        assert response.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert len(body) <= 1024
    assert json.loads(gzip.decompress(body)) == plain.json()


@pytest.mark.parametrize("path", ["seats/status", "seatmap"])
def test_an_unchanged_map_is_304(server, staff, path):
    """With the ETag of the last answer there is no body until a seat changes; then there is a new ETag."""
    date = server.date(staff)["id"]
    fan = server.fan()
    server.enter(fan, date)
    url = f"/dates/{date}/{path}"
    first = server.call("GET", url)
    again = server.call("GET", url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert server.hold(fan, date, 1).status_code == 201
    after = server.call("GET", url, headers={"If-None-Match": first.headers["ETag"]})
    if path == "seatmap":
        assert after.status_code == 304
    else:
        assert after.status_code == 200 and after.headers["ETag"] != first.headers["ETag"]
        assert after.json()["version"] > first.json()["version"]


@pytest.mark.parametrize("form", ["W/{0}", '"other", {0}', "{0}, W/\"x\"", "*"])
def test_an_etag_comes_in_many_forms(server, staff, form):
    """RFC 9110: If-None-Match may be weak, a list, or a star."""
    url = f"/dates/{server.date(staff)['id']}/seats/status"
    etag = server.call("GET", url).headers["ETag"]
    assert server.call("GET", url, headers={"If-None-Match": form.format(etag)}).status_code == 304


@pytest.mark.parametrize("path", ["seats/status", "seatmap"])
def test_compressed_and_plain_states_have_tags_of_their_own(server, staff, path):
    """A strong ETag names bytes: those of gzip are others. Either one, weak or strong, gets 304 while nothing changed."""
    url = f"/dates/{server.date(staff)['id']}/{path}"
    forms = {coding: server.call("GET", url, headers={"Accept-Encoding": coding}) for coding in ("gzip", "identity")}
    tags = {coding: response.headers["ETag"] for coding, response in forms.items()}
    assert tags["gzip"] != tags["identity"]
    assert all(response.headers["Vary"] == "Accept-Encoding" for response in forms.values())
    for coding in forms:
        for tag in [*tags.values(), *(f"W/{tag}" for tag in tags.values())]:
            response = server.call("GET", url, headers={"Accept-Encoding": coding, "If-None-Match": tag})
            assert (response.status_code, response.headers["Vary"]) == (304, "Accept-Encoding")
            assert response.headers["ETag"] in tag


@pytest.mark.parametrize("header, coding", [
    ("gzip;q=0", None), ("*, gzip; q=0.0", None), ("identity", None), ("br;q=1, gzip;q=0.2", "gzip"), ("*", "gzip"),
])
def test_compression_is_as_the_client_says(server, staff, header, coding):
    """A quality of 0 is a no (RFC 9110)."""
    url = f"/dates/{server.date(staff)['id']}/seats/status"
    response = server.call("GET", url, headers={"Accept-Encoding": header})
    assert response.headers.get("Content-Encoding") == coding and response.json()["states"]


def test_a_pinned_layout_may_be_kept_for_ever(server, arena):
    """With its version in the address a layout is immutable; without, for a minute."""
    url = f"/dates/{arena['id']}/seatmap"
    pinned = server.call("GET", url, params={"v": arena["layoutVersion"]})
    assert "immutable" in pinned.headers["Cache-Control"]
    assert pinned.json()["layoutVersion"] == arena["layoutVersion"]
    for params in ({}, {"v": "other"}):
        assert re.search(r"max-age=60\b", server.call("GET", url, params=params).headers["Cache-Control"])


def test_seats_can_be_chosen_by_section_and_state(server, arena):
    """`section` and `status` leave out the other seats."""
    url = f"/dates/{arena['id']}/seats"
    some = server.ok("GET", url, params={"section": "F1", "status": "AVAILABLE"})["seats"]
    assert some and {(seat["section"], seat["status"]) for seat in some} == {("F1", "AVAILABLE")}
    assert server.ok("GET", url, params={"section": "F"})["seats"] == []
    assert server.ok("GET", url, params={"status": "BLOCKED"})["seats"] == []


def test_a_date_counts_its_free_seats(server, staff):
    """seatsAvailable follows holds, releases, purchases and refunds."""
    date = server.date(staff, rows=2, seats_per_row=5)["id"]
    fan = server.fan(points=10_000)
    server.enter(fan, date)

    def available():
        return server.ok("GET", f"/dates/{date}")["seatsAvailable"]

    assert available() == 10
    held = server.hold(fan, date, 3).json()
    assert available() == 7
    server.ok("DELETE", f"/reservations/{held['id']}", by=fan)
    assert available() == 10
    payment = server.buy(fan, date, 4)
    assert available() == 6
    body = {"ticketIds": payment["tickets"][:1]}
    server.ok("POST", f"/payments/{payment['id']}/refunds", body, by=fan, key=True)
    assert available() == 7
    sales = server.ok("GET", f"/admin/dates/{date}/sales", by=staff)
    assert [(g["available"], g["held"], g["sold"], g["total"]) for g in sales["grades"]] == [(7, 0, 3, 10)]


def test_the_best_seats_are_adjacent_and_near(server, staff):
    """Best available seats lie side by side in the middle of the first row that has enough of them together."""
    date = server.date(staff, rows=3, seats_per_row=10)["id"]
    fan = server.fan()
    server.enter(fan, date)
    for row in ("1", "2", "3"):
        seats = server.hold(fan, date, 4).json()["seats"]
        numbers = sorted(int(seat["number"]) for seat in seats)
        assert {seat["row"] for seat in seats} == {row}
        assert numbers == [4, 5, 6, 7]

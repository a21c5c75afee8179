"""The seat map and the list of the same seats: that they are true, and stay so."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from buying import as_list, choose_seats, date_with_seats, seat_button, seat_point, seat_state, take_best
from conftest import LOOKS
from jari import wait_until

SHOWN = {"AVAILABLE": 0, "PENDING": 1, "CONFIRMED": 1, "PAID": 2, "BLOCKED": 3}


@pytest.fixture(scope="module")
def staff(shop):
    return shop.staff()


@pytest.fixture(scope="module")
def theatre(shop):
    """A demo date: eight sections in four grades."""
    concerts = shop.ok("GET", "/concerts")["items"]
    dates = [date for concert in concerts for date in shop.ok("GET", f"/concerts/{concert['id']}/dates")["items"]]
    return next(date["id"] for date in dates if date["seatsTotal"] == 1212)


def states_on_map(page) -> list[int]:
    return page.evaluate("Array.from(document.querySelector('.seat-map canvas').seatMap.states.states)")


def states_of_server(server, date: str) -> list[int]:
    return [SHOWN[seat["status"]] for seat in server.ok("GET", f"/dates/{date}/seats")["seats"]]


def test_the_map_is_what_the_server_says(shop, visit, theatre):
    """After purchases and holds by others, before and while one looks, every seat is shown as it is."""
    rival = shop.fan(points=1_000_000)
    shop.buy(rival, theatre, 2)
    page = visit(shop, language="en", fan=shop.fan())
    choose_seats(page, theatre)
    assert states_on_map(page) == states_of_server(shop, theatre)
    assert shop.hold(rival, theatre, shop.seats(theatre)[500:502]).status_code == 201
    now = states_of_server(shop, theatre)
    assert now.count(1) >= 2 and now.count(2) >= 2
    wait_until(lambda: states_on_map(page) == now, seconds=15, what="the same on the map")


def test_without_a_stream_the_map_is_asked_for(shop, staff, visit):
    """Proxies may swallow streams: then the states are fetched every few seconds."""
    date = date_with_seats(shop, staff)
    page = visit(shop, language="en", fan=shop.fan())
    page.route("**/events*", lambda route: route.abort())
    choose_seats(page, date)
    rival = shop.fan()
    shop.enter(rival, date)
    seats = [seat["id"] for seat in shop.ok("GET", f"/dates/{date}/seats")["seats"]]
    assert shop.hold(rival, date, [seats[10]]).status_code == 201
    wait_until(lambda: seat_state(page, 10) == 1, seconds=20, what="the seat on the map")


def test_events_that_were_missed_are_made_up_for(shop, staff, visit):
    """An event that follows on one that never came has the page fetch all states."""
    date = date_with_seats(shop, staff)
    page = visit(shop, language="en", fan=shop.fan())

    def from_far_ahead(route):
        # The stream ends after it, and the next one resumes from that version, so that no event tells of the seat.
        ahead = {"previous": 99_999_999_998, "version": 99_999_999_999, "changes": []}
        route.fulfill(content_type="text/event-stream", body=f"event: seats\nid: 99999999999\ndata: {json.dumps(ahead)}\n\n")

    page.route("**/events*", from_far_ahead, times=1)
    rival = shop.fan()
    shop.enter(rival, date)
    seats = [seat["id"] for seat in shop.ok("GET", f"/dates/{date}/seats")["seats"]]
    choose_seats(page, date)
    assert shop.hold(rival, date, [seats[3]]).status_code == 201
    wait_until(lambda: seat_state(page, 3) == 1, seconds=20, what="the seat on the map")


def test_a_tap_comes_nearer_before_it_takes(shop, visit, theatre):
    """On a phone, seats too small for a finger are shown larger first; then a tap takes one, and another lets it go."""
    page = visit(shop, language="en", size="phone", fan=shop.fan())
    choose_seats(page, theatre)
    box = page.locator(".seat-map canvas").bounding_box()
    where = page.evaluate(
        """() => { const { camera, layout } = document.querySelector('.seat-map canvas').seatMap;
        return camera.toScreen(...layout.sections[5].middle); }""")
    page.touchscreen.tap(box["x"] + where[0], box["y"] + where[1])
    wait_until(
        lambda: page.evaluate("document.querySelector('.seat-map canvas').seatMap.camera.scale") > 8, what="a nearer map")
    expect(page.locator(".chosen")).to_be_hidden()
    free = next(seat for seat, state in enumerate(states_on_map(page)) if state == 0 and seat > 800)
    page.touchscreen.tap(*seat_point(page, free))
    expect(page.get_by_role("button", name="Hold 1 seat and pay")).to_be_visible()
    page.touchscreen.tap(*seat_point(page, free))
    expect(page.locator(".chosen")).to_be_hidden()


def test_map_and_list_are_one_choice(shop, staff, visit):
    """What is chosen in one is chosen in the other; a grade can be seen alone in both."""
    date = date_with_seats(shop, staff)
    page = visit(shop, language="en", fan=shop.fan())
    choose_seats(page, date)
    page.mouse.click(*seat_point(page, 9))
    as_list(page)
    button = seat_button(page, 2, 2)
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("document.querySelector('.seat-map canvas').seatMap.chosen.size") == 0


def test_a_grade_alone(shop, visit, theatre):
    page = visit(shop, language="en", fan=shop.fan())
    choose_seats(page, theatre)
    page.get_by_role("button", name="List", exact=True).click()
    expect(page.locator("details.seat-section:visible")).to_have_count(8)
    page.get_by_role("button", name=re.compile("^A ₩66,000")).click()
    expect(page.locator("details.seat-section:visible")).to_have_count(1)
    expect(page.get_by_label("Grade", exact=True)).to_have_value("3")


def test_more_than_one_may_have(shop, staff, visit):
    """The limit is said before the server has to refuse."""
    date = date_with_seats(shop, staff, seatsPerFanMax=2)
    page = visit(shop, language="en", fan=shop.fan())
    choose_seats(page, date)
    expect(page.get_by_role("button", name="One more")).to_be_disabled()
    as_list(page)
    for number in (1, 2, 3):
        seat_button(page, 1, number).click()
    expect(page.get_by_text("One person can have 2 seats.")).to_be_visible()
    expect(seat_button(page, 1, 3)).to_have_attribute("aria-pressed", "false")


def test_no_seats_side_by_side(shop, staff, visit):
    """Every other seat is sold: two side by side are not to be had, and the page says what to do."""
    date = date_with_seats(shop, staff, rows=2, seats_per_row=5)
    rival = shop.fan()
    shop.enter(rival, date)
    seats = [seat["id"] for seat in shop.ok("GET", f"/dates/{date}/seats")["seats"]]
    assert shop.hold(rival, date, seats[1::2]).status_code == 201
    page = visit(shop, language="en", fan=shop.fan())
    choose_seats(page, date)
    page.get_by_role("button", name=re.compile("^Take 2 seats")).click()
    expect(page.get_by_text("R has no 2 seats side by side any more.")).to_be_visible()
    page.get_by_role("button", name="One fewer").click()
    page.get_by_role("button", name=re.compile("^Take 1 seat ")).click()
    page.wait_for_url("**/reservations/*")


def test_who_stayed_too_long_waits_again_and_finds_the_choice(shop, staff, visit):
    date = date_with_seats(shop, staff)
    page = visit(shop, language="en", fan=shop.fan())
    choose_seats(page, date)
    as_list(page)
    seat_button(page, 4, 4).click()
    refusal = {"type": "urn:jari:problem:notAdmitted", "title": "", "status": 403, "detail": "", "code": "notAdmitted"}
    page.route("**/api/v1/reservations", lambda route: route.fulfill(
        status=403, content_type="application/problem+json", body=json.dumps(refusal)), times=1)
    page.get_by_role("button", name="Hold 1 seat and pay").click()
    expect(page.get_by_text("Your time to choose is over.")).to_be_visible()
    page.get_by_role("button", name="Hold 1 seat and pay").click()
    page.wait_for_url("**/reservations/*")


def test_held_seats_lead_to_their_payment(shop, staff, visit):
    """Who comes back to the map while holding seats is led to pay them, and cannot take them twice."""
    date = date_with_seats(shop, staff)
    fan = shop.fan()
    shop.enter(fan, date)
    assert shop.hold(fan, date, 2).status_code == 201
    page = visit(shop, language="en", fan=fan)
    choose_seats(page, date)
    expect(page.get_by_text("You hold 2 seats for this date.")).to_be_visible()
    page.get_by_role("link", name="Go on to pay").click()
    page.wait_for_url("**/reservations/*")


@pytest.mark.parametrize("language,theme,size", LOOKS)
def test_looks(shop, staff, visit, axe, shoot, theatre, language, theme, size):
    """Every page of buying, in every look: nothing that axe finds, and a picture of each."""
    fan = shop.fan(points=200_000)
    page = visit(shop, language=language, theme=theme, size=size, fan=fan)

    def look(name: str, wait_for: str):
        page.locator(wait_for).first.wait_for()
        axe(page)
        shoot(page, name)

    choose_seats(page, theatre)
    look("seats-map", ".best")
    for ordinal in [seat for seat, state in enumerate(states_on_map(page)) if state == 0 and seat > 40][:2]:
        page.mouse.click(*seat_point(page, ordinal))
    look("seats-near", ".chosen-list li")
    as_list(page)
    look("seats-list", ".seat-button")
    page.locator(".chosen .button-primary").click()
    page.wait_for_url("**/reservations/*")
    look("reservation", ".payment-method")
    page.locator("input[value=POINTS]").check()
    look("reservation-points", ".payment-method")
    reservation = page.url.rsplit("/", 1)[1]
    shop.ok("POST", "/users/points", {"amount": 1_000_000}, by=fan, key=True)
    assert shop.pay(fan, reservation).status_code == 201
    page.goto(f"/reservations/{reservation}?paid=1")
    look("done", ".ticket img")
    page.locator(".button-quiet").last.click()
    look("refund", "dialog[open]")
    page.keyboard.press("Escape")
    page.locator(".ticket-open").first.click()
    look("ticket", ".ticket-large img")
    page.goto("/checkout/fail?code=PAY_PROCESS_CANCELED&message=x&orderId=00000000-0000-7000-8000-000000000000")
    look("checkout-fail", ".state")


def test_the_pictures_of_the_readme(fresh_shop, visit, shoot):
    """docs/screenshots has what this writes: a sale that runs, on a desk and on a phone."""
    server = fresh_shop(JARI_DEMO="true")
    concerts = server.ok("GET", "/concerts", language="en")["items"]
    concert = next(concert for concert in concerts if "Winter" in concert["title"])
    date = server.ok("GET", f"/concerts/{concert['id']}/dates")["items"][0]["id"]
    seats = server.ok("GET", f"/dates/{date}/seats")["seats"]
    # Others were here before: pairs and fours in some order that looks like none.
    wanted = [ordinal for ordinal in range(0, len(seats) - 4, 4) if (ordinal * 7919) % 11 < 5]
    for rival, first in zip(server.fans(len(wanted), points=1_000_000), wanted):
        count = 2 + first % 3
        server.enter(rival, date)
        held = server.hold(rival, date, [seat["id"] for seat in seats[first:first + count]])
        if held.status_code == 201 and first % 5:
            server.pay(rival, held.json()["id"])
    fan = server.fan(points=400_000)
    page = visit(server, language="en", fan=fan)
    choose_seats(page, date)
    page.evaluate(
        """() => { const { camera, layout } = document.querySelector('.seat-map canvas').seatMap;
        camera.showPoint(0, 24, 0); camera.zoomBy(15 / camera.scale); }""")
    states = states_on_map(page)
    for ordinal in [seat for seat in range(128, 288) if states[seat] == 0 and states[seat + 1] == 0][:1]:
        for one in (ordinal, ordinal + 1):
            page.mouse.click(*seat_point(page, one))
    page.evaluate(
        """() => { const { camera } = document.querySelector('.seat-map canvas').seatMap;
        camera.showPoint(0, 24, 0); camera.zoomBy(15 / camera.scale); }""")
    page.mouse.move(5, 5)
    page.wait_for_timeout(500)
    shoot(page, "readme-seats", full_page=False)
    phone = visit(server, language="en", size="phone", fan=fan)
    choose_seats(phone, date)
    take_best(phone)
    phone.get_by_role("button", name=re.compile("with points$")).wait_for()
    shoot(phone, "readme-pay", full_page=False)


def camera(page) -> dict:
    return page.evaluate(
        """() => { const { x, y, scale, isMoving } = document.querySelector('.seat-map canvas').seatMap.camera;
        return { x, y, scale, isMoving }; }""")


def test_fingers_mouse_and_keys_move_the_map(shop, visit, theatre):
    """Two fingers apart make it larger around the place between them; wheel, keys and buttons do as well."""
    page = visit(shop, language="en", size="phone", fan=shop.fan())
    choose_seats(page, theatre)
    box = page.locator(".seat-map canvas").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]):
        fingers.send("Input.dispatchTouchEvent", {
            "type": kind, "touchPoints": [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]})

    before = camera(page)
    touch("touchStart", (middle[0] - 30, middle[1]), (middle[0] + 30, middle[1]))
    for apart in range(30, 121, 10):
        touch("touchMove", (middle[0] - apart, middle[1]), (middle[0] + apart, middle[1]))
    touch("touchEnd")
    wait_until(lambda: camera(page)["scale"] > before["scale"] * 3, what="a larger map")
    after = camera(page)
    assert after["scale"] < before["scale"] * 5
    assert abs(after["x"] - before["x"]) < 6 and abs(after["y"] - before["y"]) < 6

    touch("touchStart", middle)
    for step in range(1, 9):
        touch("touchMove", (middle[0] - 10 * step, middle[1]))
    touch("touchEnd")
    wait_until(lambda: camera(page)["x"] > after["x"] + 2, what="a map that was dragged")
    expect(page.locator(".chosen")).to_be_hidden()

    desk = visit(shop, language="en", fan=shop.fan())
    choose_seats(desk, theatre)
    small = camera(desk)["scale"]
    place = desk.locator(".seat-map canvas").bounding_box()
    desk.mouse.move(place["x"] + 200, place["y"] + 200)
    desk.mouse.wheel(0, -300)
    wait_until(lambda: camera(desk)["scale"] > small * 1.5, what="a larger map by the wheel")
    desk.get_by_role("button", name="Show all").click()
    wait_until(lambda: camera(desk)["scale"] == pytest.approx(small), what="the whole map")
    desk.locator(".seat-map canvas").focus()
    desk.keyboard.press("+")
    wait_until(lambda: camera(desk)["scale"] > small * 1.5, what="a larger map by a key")
    desk.keyboard.press("0")
    wait_until(lambda: camera(desk)["scale"] == pytest.approx(small), what="the whole map by a key")

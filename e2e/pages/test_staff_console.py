"""The staff console, as staff use it: a concert from nothing to sold seats, the door, refunds, and who may not."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from conftest import LOOKS
from jari import PASSWORD, new_key
from staff import admin, console, sale, staff  # noqa: F401 - fixtures


# A concert from nothing


def test_staff_make_a_concert_with_a_layout_and_it_sells(visit, shop, staff):
    """Log in, concert, date, layout with an aisle and seats kept back, publish; then a fan buys two of the seats."""
    page = visit(shop, language="en")
    page.goto("/staff/concerts/new")
    page.get_by_label("Email").fill(staff.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    # What they came for opens behind the login.
    page.get_by_label("Title (Korean)").fill("콘솔에서 만든 공연")
    page.get_by_label("Title", exact=True).fill("Made in the console")
    page.get_by_label("Venue", exact=True).fill("Small hall")
    page.get_by_role("button", name="Create concert").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Made in the console")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Draft")

    page.get_by_role("button", name="Add a date").click()
    page.get_by_label("Sale opens").fill("2020-01-01T20:00")
    page.get_by_role("button", name="Create and lay out seats").click()
    expect(page.get_by_role("button", name="Save layout")).to_be_visible()
    page.get_by_label("Rows", exact=True).fill("4")
    page.get_by_label("Seats per row").fill("10")
    page.get_by_label("Aisles").fill("5")
    page.get_by_label("Seats kept back", exact=True).fill("1:1-3")
    page.locator(".section-item").nth(1).click()
    page.get_by_role("button", name="Delete section").click()
    expect(page.locator(".layout-head [role=status]")).to_have_text("40 seats in 1 section")
    page.get_by_role("button", name="Grades and prices").click()
    page.locator("#grade-0-price").fill("77000")
    page.get_by_role("button", name="Save layout").click()
    expect(page.locator(".toast")).to_contain_text("40 seats saved")

    date = re.search(r"/staff/dates/([^/]+)/", page.url)[1]
    page.get_by_role("link", name="Made in the console").click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Published")

    assert len(shop.seats(date, "BLOCKED")) == 3
    fan = shop.fan(points=200_000)
    assert len(shop.buy(fan, date, 2)["tickets"]) == 2
    assert shop.balance(fan) == 200_000 - 2 * 77_000
    page.goto(f"/staff/dates/{date}")
    tiles = page.locator(".tiles").first
    expect(tiles).to_contain_text("₩154,000")
    expect(page.locator(".grade-row").first).to_contain_text("₩154,000")
    expect(tiles).to_contain_text("and 3 kept back")


# While it sells


def test_seats_are_kept_back_while_the_sale_runs(console, shop, staff):
    """By lists alone, without a pointer: a fan's seat is refused, the others are kept back and sold again."""
    date = sale(shop, staff, rows=2, seats_per_row=4)["id"]
    page = console(f"/staff/dates/{date}/seats")
    expect(page.get_by_text("8 free · 0 held · 0 sold · 0 kept back")).to_be_visible()
    page.get_by_text("Choose from lists").click()
    page.get_by_label("First seat").fill("1")
    page.get_by_label("Last seat").fill("3")
    page.get_by_label("Last seat").press("Enter")
    page.get_by_label("Why (optional)").fill("Cameras")
    page.get_by_role("button", name="Keep back 3 seats").click()
    expect(page.get_by_text("5 free · 0 held · 0 sold · 3 kept back")).to_be_visible()
    # What happens elsewhere shows by itself.
    fan = shop.fan(points=10_000)
    shop.buy(fan, date, shop.seats(date)[:1])
    expect(page.get_by_text("4 free · 0 held · 1 sold · 3 kept back")).to_be_visible()
    page.get_by_label("First seat").fill("2")
    page.get_by_label("Last seat").fill("2")
    page.get_by_label("Last seat").press("Enter")
    page.get_by_role("button", name="Sell 1 seat again").click()
    expect(page.get_by_text("5 free · 0 held · 1 sold · 2 kept back")).to_be_visible()


def test_pausing_the_queue_stops_it_and_shows_so(console, shop, staff):
    """The same switch lets fans in again."""
    date = sale(shop, staff)["id"]
    page = console(f"/staff/dates/{date}")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="Letting nobody in")).to_be_visible()
    assert shop.ok("GET", f"/admin/dates/{date}/queue", by=staff)["paused"] is True
    page.get_by_role("button", name="Let fans in again").click()
    expect(page.get_by_role("heading", name="Letting fans in")).to_be_visible()
    assert shop.ok("GET", f"/admin/dates/{date}/queue", by=staff)["paused"] is False


def test_the_live_figures_follow_the_sale(console, shop, staff):
    """Sales, holds and refusals show within seconds, and an outage is said instead of old figures."""
    date = sale(shop, staff, rows=1, seats_per_row=6)["id"]
    page = console(f"/staff/dates/{date}")
    tiles = page.locator(".tiles").first
    expect(tiles).to_contain_text("₩0")
    fan = shop.fan(points=10_000)
    shop.buy(fan, date, 3)
    taken = shop.seats(date, "PAID")
    assert shop.hold(fan, date, taken[:1]).status_code == 409
    shop.hold(fan, date, 1)
    expect(tiles).to_contain_text("₩3,000")
    expect(tiles).to_contain_text("50% of 6")
    expect(page.get_by_text("Another fan was first")).to_be_visible()
    expect(page.locator(".chart-bar--now").first).to_be_attached()
    page.context.set_offline(True)
    expect(page.get_by_text("No news are coming in.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("As of")).to_be_visible(timeout=40_000)


# Fans on the phone, and at the door


def test_a_booking_is_found_by_email_and_refunded(console, shop, staff):
    """One ticket of two, with the reason; the other stays good, and the email stands in no address."""
    date = sale(shop, staff)["id"]
    fan = shop.fan(points=10_000)
    shop.buy(fan, date, 2)
    page = console("/staff/reservations")
    page.get_by_label("Find a booking").fill(fan.email)
    page.get_by_label("Find a booking").press("Enter")
    expect(page.locator(".staff-row")).to_have_count(1)
    assert "@" not in page.url and "%40" not in page.url
    page.locator(".staff-row-title").click()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Refund").click()
    expect(page.get_by_role("alert").first).to_contain_text("Say why you refund.")
    page.get_by_label("Why").fill("Fell ill")
    page.get_by_role("button", name="Refund").click()
    page.get_by_role("dialog").get_by_role("button", name="Refund").click()
    expect(page.locator(".toast")).to_contain_text("Refunded")
    expect(page.locator(".ticket-row").filter(has_text="Refunded")).to_have_count(1)
    expect(page.locator(".ticket-row").filter(has_text="Not used")).to_have_count(1)
    assert shop.balance(fan) == 9_000
    page.goto("/staff/audit-log")
    expect(page.locator("tbody tr").first).to_contain_text("Fell ill")


def test_a_ticket_opens_the_door_once(console, shop, staff):
    """The second scan says when and where the first was; a code that nobody has is a no as well."""
    date = sale(shop, staff)["id"]
    fan = shop.fan(points=10_000)
    ticket = shop.ok("GET", f"/tickets/{shop.buy(fan, date, 1)['tickets'][0]}", by=fan)
    page = console("/staff/checkin")
    page.get_by_label("Name of this gate").fill("Gate 3")
    code, door = page.get_by_label("Ticket code"), page.locator(".door")
    code.fill(ticket["shortCode"])
    code.press("Enter")
    expect(door).to_have_attribute("data-kind", "yes")
    expect(door).to_contain_text("row 1, seat")
    expect(code).to_have_value("")
    code.fill(ticket["code"])
    code.press("Enter")
    expect(door).to_have_attribute("data-kind", "no")
    expect(door).to_contain_text("Gate 3")
    code.fill("01M8410APRE0097H4XY692ESJR9Y71VFN9EH9J0")
    code.press("Enter")
    expect(door).to_contain_text("No such ticket")
    expect(page.locator(".door-recent")).to_have_count(3)
    # A door that knows its date turns away the tickets of others, and does not use them up.
    other = sale(shop, staff)
    tomorrow = shop.buy(fan, other["id"], 1)["tickets"][0]
    page.get_by_label("Concert").select_option(shop.ok("GET", f"/dates/{date}")["concertId"])
    page.get_by_label("Date", exact=True).select_option(date)
    code.fill(shop.ok("GET", f"/tickets/{tomorrow}", by=fan)["shortCode"])
    code.press("Enter")
    expect(door).to_contain_text("Ticket of another date")
    assert shop.ok("GET", f"/tickets/{tomorrow}", by=fan)["status"] == "VALID"
    # The name of the gate is this door's, also tomorrow.
    page.reload()
    expect(page.get_by_label("Name of this gate")).to_have_value("Gate 3")


CAMERA = """
  window.BarcodeDetector = class { async detect() { return window.seen ? [{ rawValue: window.seen }] : []; } };
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    setInterval(() => context.fillRect(0, 0, Math.random() * 90, 90), 100);
    return canvas.captureStream(10);
  };
"""


def test_the_camera_reads_each_ticket_once(console, shop, staff):
    """However long a ticket is held before it. Browsers without a reader of codes have no such button."""
    date = sale(shop, staff)["id"]
    fan = shop.fan(points=10_000)
    first, second = (
        shop.ok("GET", f"/tickets/{ticket}", by=fan)["code"] for ticket in shop.buy(fan, date, 2)["tickets"])
    page = console("/staff/checkin")
    expect(page.get_by_role("button", name="Scan with the camera")).to_have_count(0)
    page.add_init_script(CAMERA)
    page.reload()
    page.get_by_role("button", name="Scan with the camera").click()
    scanned = page.locator(".door-recent")
    for code in (first, second):
        page.evaluate("(code) => { window.seen = code; }", code)
        expect(scanned.first).to_have_attribute("data-kind", "yes")
        expect(page.locator(".door")).to_contain_text("Welcome in")
        expect(scanned).to_have_count(1 if code == first else 2)
    # Still before the camera: it was read by now several times more.
    page.evaluate("() => new Promise((done) => { let frames = 90; const step = () => (frames -= 1) ? requestAnimationFrame(step) : done(); step(); })")
    expect(scanned).to_have_count(2)
    page.get_by_role("button", name="Camera off").click()
    expect(page.locator("video")).not_to_be_visible()


def test_a_webhook_shows_its_secret_once(console):
    """After leaving the page it is gone for good."""
    page = console("/staff/webhooks")
    page.get_by_role("button", name="New webhook").click()
    page.get_by_label("Address").fill("https://hooks.example.com/jari")
    page.get_by_label("Description").fill("Accounting")
    page.get_by_role("button", name="Create webhook").click()
    secret = page.locator("#secret")
    assert secret.input_value().startswith("whsec_")
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator(".delivery").first).to_contain_text("webhook.test")
    page.reload()
    expect(page.get_by_role("heading", name="Accounting")).to_be_visible()
    expect(secret).not_to_be_attached()


# Who may not


def test_a_fan_sees_no_console(visit, shop):
    """A fan is told so, whatever the address, and nothing of the console is there."""
    page = visit(shop, fan=shop.fan(), language="en")
    for path in ("/staff", "/staff/reservations", "/staff/audit-log"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text("This is not a staff account")
        expect(page.locator(".staff-nav")).not_to_be_visible()
    page.get_by_role("button", name="Use another account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Staff login")


def test_a_stranger_is_asked_to_log_in(visit, shop):
    """And learns nothing from a wrong password but that it was wrong."""
    page = visit(shop, language="en")
    page.goto("/staff/audit-log")
    page.get_by_label("Email").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")


# How it looks


@pytest.fixture(scope="module")
def lively(shop, staff):
    """A sale with everything that pages show."""
    date = shop.date(staff, rows=12, seats_per_row=16, price=88_000)
    for _ in range(6):
        fan = shop.fan(points=1_000_000)
        paid = shop.buy(fan, date["id"], 3)
        shop.hold(fan, date["id"], 2)
    path = f"/admin/dates/{date['id']}/seats/block"
    shop.ok("POST", path, {"seatIds": shop.seats(date["id"])[-9:], "reason": "Cameras"}, by=staff, key=new_key())
    webhook = shop.ok("POST", "/admin/webhooks", {"url": "https://hooks.example.com/jari"}, by=staff, key=True)
    here = f"/staff/dates/{date['id']}"
    return {
        "login": None, "concerts": "/staff/concerts", "new-concert": "/staff/concerts/new",
        "concert": f"/staff/concerts/{date['concertId']}", "sale": here, "layout": f"{here}/layout",
        "seats": f"{here}/seats", "queue": f"{here}/queue", "times": f"{here}/times", "bookings": "/staff/reservations",
        "booking": f"/staff/reservations/{paid['reservationId']}", "door": "/staff/checkin", "webhooks": "/staff/webhooks",
        "webhook": f"/staff/webhooks/{webhook['id']}", "audit-log": "/staff/audit-log",
    }


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(look))
def test_every_page_is_open_to_all_and_was_looked_at(visit, shop, staff, lively, axe, shoot, look):
    """axe finds nothing, nothing is wider than the screen, and a picture of each is written."""
    language, theme, size = look
    page = visit(shop, fan=staff, language=language, theme=theme, size=size)
    for name, path in lively.items():
        if not path:
            continue
        page.goto(path)
        expect(page.locator("main h1")).to_be_visible()
        expect(page.locator("main .skeleton")).to_have_count(0)
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        axe(page)
        shoot(page, f"staff-{name}")
    stranger = visit(shop, language=language, theme=theme, size=size)
    stranger.goto("/staff")
    expect(stranger.get_by_label("이메일" if language == "ko" else "Email")).to_be_visible()
    axe(stranger)
    shoot(stranger, "staff-login")

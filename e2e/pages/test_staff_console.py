"""The staff console, as staff use it: a concert from nothing to sold seats, the door, refunds, and who may not."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from conftest import LOOKS
from jari import PASSWORD, in_seconds, new_key


@pytest.fixture(scope="module")
def admin(shop):
    return shop.admin()


@pytest.fixture(scope="module")
def staff(shop, admin):
    return shop.staff(admin)


@pytest.fixture
def console(visit, shop, staff):
    """A tab of a member of staff, in English unless said otherwise."""

    def open_page(path: str = "/staff", **look):
        page = visit(shop, fan=staff, **({"language": "en"} | look))
        page.goto(path)
        expect(page.locator("main h1")).to_be_visible()
        return page

    return open_page


def sale(shop, staff, **options) -> dict:
    """A date of one section that is on sale."""
    return shop.date(staff, **options)


def canvas_point(page, x: float, y: float) -> tuple[float, float]:
    """A place on the canvas, by parts of its width and height."""
    box = page.locator(".seat-canvas canvas").bounding_box()
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


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


# The layout editor


@pytest.fixture
def editor(console, shop, staff):
    """The editor on a new date without a layout, which begins with the small one."""
    concert = shop.concert(staff)["id"]
    times = {"startsAt": in_seconds(7200), "saleOpensAt": in_seconds(-60), "saleClosesAt": in_seconds(3600)}
    date = shop.ok("POST", f"/admin/concerts/{concert}/dates", times, by=staff, key=True)["id"]
    page = console(f"/staff/dates/{date}/layout")
    expect(page.locator(".section-item")).to_have_count(2)
    page.date = date
    return page


def saved(page, shop, staff) -> dict:
    with page.expect_response(lambda answer: answer.request.method == "PUT") as answer:
        page.get_by_role("button", name="Save layout").click()
    assert answer.value.ok, answer.value.text()
    return shop.ok("GET", f"/admin/dates/{page.date}/layout", by=staff)


def test_dragging_moves_a_section_and_undo_takes_it_back(editor, shop, staff):
    """The fields follow the pointer; one drag is one step back."""
    distance = editor.get_by_label("Distance from the stage")
    before = distance.input_value()
    # Beside the aisle, which is no seat to drag by.
    editor.mouse.move(*canvas_point(editor, 0.4, 0.55))
    editor.mouse.down()
    editor.mouse.move(*canvas_point(editor, 0.45, 0.7), steps=8)
    editor.mouse.up()
    expect(distance).not_to_have_value(before)
    expect(editor.get_by_label("Shift to the right")).not_to_have_value("0")
    editor.get_by_role("button", name="Undo").click()
    expect(editor.get_by_label("Distance from the stage")).to_have_value(before)
    expect(editor.get_by_label("Shift to the right")).to_have_value("0")
    editor.get_by_role("button", name="Redo").click()
    expect(editor.get_by_label("Distance from the stage")).not_to_have_value(before)


def test_seats_are_kept_back_by_dragging_around_them(editor, shop, staff):
    """And given to the sale again by doing it once more."""
    editor.get_by_role("button", name="Keep back").click()

    def drag():
        editor.mouse.move(*canvas_point(editor, 0.02, 0.02))
        editor.mouse.down()
        editor.mouse.move(*canvas_point(editor, 0.98, 0.98), steps=4)
        editor.mouse.up()

    drag()
    layout = saved(editor, shop, staff)
    assert [len(section["blocked"]) for section in layout["sections"]] == [10, 8]
    assert len(shop.seats(editor.date, "BLOCKED")) == 464
    drag()
    layout = saved(editor, shop, staff)
    assert all("blocked" not in section for section in layout["sections"])


def test_what_is_wrong_is_said_with_a_way_to_it(editor):
    """Before anything is sent: the problem names the section, and pressing it goes to the field."""
    editor.get_by_label("Name of the section").fill("B")
    problem = editor.get_by_role("button", name="There are two sections “B”")
    problem.click()
    expect(editor.get_by_label("Name of the section")).to_be_focused()
    editor.get_by_role("button", name="Save layout").click()
    expect(editor.get_by_role("alert").first).to_contain_text("Mend what is listed below")
    editor.get_by_label("Name of the section").fill("C")
    expect(problem).not_to_be_visible()


def test_seats_on_one_another_are_pointed_out(editor):
    """Two sections in one place can be saved, and are hardly ever meant."""
    editor.locator(".section-item").nth(1).click()
    editor.get_by_label("Distance from the stage").fill("9")
    expect(editor.get_by_text("Seats of sections A and B lie on one another.")).to_be_visible()


def test_a_mirrored_section_stands_on_the_other_side(editor, shop, staff):
    """With its aisles and the seats kept back the other way round."""
    editor.get_by_label("Curved around the stage").check()
    editor.get_by_label("Angle").fill("-70")
    editor.get_by_label("Aisles").fill("4")
    editor.get_by_label("Seats kept back", exact=True).fill("1:1-2")
    editor.get_by_role("button", name="Mirror").click()
    expect(editor.get_by_label("Angle")).to_have_value("70")
    layout = saved(editor, shop, staff)
    mirrored = layout["sections"][-1]
    assert (mirrored["angle"], mirrored["aislesAfter"], mirrored["blocked"]) == (70, [20], [{"row": 1, "from": 23, "to": 24}])


def test_a_layout_goes_out_as_a_file_and_comes_in_again(editor, shop, staff, tmp_path):
    """The file is what the API takes; one that is something else is refused with the reason."""
    with editor.expect_download() as download:
        editor.get_by_role("button", name="Export").click()
    file = tmp_path / "layout.json"
    download.value.save_as(file)
    layout = json.loads(file.read_text())
    layout["sections"] = layout["sections"][:1]
    file.write_text(json.dumps(layout))

    def choose(path):
        with editor.expect_file_chooser() as chooser:
            editor.get_by_role("button", name="Import").click()
        chooser.value.set_files(path)

    choose(file)
    expect(editor.locator(".section-item")).to_have_count(1)
    assert saved(editor, shop, staff) == layout
    file.write_text('{"grades": [], "sections": [], "colour": "red"}')
    choose(file)
    expect(editor.get_by_role("alert").first).to_contain_text("colour")


def test_a_layout_is_copied_from_another_date(editor, shop, staff):
    """Chosen by concert and date; it can be undone."""
    other = shop.concert(staff, title="배치가 있는 공연")
    shop.date(staff, rows=3, seats_per_row=7, concert=other["id"])
    editor.get_by_role("button", name="Copy from a date").click()
    dialog = editor.get_by_role("dialog")
    dialog.get_by_label("Concert").select_option(other["id"])
    expect(dialog.get_by_label("Date")).to_contain_text("21 seats")
    dialog.get_by_role("button", name="Copy", exact=True).click()
    expect(editor.locator(".layout-head [role=status]")).to_have_text("21 seats in 1 section")


def test_the_editor_draws_what_will_be_sold(editor, shop, staff):
    """Its sums and the server's put every seat of the arena in the same place, by the same name."""
    editor.get_by_role("button", name="Start from").click()
    editor.get_by_role("dialog").get_by_role("button", name="Arena").click()
    saved(editor, shop, staff)
    drawn = editor.evaluate("""async (date) => {
        const here = (path) => import(new URL(path, document.querySelector('script[type=module]').src));
        const [api, geometry] = [await here('staffApi.js'), await here('../Catalog/LayoutGeometry.js')];
        const layout = await api.layout(date);
        const seats = geometry.seats(layout);
        return Array.from({ length: seats.count }, (_, i) => {
          const { row, number } = geometry.label(layout.sections[seats.section[i]], seats.row[i], seats.seat[i]);
          return [seats.x[i], seats.y[i], row, number];
        });
    }""", editor.date)
    sold = shop.ok("GET", f"/dates/{editor.date}/seats")["seats"]
    assert len(drawn) == len(sold) == 14_874
    for (x, y, row, number), seat in zip(drawn, sold):
        assert (row, number) == (seat["row"], seat["number"])
        assert abs(x - seat["x"]) < 0.011 and abs(y - seat["y"]) < 0.011, seat


def test_a_layout_that_sells_is_not_replaced(console, shop, staff):
    """The console says why, and where seats can be kept back all the same."""
    date = sale(shop, staff)
    shop.buy(shop.fan(points=10_000), date["id"], 1)
    page = console(f"/staff/dates/{date['id']}/layout")
    page.get_by_role("button", name="Save layout").click()
    page.get_by_role("link", name="Keep seats back").click()
    expect(page.locator(".seat-canvas")).to_be_visible()


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

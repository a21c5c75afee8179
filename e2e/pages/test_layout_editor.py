"""The layout editor: by pointer and by keyboard, in and out as a file, and what it draws is what will be sold."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from jari import in_seconds
from staff import admin, console, sale, staff  # noqa: F401 - fixtures


def canvas_point(page, x: float, y: float) -> tuple[float, float]:
    """A place on the canvas, by parts of its width and height."""
    box = page.locator(".seat-canvas canvas").bounding_box()
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


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

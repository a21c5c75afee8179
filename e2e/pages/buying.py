"""What fans do on the pages when they buy, in English."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from jari import wait_until

DECLINED = "4000000000000001"
UNKNOWN_THEN_PAID = "4000000000000014"
GOOD_CARD = "4242424242424242"
QUICK_MS = 30_000


def date_with_seats(server, staff, *, price: int = 50_000, rows: int = 6, seats_per_row: int = 8, **more) -> str:
    """A date of one section in one grade, that is on sale."""
    return server.date(staff, price=price, rows=rows, seats_per_row=seats_per_row, **more)["id"]


def choose_seats(page: Page, date: str):
    """Opens the date and waits for its seats."""
    page.goto(f"/dates/{date}")
    expect(page.get_by_role("application", name=re.compile("Seat map|좌석 배치도"))).to_be_visible(timeout=QUICK_MS)
    # The pages' policy forbids the browser to wait for an expression by itself.
    wait_until(
        lambda: page.evaluate("document.querySelector('.seat-map canvas').seatMap !== undefined"), what="the seat map")


def as_list(page: Page) -> Locator:
    """Shows the seats as a list, with the first section open."""
    page.get_by_role("button", name=re.compile("^(List|목록)$")).click()
    page.locator("details.seat-section summary").first.click()
    return page.locator(".seat-list")


def seat_button(page: Page, row: int, number: int) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"(row {row}, seat {number}|{row}열 {number}번),"))


def seat_point(page: Page, ordinal: int) -> tuple[float, float]:
    """Where a seat is on the window, brought near first."""
    return page.evaluate(
        """async (ordinal) => {
          const canvas = document.querySelector('.seat-map canvas');
          const map = canvas.seatMap;
          const { left, right, top, bottom } = map.camera.view;
          const { x: xs, y: ys } = map.layout;
          const isInSight = xs[ordinal] > left + 2 && xs[ordinal] < right - 2 && ys[ordinal] > top + 2 && ys[ordinal] < bottom - 2;
          if (map.camera.scale < 20 || !isInSight) map.showSeat(ordinal, 28);
          await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
          const [x, y] = map.camera.toScreen(map.layout.x[ordinal], map.layout.y[ordinal]);
          const box = canvas.getBoundingClientRect();
          return [x + box.left, y + box.top];
        }""", ordinal)


def seat_state(page: Page, ordinal: int) -> int:
    """What the map shows of a seat: 0 free, 1 held, 2 sold, 3 blocked."""
    return page.evaluate("(ordinal) => document.querySelector('.seat-map canvas').seatMap.states.of(ordinal)", ordinal)


def take_best(page: Page, count: int = 2):
    """One tap: the best so many side by side, held."""
    page.get_by_role("button", name=re.compile(rf"^Take {count} seats?|^{count}석 바로 잡기")).click()
    page.wait_for_url("**/reservations/*")


def pay_by_card(page: Page, card: str = GOOD_CARD):
    """Chooses the card, and pays on the gateway's page."""
    page.get_by_role("radio", name=re.compile("^Card")).check()
    page.get_by_role("button", name=re.compile("by card$")).click()
    page.wait_for_url("**/checkout?*")
    page.locator("[name=cardNumber]").first.fill(card)
    page.locator("button.pay").click()


def expect_tickets(page: Page, count: int):
    expect(page.get_by_role("heading", level=1)).to_have_text("You have your seats", timeout=QUICK_MS)
    expect(page.locator(".ticket")).to_have_count(count)
    expect(page.locator(".ticket img").first).to_be_visible()

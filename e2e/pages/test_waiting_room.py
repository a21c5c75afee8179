"""The wait before the seats: where a fan stands, and that nothing a browser does loses the place."""

from __future__ import annotations

import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from conftest import LOOKS
from playwright.sync_api import Page, expect

from jari import Server, in_seconds, wait_until

KEY = "5a" * 32
OTHERS = 1000


@pytest.fixture(scope="module")
def crowded():
    """A server whose logins we can sign ourselves, so that a thousand fans cost no thousand passwords."""
    with Server(JARI_ACCESS_KEYS=KEY) as running:
        yield running


@pytest.fixture(scope="module")
def staff(crowded):
    return crowded.staff()


def queue_others(server: Server, date: str, count: int):
    """So many fans of whom nobody heard before take a place, through the API."""
    header = jwt.get_unverified_header(server.admin().access)
    claims = jwt.decode(server.admin().access, options={"verify_signature": False})

    def join(_):
        user = claims | {"sub": str(uuid.uuid4()), "sid": str(uuid.uuid4()), "role": "FAN"}
        token = jwt.encode(user, bytes.fromhex(KEY), algorithm="HS256", headers={"kid": header["kid"]})
        answer = server.call("POST", "/queue/token", {"dateId": date}, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(join, range(count)))


def figure(page: Page):
    return page.locator(".waiting-figure")


def fact(page: Page, name: str) -> str:
    return page.locator(".waiting-facts div").filter(has=page.get_by_text(name, exact=True)).locator("dd").inner_text()


def expect_seats(page: Page):
    expect(page.get_by_role("application", name="좌석 배치도")).to_be_visible()


@pytest.fixture
def full(crowded, staff):
    """A date with a room for one, who is inside."""
    date = crowded.date(staff, maxActive=1)["id"]
    crowded.enter(crowded.fan(), date)
    return date


def test_behind_a_thousand_others_the_place_is_told_and_the_turn_comes(crowded, staff, visit):
    """The page says how many are ahead; when the door opens wide it becomes the seat map by itself."""
    full = crowded.date(staff, rows=40, seats_per_row=50, maxActive=1)["id"]
    crowded.enter(crowded.fan(), full)
    queue_others(crowded, full, OTHERS)
    page = visit(crowded, fan=crowded.fan(), size="phone")
    page.goto(f"/dates/{full}")
    expect(figure(page)).to_have_text(f"{OTHERS:,}명")
    own = int(fact(page, "내 번호").replace(",", ""))
    assert own > OTHERS
    expect(page).to_have_title(re.compile(f"앞에 {OTHERS:,}명"))
    settings = {"maxActive": 5000, "admitPerSecond": 2000, "activeSeconds": 600, "seatsPerFanMax": 4}
    crowded.ok("PUT", f"/admin/dates/{full}/queue", settings, by=staff)
    expect(page.get_by_role("application", name="좌석 배치도")).to_be_visible(timeout=60_000)


def test_reloading_closing_and_another_device_lose_nothing(crowded, full, visit):
    fan = crowded.fan()
    queue_others(crowded, full, 3)
    page = visit(crowded, fan=fan, size="phone")
    page.goto(f"/dates/{full}")
    expect(figure(page)).to_have_text("3명")
    number = fact(page, "내 번호")
    queue_others(crowded, full, 3)
    page.reload()
    expect(figure(page)).to_have_text("3명")
    assert fact(page, "내 번호") == number
    page.close()
    page = visit(crowded, fan=fan, size="desktop")
    page.goto(f"/dates/{full}")
    expect(figure(page)).to_have_text("3명")
    assert fact(page, "내 번호") == number
    # Not even when the browser forgets all it has stored.
    page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('jari.queue')).forEach((key) => localStorage.removeItem(key))")
    page.reload()
    expect(figure(page)).to_have_text("3명")
    assert fact(page, "내 번호") == number


def test_those_in_front_leave_and_the_count_falls_by_itself(crowded, full, visit):
    first = crowded.fan()
    crowded.ok("POST", "/queue/token", {"dateId": full}, by=first)
    page = visit(crowded, fan=crowded.fan())
    page.goto(f"/dates/{full}")
    expect(figure(page)).to_have_text("1명")
    place = crowded.ok("POST", "/queue/token", {"dateId": full}, by=first)
    crowded.ok("DELETE", "/queue/token", queue=place["token"], by=first)
    expect(figure(page)).to_have_text("내 차례")


def test_sold_out_is_said_to_those_who_wait(crowded, staff, visit):
    """The last seat is sold: who waits learns of it at once, and is offered what is left to do."""
    date = crowded.date(staff, rows=1, seats_per_row=2, maxActive=1)["id"]
    buyer = crowded.fan(points=10_000)
    crowded.enter(buyer, date)
    page = visit(crowded, fan=crowded.fan(), size="phone")
    page.goto(f"/dates/{date}")
    expect(figure(page)).to_be_visible()
    crowded.buy(buyer, date, 2)
    expect(page.get_by_role("heading", name="모든 좌석이 팔렸어요")).to_be_visible()
    page.get_by_role("button", name="좌석표 보기").click()
    expect_seats(page)


def test_a_pause_is_said_and_so_is_its_end(crowded, staff, full, visit):
    page = visit(crowded, fan=crowded.fan())
    page.goto(f"/dates/{full}")
    expect(figure(page)).to_be_visible()
    crowded.ok("POST", f"/admin/dates/{full}/queue/pause", by=staff, key=True)
    expect(page.get_by_text("입장을 잠시 멈췄어요")).to_be_visible()
    crowded.ok("POST", f"/admin/dates/{full}/queue/resume", by=staff, key=True)
    expect(page.get_by_text("입장을 잠시 멈췄어요")).to_be_hidden()


def test_a_lost_connection_is_said_and_the_wait_goes_on(crowded, full, visit):
    page = visit(crowded, fan=crowded.fan())
    page.goto(f"/dates/{full}")
    expect(figure(page)).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator(".waiting-estimate").get_by_text("연결이 끊겼어요. 순서는 그대로")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".waiting-estimate").get_by_text("연결이 끊겼어요. 순서는 그대로")).to_be_hidden()


def test_before_the_opening_a_countdown_then_a_draw_then_the_seats(crowded, staff, visit):
    date = crowded.date(staff, opens=30)["id"]
    page = visit(crowded, fan=crowded.fan(), size="phone")
    page.goto(f"/dates/{date}")
    expect(figure(page)).to_have_text(re.compile(r"^0:[0-3]\d$"))
    page.get_by_text("추첨이 공정한지 확인하기").click()
    commitment = crowded.ok("GET", f"/dates/{date}/queue")["drawCommitment"]
    expect(page.get_by_text(commitment)).to_be_visible()
    expect(page.get_by_role("application", name="좌석 배치도")).to_be_visible(timeout=60_000)


def test_leaving_is_asked_about_and_then_done(crowded, full, visit):
    fan = crowded.fan()
    page = visit(crowded, fan=fan)
    page.goto(f"/dates/{full}")
    expect(figure(page)).to_be_visible()
    page.get_by_role("button", name="그만 기다리기").click()
    page.get_by_role("dialog").get_by_role("button", name="계속 기다리기").click()
    expect(figure(page)).to_be_visible()
    before = crowded.ok("GET", f"/dates/{full}/queue")["waiting"]
    page.get_by_role("button", name="그만 기다리기").click()
    page.get_by_role("dialog").get_by_role("button", name="그만 기다리기").click()
    page.wait_for_url("**/concerts/*")
    wait_until(lambda: crowded.ok("GET", f"/dates/{full}/queue")["waiting"] == before - 1, what="one fewer")


def test_a_countdown_follows_the_server_and_not_the_fans_clock(crowded, staff, visit):
    """A fan whose clock is an hour slow sees the same countdown as everybody else."""
    concert = crowded.concert(staff)["id"]
    crowded.date(staff, concert=concert, opens=90)
    page = visit(crowded)
    page.clock.install(time=in_seconds(-3600))
    page.clock.resume()
    page.goto(f"/concerts/{concert}")
    expect(page.locator(".opening-figure")).to_have_text(re.compile("^1:[0-3][0-9]$"))


@pytest.mark.parametrize("language,theme,size", LOOKS)
def test_every_state_of_the_wait_is_accessible(crowded, staff, full, visit, axe, shoot, language, theme, size):
    queue_others(crowded, full, 60)
    page = visit(crowded, fan=crowded.fan(), language=language, theme=theme, size=size)
    page.goto(f"/dates/{full}")
    expect(figure(page)).to_be_visible()
    expect(page.locator(".waiting-facts div")).not_to_have_count(1)
    axe(page)
    shoot(page, "waiting-line")
    before = crowded.date(staff, opens=3000)["id"]
    page.goto(f"/dates/{before}")
    expect(figure(page)).to_be_visible()
    axe(page)
    shoot(page, "waiting-before")
    page.goto(f"/concerts/{crowded.ok('GET', f'/dates/{before}')['concertId']}")
    expect(page.locator(".opening-figure")).to_be_visible()
    axe(page)
    shoot(page, "concert-before")

"""What a fan sees up to the seats: concerts, a concert, registering and logging in without losing the place."""

from __future__ import annotations

import re
import uuid
from urllib.parse import urlencode

import pytest
from conftest import LOOKS
from playwright.sync_api import expect

from jari import PASSWORD


@pytest.fixture(scope="module")
def theatre(shop):
    """The demo concert of the theatre, and the first of its dates."""
    concert = next(c for c in shop.ok("GET", "/concerts", language="ko")["items"] if c["title"] == "겨울밤의 자리")
    return concert, shop.ok("GET", f"/concerts/{concert['id']}/dates")["items"][0]


def test_a_search_finds_a_concert_in_either_language_and_says_when_there_is_none(visit, shop, axe):
    page = visit(shop, size="phone")
    page.goto("/")
    expect(page.get_by_role("link", name=re.compile("별자리 투어"))).to_be_visible()
    page.get_by_label("공연 검색").fill("winter")
    expect(page.get_by_role("link", name=re.compile("별자리 투어"))).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("겨울밤의 자리"))).to_be_visible()
    assert page.url.endswith("/?q=winter")
    page.get_by_label("공연 검색").fill("없는 공연")
    expect(page.get_by_role("heading", name="'없는 공연' 공연을 찾지 못했어요")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="전체 공연 보기").click()
    expect(page.get_by_role("link", name=re.compile("별자리 투어"))).to_be_visible()


def test_registering_on_the_way_leads_on_to_the_seats(visit, theatre, shop):
    concert, date = theatre
    page = visit(shop, size="phone")
    page.goto(f"/concerts/{concert['id']}")
    page.get_by_role("link", name=re.compile("^예매하기")).first.click()
    expect(page.get_by_role("heading", name="로그인")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="회원가입").click()
    page.get_by_label("이름").fill("새로운 팬")
    page.get_by_label("이메일").fill(f"new-{uuid.uuid4()}@example.com")
    page.get_by_label("비밀번호").fill(PASSWORD)
    page.get_by_role("button", name="가입하고 계속하기").click()
    page.wait_for_url(f"**/dates/{date['id']}")
    # Going back leads to the concert, not to a form that was filled in already.
    page.go_back()
    page.wait_for_url(f"**/concerts/{concert['id']}")


def test_a_wrong_password_is_said_and_the_right_one_leads_back(visit, shop):
    someone = shop.fan()
    page = visit(shop)
    page.goto("/my?tab=points")
    page.get_by_label("이메일").fill(someone.email)
    page.get_by_label("비밀번호").fill("something else")
    page.get_by_role("main").get_by_role("button", name="로그인").click()
    expect(page.get_by_role("alert")).to_contain_text("맞지 않아요")
    page.get_by_label("비밀번호").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/my?tab=points")
    expect(page.get_by_role("heading", name="민지 님")).to_be_visible()
    expect(page.get_by_role("tab", name="포인트")).to_have_attribute("aria-selected", "true")


def test_an_address_that_is_taken_is_said_beside_the_field(visit, shop, axe):
    someone = shop.fan()
    page = visit(shop)
    page.goto("/register")
    page.get_by_label("이름").fill("다른 사람")
    page.get_by_label("이메일").fill(someone.email)
    page.get_by_label("비밀번호").fill("quite another one")
    page.get_by_role("button", name="가입하고 계속하기").click()
    expect(page.get_by_label("이메일")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("이메일")).to_be_focused()
    axe(page)


def test_logging_in_never_leads_to_another_site(visit, shop):
    for bad in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        page = visit(shop, fan=shop.fan())
        page.goto("/login?" + urlencode({"next": bad}))
        expect(page.get_by_role("heading", name="어떤 공연을 볼까요?")).to_be_visible()
        assert page.url == shop.url + "/"


def test_a_session_outlives_a_reload_and_no_script_can_read_it(visit, shop):
    page = visit(shop, fan=shop.fan())
    page.goto("/my")
    expect(page.get_by_role("heading", name="민지 님")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="민지 님")).to_be_visible()
    assert page.evaluate("document.cookie") == ""
    kept = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "ey" not in kept and page.context.cookies()[0]["value"] not in kept
    cookie = page.context.cookies()[0]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["path"] == "/api/v1/sessions"


def test_tabs_that_open_at_once_all_stay_logged_in(visit, shop):
    page = visit(shop, fan=shop.fan())
    tabs = [page, *(page.context.new_page() for _ in range(4))]
    for tab in tabs:
        tab.goto("/my", wait_until="commit")
    for tab in tabs:
        expect(tab.get_by_role("heading", name="민지 님")).to_be_visible()


def test_logging_out_in_one_tab_logs_out_the_others(visit, shop):
    page = visit(shop, fan=shop.fan())
    page.goto("/my")
    other = page.context.new_page()
    other.goto("/")
    expect(other.get_by_role("link", name="내 예매")).to_be_visible()
    page.get_by_role("button", name="로그아웃").click()
    expect(other.get_by_role("link", name="로그인")).to_be_visible()
    assert page.context.cookies() == []


def test_points_are_charged_and_listed(visit, shop):
    page = visit(shop, fan=shop.fan(), size="phone")
    page.goto("/my?tab=points")
    page.get_by_role("button", name="₩300,000", exact=True).click()
    page.get_by_role("button", name="₩300,000 충전하기").click()
    expect(page.locator(".points-balance")).to_have_text("₩300,000")
    expect(page.get_by_role("listitem").filter(has_text="충전")).to_contain_text("+₩300,000")


def test_without_a_network_a_page_says_so_and_goes_on_when_it_is_back(visit, shop, axe):
    page = visit(shop)
    page.goto("/")
    expect(page.get_by_role("link", name=re.compile("겨울밤의 자리"))).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_text("인터넷 연결이 끊겼어요")).to_be_visible()
    page.get_by_role("link", name=re.compile("겨울밤의 자리")).click()
    expect(page.get_by_role("heading", name="서버에 연결되지 않아요")).to_be_visible()
    axe(page)
    page.context.set_offline(False)
    page.get_by_role("button", name="다시 시도").click()
    expect(page.get_by_role("heading", name="겨울밤의 자리", level=1)).to_be_visible()


def test_a_page_that_is_not_there_says_so(visit, shop, axe):
    page = visit(shop)
    for path in ("/nowhere", "/concerts/01a20810-1368-7000-8bb3-1db29531985d"):
        page.goto(path)
        expect(page.get_by_role("heading", name="찾을 수 없어요")).to_be_visible()
        axe(page)


def test_texts_of_others_are_shown_and_never_run(visit, shop):
    title = '<img src=x onerror="document.title=1"><b>굵게</b>'
    concert = shop.concert(shop.staff(), title)
    page = visit(shop)
    page.goto(f"/concerts/{concert['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert page.locator("main img, main b").count() == 0


def test_the_language_is_chosen_and_kept(visit, shop):
    page = visit(shop, language="en")
    page.goto("/")
    expect(page.get_by_role("heading", name="What would you like to see?")).to_be_visible()
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("heading", name="어떤 공연을 볼까요?")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "ko"
    page.reload()
    expect(page.get_by_role("heading", name="어떤 공연을 볼까요?")).to_be_visible()


@pytest.fixture(scope="module")
def regular(shop, theatre):
    """A fan who has bought, holds, and has points."""
    fan = shop.fan(points=900_000)
    date = theatre[1]["id"]
    shop.enter(fan, date)
    seats = shop.seats(date)
    shop.pay(fan, shop.hold(fan, date, seats[:2]).json()["id"])
    shop.hold(fan, date, seats[2:3])
    return fan


@pytest.mark.parametrize("language,theme,size", LOOKS)
def test_every_page_up_to_the_seats_is_accessible(visit, regular, theatre, language, theme, size, shop, axe, shoot):
    stranger = visit(shop, language=language, theme=theme, size=size)
    fan = visit(shop, fan=regular, language=language, theme=theme, size=size)
    concert = theatre[0]["id"]
    for page, name, path in (
        (stranger, "concerts", "/"), (stranger, "concert", f"/concerts/{concert}"), (stranger, "login", "/login?next=%2Fmy"),
        (stranger, "register", "/register"), (fan, "my-tickets", "/my"), (fan, "my-reservations", "/my?tab=reservations"),
        (fan, "my-points", "/my?tab=points"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("[aria-busy=true], .skeleton")).to_have_count(0)
        axe(page)
        shoot(page, name)


SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const shift of list.getEntries()) sum += shift.value; })
    .observe({ type: 'layout-shift', buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
})"""


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_nothing_jumps_while_a_page_is_fetched(visit, shop, regular, theatre, size):
    page = visit(shop, fan=regular, size=size)
    for path in ("/", f"/concerts/{theatre[0]['id']}", "/my", "/my?tab=points", "/my?tab=reservations", "/login"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("[aria-busy=true], .skeleton")).to_have_count(0)
        # A tenth is what readers begin to notice.
        assert page.evaluate(SHIFTS) < 0.02, path

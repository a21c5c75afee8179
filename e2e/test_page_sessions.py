"""The session of the pages: its refresh token is in a cookie, which only the pages can use."""

from __future__ import annotations

import httpx
import pytest

from jari import API, PASSWORD, at_once

PAGES = {"X-Jari-Client": "pages"}
COOKIE = "jari_session"
REFRESH = f"{API}/sessions/refresh"


@pytest.fixture
def browser(server):
    """A client that keeps cookies, as a browser does, logged in as a new fan of the pages."""
    fan = server.fan()
    with httpx.Client(base_url=server.url, timeout=30) as client:
        answer = client.post(f"{API}/sessions", json={"email": fan.email, "password": PASSWORD}, headers=PAGES)
        assert answer.status_code == 201, answer.text
        client.first = answer
        yield client


def token(client: httpx.Client) -> str:
    return client.cookies[COOKIE]


def refreshed(client: httpx.Client, value: str) -> httpx.Response:
    """A refresh with this cookie, whatever the client has kept."""
    address = str(client.base_url).rstrip("/") + REFRESH
    return httpx.post(address, headers=PAGES | {"Cookie": f"{COOKIE}={value}"})


def test_the_refresh_token_is_in_the_cookie_and_nowhere_else(browser):
    body = browser.first.json()
    assert set(body) == {"accessToken", "expiresIn", "tokenType"}
    cookie = browser.first.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Strict", f"Path={API}/sessions"} <= parts
    assert any(part.startswith("Max-Age=") for part in parts)
    # Served by plain HTTP on this machine; a browser would not keep a secure cookie.
    assert "Secure" not in parts


def test_where_fans_come_by_https_the_cookie_is_secure(fresh):
    server = fresh(JARI_PUBLIC_URL="https://tickets.example.com")
    fan = server.fan()
    answer = server.call("POST", "/sessions", {"email": fan.email, "password": PASSWORD}, headers=PAGES)
    assert "; Secure" in answer.headers["Set-Cookie"]


def test_clients_that_are_no_pages_get_no_cookie(server):
    fan = server.fan()
    answer = server.call("POST", "/sessions", {"email": fan.email, "password": PASSWORD})
    assert "refreshToken" in answer.json() and "Set-Cookie" not in answer.headers
    answer = server.call("POST", "/sessions/refresh", {"refreshToken": answer.json()["refreshToken"]})
    assert answer.status_code == 200 and "refreshToken" in answer.json() and "Set-Cookie" not in answer.headers


def test_a_refresh_rotates_the_cookie(browser):
    before = token(browser)
    answer = browser.post(REFRESH, headers=PAGES)
    assert answer.status_code == 200 and "refreshToken" not in answer.json()
    assert token(browser) != before
    me = browser.get(f"{API}/users/me", headers={"Authorization": f"Bearer {answer.json()['accessToken']}"})
    assert me.status_code == 200


def test_another_site_cannot_use_the_cookie(browser):
    """A form or a script of another site may make a browser send the cookie, where it does not know SameSite, but not
    the header; and nothing without the header changes the session."""
    good = token(browser)
    for headers, body in (
        ({}, None), ({"Content-Type": "text/plain"}, b""), ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=b"),
        ({"Content-Type": "application/json"}, b"{}"),
    ):
        answer = browser.post(REFRESH, headers=headers, content=body)
        assert answer.status_code in (400, 415), answer.text
        assert "Set-Cookie" not in answer.headers
    # A browser asks first whether another site may send the header, and is told nothing that allows it.
    asked = browser.options(REFRESH, headers={
        "Origin": "https://evil.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-jari-client"})
    assert not any(name.lower().startswith("access-control") for name in asked.headers)
    assert token(browser) == good
    assert browser.post(REFRESH, headers=PAGES).status_code == 200


def test_a_lost_answer_is_given_again(browser):
    """The network took the answer to a refresh: the same token once more gets the same one that follows."""
    first = token(browser)
    answers = [refreshed(browser, first) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    followers = {answer.cookies[COOKIE] for answer in answers}
    assert len(followers) == 1
    assert refreshed(browser, followers.pop()).status_code == 200


def test_tabs_that_refresh_at_once_all_stay_logged_in(browser):
    first = token(browser)
    answers = at_once([lambda: refreshed(browser, first)] * 6)
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.cookies[COOKIE] for answer in answers}) == 1


def test_a_token_of_two_rotations_ago_ends_the_session(browser):
    """Nobody but a thief brings one that old."""
    first = token(browser)
    second = refreshed(browser, first).cookies[COOKIE]
    third = refreshed(browser, second).cookies[COOKIE]
    assert refreshed(browser, first).status_code == 401
    for value in (second, third):
        assert refreshed(browser, value).status_code == 401


def test_what_is_no_token_is_refused_and_ends_nothing(browser):
    good = token(browser)
    for bad in ("", "x", good[:-1], good[:-4] + "AAAA", f"{good}; {COOKIE}={good}"):
        assert refreshed(browser, bad).status_code == 401, bad
    assert httpx.post(str(browser.base_url).rstrip("/") + REFRESH, headers=PAGES).status_code == 401
    assert refreshed(browser, good).status_code == 200


def test_logging_out_clears_the_cookie_and_ends_the_session(browser):
    good = token(browser)
    access = {"Authorization": f"Bearer {browser.first.json()['accessToken']}"}
    answer = browser.delete(f"{API}/sessions", headers=PAGES | access)
    assert answer.status_code == 204
    assert COOKIE not in browser.cookies
    assert refreshed(browser, good).status_code == 401


def test_the_cookie_alone_opens_nothing(browser):
    """It is sent to the calls of sessions only, and no other call reads it."""
    assert browser.get(f"{API}/users/me", headers={"Cookie": f"{COOKIE}={token(browser)}"} | PAGES).status_code == 401
    assert browser.delete(f"{API}/sessions", headers=PAGES).status_code == 401

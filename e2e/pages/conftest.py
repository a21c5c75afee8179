"""Browsers that fans and staff might use, before a running server: `visit(shop, fan=…)` is a tab of somebody's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

import jari
from browser import CHROMIUM
from jari import API, PASSWORD, Account, Server

SCREENSHOTS = Path(__file__).resolve().parent.parent / "screenshots"
SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
#: Every way in which a page is looked at.
LOOKS = [(language, theme, size) for language in ("ko", "en") for theme in ("light", "dark") for size in SIZES]
LIMIT_MS = 15_000

#: A machine that does much at once is slow, which is no failure.
expect.set_options(timeout=LIMIT_MS)


@pytest.fixture(scope="session")
def chromium():
    """The browser. It reaches nothing but this machine: pages fetch nothing from elsewhere."""
    assert CHROMIUM, "Chromium is not there: scripts/setup test installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shop():
    """A server with the demo concerts, shared by the tests of pages."""
    with jari.Server(JARI_DEMO="true") as running:
        yield running


@pytest.fixture
def fresh_shop(fresh):
    """Starts servers of one's own: `fresh_shop(JARI_HOLD_SECONDS="4")`."""
    return fresh


class Guard:
    """Hears what goes wrong in pages: errors that nobody caught, and what the security policy refused."""

    def __init__(self):
        self.wrong: list[str] = []

    def watch(self, page: Page):
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._heard(page, message))

    def _heard(self, page: Page, message):
        # Answers such as 401 and 409 are said in the console as well, and are no fault of a page.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.wrong.append(f"{page.url}: {message.text}")


@pytest.fixture
def visit(chromium: Browser):
    """`visit(shop, fan=account, language="en", theme="dark", size="phone")` → a page in a browser of its own, logged in
    as the fan. It ends with the test, which fails when a page had an error that nobody caught."""
    contexts: list[BrowserContext] = []
    guard = Guard()

    def open_browser(
        server: Server, *, fan: Account | None = None, language: str = "ko", theme: str = "light",
        size: str = "desktop", password: str = PASSWORD, **options,
    ) -> Page:
        width, height = SIZES[size]
        kept = [{"name": "jari.signedIn", "value": "1"}] if fan else []
        context = chromium.new_context(
            base_url=server.url, locale={"ko": "ko-KR", "en": "en-US"}[language], color_scheme=theme,
            reduced_motion="reduce", viewport={"width": width, "height": height}, is_mobile=size == "phone",
            has_touch=size == "phone", accept_downloads=True,
            storage_state={"cookies": [], "origins": [{"origin": server.url, "localStorage": kept}]}, **options)
        context.set_default_timeout(LIMIT_MS)
        context.on("page", guard.watch)
        contexts.append(context)
        context.look = f"{language}-{theme}-{size}"
        if fan:
            log_in(context, fan.email, password)
        return context.new_page()

    yield open_browser
    for context in contexts:
        context.close()
    assert guard.wrong == []


def log_in(context: BrowserContext, email: str, password: str = PASSWORD):
    """Gives a browser a session, as the login page does, without the page."""
    answer = context.request.post(
        f"{API}/sessions", headers={"X-Jari-Client": "pages"}, data={"email": email, "password": password})
    assert answer.status == 201, answer.text()


@pytest.fixture
def axe():
    """`axe(page)` fails when axe finds anything, or when the page is wider than the screen."""

    def check(page: Page):
        found = Axe().run(page)
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{page.url} is {overflow} px wider than the screen"

    return check


@pytest.fixture
def shoot():
    """`shoot(page, "concerts")` writes what is seen into e2e/screenshots/, for people to look at."""

    def write(page: Page, name: str, full_page: bool = True):
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{page.context.look}.png", full_page=full_page)

    return write

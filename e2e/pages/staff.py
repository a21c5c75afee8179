"""Members of staff and their browsers, for the tests of the console."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


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

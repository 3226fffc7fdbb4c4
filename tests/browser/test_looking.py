"""Whether everybody can read the pages: contrast, names, order, small screens."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def complaints(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{page.url}: {it['id']}: {it['help']}" for it in found]


def is_wider_than_the_screen(page: Page) -> bool:
    root = "document.documentElement"
    return bool(page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))


def walk(desk: Desk, page: Page, look: Callable[[Page], None]) -> None:
    """Look at every page that an administrator comes by."""
    page.goto("/login")
    look(page)
    desk.sign_in(page)
    look(page)
    page.get_by_role("button", name="Install on a site").click()
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="Connect").wait_for()
    look(page)
    page.get_by_label("acme").check()
    page.get_by_role("button", name="Connect").click()
    page.get_by_text("acme is connected").wait_for()
    look(page)
    page.goto("/")
    look(page)
    page.get_by_role("link", name="acme").click()
    look(page)
    page.get_by_role("link", name="Uninstall…").click()
    look(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_keeps_anybody_out(desk: Desk, scheme: str) -> None:
    found: list[str] = []
    with desk.page(scheme) as page:
        walk(desk, page, lambda it: found.extend(complaints(it)))

    assert found == []


def test_every_page_fits_a_phone(desk: Desk) -> None:
    too_wide: list[str] = []

    def look(page: Page) -> None:
        if is_wider_than_the_screen(page):
            too_wide.append(page.url)

    with desk.page(width=340) as page:
        walk(desk, page, look)

    assert too_wide == []

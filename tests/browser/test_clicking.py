"""What an administrator does, done by clicking."""

import pytest
from playwright.sync_api import Page, expect

from connector.domain.care import CREDENTIALS, Alarm
from connector.domain.installation import InstallationState
from tests.browser.conftest import BETA, Desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def installed(desk: Desk) -> list[tuple[str, InstallationState]]:
    sites = desk.application.manage_sites.all()
    return [(it.installation.site.name, it.installation.state) for it in sites]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_a_site_is_connected_without_leaving_the_browser(desk: Desk) -> None:
    with desk.page() as page:
        desk.sign_in(page)
        expect(page.get_by_text("No site is connected yet")).to_be_visible()
        press(page, "Install on a site")
        press(page, "Accept")

        page.get_by_label("beta").check()
        press(page, "Connect")

        expect(page.get_by_text("beta is connected")).to_be_visible()
        assert page.url == f"{desk.url}/install/result"
        page.get_by_role("link", name="See the site").click()
        expect(page.get_by_text(BETA.url, exact=True)).to_be_visible()
    assert installed(desk) == [("beta", InstallationState.ACTIVE)]


def test_a_refusal_is_explained_and_leads_back(desk: Desk) -> None:
    with desk.page() as page:
        desk.sign_in(page)
        press(page, "Install on a site")
        press(page, "Cancel")

        expect(page.get_by_text("refused on Atlassian")).to_be_visible()
        press(page, "Begin again")

        expect(page.get_by_role("button", name="Accept")).to_be_visible()
    assert installed(desk) == []


def test_a_site_is_paused_resumed_and_uninstalled(desk: Desk) -> None:
    with desk.page() as page:
        desk.connect(page)
        page.get_by_role("link", name="See the site").click()
        press(page, "Pause")
        expect(page.get_by_text("Somebody paused this site")).to_be_visible()
        press(page, "Resume")
        expect(page.get_by_text("The consent is good")).to_be_visible()

        page.get_by_role("link", name="Uninstall…").click()
        press(page, "Uninstall")

        expect(page.get_by_text("findings are being withdrawn")).to_be_visible()
    assert installed(desk) == [("acme", InstallationState.UNINSTALLING)]


def test_the_door_opens_with_the_keyboard_alone(desk: Desk) -> None:
    with desk.page() as page:
        page.goto("/")
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type("admin")
        page.keyboard.press("Tab")
        page.keyboard.type("a long password of a test")
        page.keyboard.press("Enter")

        expect(page.get_by_role("heading", name="Sites")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the content")).to_be_focused()


def test_an_alarm_is_the_first_thing_to_see(desk: Desk) -> None:
    with desk.application.begin() as stores:
        stores.alarms.raise_(
            Alarm(
                CREDENTIALS,
                "Atlassian does not accept our app.",
                "Copy its secret anew.",
                desk.application.now(),
            )
        )
    with desk.page() as page:
        desk.sign_in(page)

        expect(page.get_by_role("alert")).to_contain_text("Copy its secret anew.")

"""A real browser before the pages, served over a simulated Atlassian cloud."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, sync_playwright

from casb_sdk import Site
from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.cloud.demo_site import demo_site
from connector.app import create_app
from connector.bootstrap.application import Application, open_application
from connector.cli.local_server import serving
from connector.settings import load_settings
from tests.e2e.operator import Operator

PASSWORD = "a long password of a test"
BETA = Site("beta-cloud-id", "https://beta.atlassian.example", "beta")
NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
HOW_TO_GET_ONE = (
    "no Chromium on this machine, so the pages were not looked at; install one with: "
    "apt-get install --no-install-recommends chromium fonts-dejavu-core"
)


@dataclass(slots=True)
class Desk:
    """An administrator's desk: the served connector and the browser before it."""

    browser: Browser
    application: Application
    cloud: RunningCloud

    @property
    def url(self) -> str:
        """Where the pages are."""
        return self.application.settings.public_url

    @contextmanager
    def page(self, scheme: str = "light", width: int = 1100) -> Iterator[Page]:
        """Open a page; whatever the browser complains about fails the test."""
        complaints: list[str] = []
        context = self.browser.new_context(
            base_url=self.url,
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": width, "height": 800},
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("response", lambda response: complaints.extend(self._missing(response)))
        yield page
        context.close()
        # A page may well say that something went wrong; its parts have to be there.
        assert [it for it in complaints if "Failed to load resource" not in it] == []

    def _missing(self, response: Response) -> list[str]:
        is_ours = response.url.startswith(self.url)
        is_part = response.request.resource_type != "document"
        is_there = response.status < HTTPStatus.BAD_REQUEST
        return [response.url] if is_ours and is_part and not is_there else []

    def sign_in(self, page: Page, path: str = "/") -> None:
        """Sign in on the way to a page."""
        page.goto(path)
        page.get_by_label("Name").fill("admin")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    def connect(self, page: Page) -> None:
        """Install on the first site, by clicking."""
        self.sign_in(page)
        page.get_by_role("button", name="Install on a site").click()
        page.get_by_label(BETA.url).uncheck()
        page.get_by_role("button", name="Accept").click()
        page.get_by_text("acme is connected").wait_for()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a browser; without one the tests are skipped, and say why."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        if found is None and not own.exists():
            pytest.skip(HOW_TO_GET_ONE)
        browser = playwright.chromium.launch(
            executable_path=found or str(own), args=list(OPTIONS)
        )
        yield browser
        browser.close()


@pytest.fixture
def desk(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """Serve a connector without sites beside a cloud with two of them."""
    acme = demo_site()
    beta = replace(acme, directory=replace(acme.directory, site=BETA))
    options = CloudOptions(jira_container=True, resource_level_consent=True)
    cloud = SimulatedCloud([CloudSite(acme), CloudSite(beta)], options=options)
    with cloud.running() as running:
        operator = Operator(tmp_path, ADMIN_PASSWORD=PASSWORD).connected_to(running)
        assert operator.casb("migrate").code == 0
        monkeypatch.chdir(tmp_path)
        environment = {f"CASB_{k}": v for k, v in operator.settings.items()}
        settings = load_settings(environment, tmp_path)
        with (
            open_application(settings) as application,
            serving(create_app(application), settings.public_url),
        ):
            yield Desk(chromium, application, running)

"""What an attacker tries with codes, states and tokens that are somebody else's."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from casb_sdk import Site
from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    Consent,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.cloud.demo_site import demo_site
from connector.app import create_app
from connector.bootstrap.application import Application, open_application
from connector.bootstrap.installing import install_site
from connector.cli.local_server import serving
from connector.settings import load_settings
from tests.e2e.conftest import ACME
from tests.e2e.operator import Operator
from tests.e2e.serving import go_on, send, sign_in
from tests.fakes.plain_http import plain_client

PASSWORD = "a long password of a test"
BETA = Site("beta-cloud-id", "https://beta.atlassian.example", "beta")


class Scene:
    """A served connector, the browsers of a victim and of an attacker, two sites."""

    def __init__(self, operator: Operator, application: Application) -> None:
        self.operator = operator
        self.application = application
        self.public_url = application.settings.public_url

    def browser(self) -> httpx.Client:
        return plain_client(base_url=self.public_url, timeout=30)

    def set_out(self, browser: httpx.Client) -> httpx.URL:
        """Open a fresh link; return the address that it leads to at Atlassian."""
        ticket = install_site(self.application).ask()
        answer = browser.get(f"/install?ticket={ticket.secret}")
        return httpx.URL(answer.headers["Location"])

    def call_back(self, browser: httpx.Client, address: httpx.URL) -> httpx.URL:
        """Consent; return the address that Atlassian sends the browser to."""
        return httpx.URL(browser.get(address).headers["Location"])

    @property
    def connected(self) -> list[str]:
        sites = self.application.manage_sites.all()
        return [overview.installation.site.url for overview in sites]


@pytest.fixture
def cloud() -> Iterator[RunningCloud]:
    acme = demo_site()
    beta = replace(acme, directory=replace(acme.directory, site=BETA))
    options = CloudOptions(consent=Consent.ACCEPT, resource_level_consent=True)
    sites = [CloudSite(acme), CloudSite(beta)]
    with SimulatedCloud(sites, options=options).running() as running:
        yield running


@pytest.fixture
def scene(
    cloud: RunningCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    operator = Operator(tmp_path, ADMIN_PASSWORD=PASSWORD).connected_to(cloud)
    assert operator.casb("migrate").code == 0
    monkeypatch.chdir(tmp_path)
    settings = load_settings(operator.environment, tmp_path)
    with (
        open_application(settings) as application,
        serving(create_app(application), settings.public_url),
    ):
        yield Scene(operator, application)


def only(address: httpx.URL, cloud_id: str) -> httpx.URL:
    """Consent for one site alone."""
    return address.copy_merge_params({"sites": cloud_id})


def test_a_code_of_another_browser_opens_nothing(scene: Scene) -> None:
    with scene.browser() as attacker, scene.browser() as victim:
        stolen = scene.call_back(attacker, scene.set_out(attacker)).params["code"]
        state = scene.set_out(victim).params["state"]

        victim.get("/oauth/callback", params={"state": state, "code": stolen})

        page = victim.get("/install/result")
    assert page.status_code == 400
    assert "no longer accepts this consent" in page.text
    assert scene.connected == []


def test_a_call_back_in_another_browser_is_refused(scene: Scene) -> None:
    with scene.browser() as attacker, scene.browser() as victim:
        scene.set_out(victim)
        planted = scene.call_back(attacker, scene.set_out(attacker))

        answer = victim.get(planted)

    assert answer.status_code == 400
    assert "belongs to no consent that began in this browser" in answer.text
    assert scene.connected == []


def test_a_call_back_works_once(scene: Scene, cloud: RunningCloud) -> None:
    with scene.browser() as browser:
        address = only(scene.set_out(browser), BETA.cloud_id)
        answer = scene.call_back(browser, address)
        assert browser.get(answer).status_code == 303

        replayed = browser.get(answer)

    assert replayed.status_code == 400
    assert scene.connected == [BETA.url]


def test_an_error_of_an_unknown_state_ends_nobodys_attempt(scene: Scene) -> None:
    with scene.browser() as browser:
        address = only(scene.set_out(browser), BETA.cloud_id)
        forged = {"state": "forged", "error": "access_denied"}

        assert browser.get("/oauth/callback", params=forged).status_code == 400

        assert browser.get(scene.call_back(browser, address)).status_code == 303
    assert scene.connected == [BETA.url]


def test_a_session_planted_before_signing_in_is_worth_nothing(scene: Scene) -> None:
    with scene.browser() as attacker, scene.browser() as victim:
        attacker.get("/login")
        victim.cookies.update(attacker.cookies)

        assert sign_in(victim, PASSWORD).status_code == 303

        assert victim.get("/").status_code == 200
        assert attacker.get("/").status_code == 303


def test_a_renewal_that_brings_another_site_changes_neither(scene: Scene) -> None:
    with scene.browser() as browser:
        address = only(scene.set_out(browser), BETA.cloud_id)
        browser.get(scene.call_back(browser, address))
        before = scene.application.manage_sites.site(BETA.cloud_id)
        sign_in(browser, PASSWORD)
        leaving = send(browser, "/", f"/sites/{BETA.cloud_id}/consent")
        acme = demo_site().directory.site.cloud_id
        changed = leaving.text.replace("/authorize?", f"/authorize?sites={acme}&amp;")

        leaving = httpx.Response(200, text=changed)
        answer = go_on(browser, leaving)
        browser.get(answer.headers["Location"])

        page = browser.get("/install/result")
    assert f"pick this site on the consent screen: {BETA.url}" in page.text
    assert scene.application.manage_sites.site(BETA.cloud_id) == before
    assert scene.connected == [BETA.url]


def test_the_tokens_of_one_site_do_not_open_as_those_of_another(
    scene: Scene, cloud: RunningCloud
) -> None:
    for cloud_id in cloud.cloud.sites:
        with scene.browser() as browser:
            address = only(scene.set_out(browser), cloud_id)
            browser.get(scene.call_back(browser, address))
    acme, beta = (scene.application.manage_sites.site(it) for it in (ACME, BETA.url))
    assert acme.grant_id != beta.grant_id
    with closing(sqlite3.connect("casb.db")) as database, database:
        database.execute(
            "UPDATE grants SET sealed = (SELECT sealed FROM grants WHERE id = ?) "
            "WHERE id = ?",
            (acme.grant_id, beta.grant_id),
        )

    ended = scene.operator.casb("scan", BETA.url)

    assert ended.code != 0
    assert "belongs to grant" in ended.said
    assert cloud.ledger.points_per_site[BETA.cloud_id] < 100

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from casb_sdk import Severity
from connector.domain import life
from connector.domain.care import CREDENTIALS, Alarm
from connector.domain.consent import GrantedSite
from connector.domain.errors import RefusedError
from connector.domain.finding_state import Change, ChangeType
from connector.domain.freshness import Renewal
from connector.domain.installation import Installation, InstallationState
from connector.domain.life import NoticeKind
from connector.domain.scan import ScanKind, ScanReport, ScanStatus
from connector.domain.store_ports import Begin
from connector.use_cases.befall import befall
from connector.use_cases.watch_sites import PER_PAGE
from connector.web.site_words import NOTICES, WORDS
from tests.contract.finding_words import finding_on, tracked
from tests.fakes.atlassian_sites import ACME
from tests.unit.web.pages import ATLASSIAN, World, words

CONSENT = "/sites/acme-id/consent"


@pytest.fixture
def world(begin: Begin) -> World:
    world = World(begin)
    world.enter()
    return world


def suffer(world: World, event: life.Event) -> Installation:
    with world.begin() as stores:
        return befall(stores, world.installation(), event, world.now)


def test_without_sites_the_page_says_how_to_begin(world: World) -> None:
    page = world.get("/")

    assert "No site is connected yet" in words(page)
    assert "Install on a site" in page.text


def test_the_sites_are_listed_with_their_state(world: World) -> None:
    world.connect()
    suffer(world, life.GrantDied("Atlassian took it back."))

    said = words(world.get("/"))

    assert "acme https://acme.atlassian.example Consent needed" in said
    assert "Atlassian took it back." in said


def test_what_stands_over_everything_is_at_the_top(world: World) -> None:
    with world.begin() as stores:
        stores.alarms.raise_(
            Alarm(CREDENTIALS, "The secret is wrong.", "Mend it.", world.now)
        )

    assert "The secret is wrong. Mend it." in words(world.get("/"))


def test_many_sites_come_in_pages(world: World) -> None:
    with world.begin() as stores:
        for number in range(PER_PAGE + 1):
            site = replace(ACME.site, cloud_id=f"id-{number}", name=f"site-{number:03}")
            url = f"https://{number:03}.example"
            stores.installations.save(
                Installation(f"i-{number}", replace(site, url=url), "")
            )

    first, second = world.get("/"), world.get("/?page=2")

    assert "Page 1 of 2" in words(first)
    assert first.text.count('scope="row"') == PER_PAGE
    assert second.text.count('scope="row"') == 1
    assert "Page 2 of 2" in words(world.get("/?page=999"))
    assert world.get("/?page=x").status_code == 200


def test_a_site_has_a_page_with_its_scopes_and_its_log(world: World) -> None:
    world.connect()

    said = words(world.get("/sites/acme-id"))

    assert "Connected" in said
    assert "search:confluence" in said
    assert "23 Nov 2026, 09:00 UTC Installed" in said


def test_a_site_says_what_its_last_incremental_scan_read_again(world: World) -> None:
    world.connect()
    with world.begin() as stores:
        scan, _ = stores.ledger.start(
            "acme-id", (), world.now, kind=ScanKind.INCREMENTAL
        )
        done = replace(scan, status=ScanStatus.DONE, finished_at=world.now)
        renewal = Renewal({"new": 1}, 196, restrictions_as_of=world.now)
        stores.ledger.finish(ScanReport(done, renewal=renewal))

    said = words(world.get("/sites/acme-id"))

    assert "09:00 UTC (incremental)" in said
    assert "Read again: 1 space whole (1 new)" in said
    assert "Restrictions are as of 2026-11-23 09:00 UTC or newer." in said
    assert "(incremental)" in words(world.get("/"))


def test_a_site_nobody_connected_has_none(world: World) -> None:
    assert world.get("/sites/made-up").status_code == 404
    assert world.get("/sites/https:%2F%2Facme.atlassian.example").status_code == 404


def test_installing_leads_to_atlassian_by_a_page_of_ours(world: World) -> None:
    answer = world.send("/", "/install")

    assert answer.status_code == 200
    [address] = re.findall(r'content="0;url=([^"]+)"', answer.text)
    assert address == f"{ATLASSIAN}?state=state-0"
    assert "ticket" not in answer.text
    world.get("/oauth/callback?state=state-0&code=abc")
    assert "acme is connected" in words(world.get("/install/result"))
    assert "See the site" in words(world.get("/install/result"))


def test_another_site_cannot_begin_an_installation(world: World) -> None:
    world.connect()

    assert world.post("/install").status_code == 400
    assert world.post(CONSENT).status_code == 400
    assert world.page.states == {}


def test_a_consent_is_renewed_for_the_site_it_began_at(world: World) -> None:
    world.connect()
    suffer(world, life.GrantDied("Atlassian took it back."))
    world.send("/sites/acme-id", CONSENT)

    world.get("/oauth/callback?state=state-0&code=abc")

    assert world.installation().state is InstallationState.ACTIVE
    assert "Consented anew" in words(world.get("/sites/acme-id"))


def test_a_renewal_that_opens_another_site_changes_nothing_and_says_so(
    world: World,
) -> None:
    world.connect()
    before = world.installation()
    world.send("/sites/acme-id", CONSENT)
    other = replace(ACME.site, cloud_id="other", url="https://other.example")
    world.sites.sites = [GrantedSite(other, ACME.scopes)]

    world.get("/oauth/callback?state=state-0&code=abc")

    page = world.get("/install/result")
    assert page.status_code == 400
    assert "pick this site on the consent screen" in words(page)
    assert "Nothing was changed." in words(page)
    assert "Begin again" in page.text
    assert world.installation() == before


def test_a_site_that_still_refuses_is_explained(world: World) -> None:
    world.sites.refusals = {"acme-id": RefusedError("Atlassian answered 403.")}
    world.send("/", "/install")
    world.get("/oauth/callback?state=state-0&code=abc")

    said = words(world.get("/install/result"))

    assert "Verifying" in said
    assert "Atlassian answered 403." in said
    assert "tried again by itself" in said


def test_a_site_that_was_uninstalled_offers_no_consent(world: World) -> None:
    world.connect()
    suffer(world, life.UninstallRequested("mara"))
    suffer(world, life.Withdrawn())

    page = world.get("/sites/acme-id")

    assert "Uninstalled" in words(page)
    assert "Authorise again" not in page.text


def test_a_site_that_came_back_is_listed_once(world: World) -> None:
    world.connect()
    suffer(world, life.UninstallRequested("mara"))
    suffer(world, life.Withdrawn())
    world.now += timedelta(minutes=30)
    world.connect()

    page = world.get("/")

    assert page.text.count('scope="row"') == 1
    assert "Connected" in words(page)


def test_what_strangers_wrote_is_shown_as_text(world: World) -> None:
    hostile = replace(ACME.site, name="<script>alert(1)</script>")
    world.sites.sites = [GrantedSite(hostile, ACME.scopes)]
    world.connect()

    for path in ("/", "/sites/acme-id"):
        assert "<script>" not in world.get(path).text


def test_every_state_and_every_notice_has_its_words() -> None:
    assert set(WORDS) == set(InstallationState)
    assert set(NOTICES) == set(NoticeKind)


@pytest.mark.parametrize("path", ["/", "/sites/acme-id", "/login"])
def test_pages_need_no_script_and_nothing_from_elsewhere(
    world: World, path: str
) -> None:
    world.connect()

    page = world.get(path)

    assert "<script" not in page.text
    assert 'style="' not in page.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)


def test_what_is_open_is_counted_without_what_is_implied(world: World) -> None:
    world.connect()
    one, two = (
        tracked(finding_on(page), site_id="acme-id", severity=Severity.MEDIUM)
        for page in "12"
    )
    with world.begin() as stores:
        stores.findings.save(
            Change(ChangeType.CREATED, each)
            for each in (one, replace(two, implied_by=one.id))
        )

    for path in ("/", "/sites/acme-id"):
        assert "1 medium + 1 more implied" in words(world.get(path))

from dataclasses import replace

import pytest

from connector.domain.consent import (
    LIFE,
    ConsentStatus,
    GrantedSite,
)
from connector.domain.errors import (
    AtlassianUnavailableError,
    ConsentError,
    NotFoundError,
)
from connector.domain.installation import InstallationState
from connector.domain.store_ports import Begin
from connector.use_cases.install_site import Outcome
from tests.fakes.atlassian_sites import ACME
from tests.unit.use_cases.installing import ASKED, JIRA, NOW, World, pair


@pytest.fixture
def world(begin: Begin) -> World:
    return World(begin)


def test_a_consent_makes_an_active_installation_with_its_tokens(world: World) -> None:
    outcome = world.connect()

    installation = world.installation()
    assert outcome == Outcome(installation)
    assert installation.site == ACME.site
    assert installation.state is InstallationState.ACTIVE
    assert installation.scopes == ASKED
    assert installation.installed_at == NOW
    assert installation.installing_account == "mara"
    assert world.tokens(installation.grant_id) == pair()


def test_whoever_waits_learns_which_site_it_became(world: World) -> None:
    ticket = world.install.ask()
    assert world.install.attempt(ticket.consent.id).status is ConsentStatus.ISSUED

    world.install.finish(world.install.start(ticket.secret).id, pair())

    done = world.install.attempt(ticket.consent.id)
    assert done.status is ConsentStatus.DONE
    assert world.install.installed(done) == world.installation()


def test_a_link_works_once(world: World) -> None:
    ticket = world.install.ask()
    world.install.start(ticket.secret)

    with pytest.raises(ConsentError, match="used before"):
        world.install.start(ticket.secret)


def test_the_secret_of_a_link_is_not_in_its_text_nor_in_the_store(
    world: World,
) -> None:
    ticket = world.install.ask()

    assert ticket.secret not in repr(ticket)
    assert ticket.secret not in repr(world.install.attempt(ticket.consent.id))


def test_an_attempt_fails_after_an_hour(world: World) -> None:
    ticket = world.install.ask()
    world.now += LIFE

    late = world.install.attempt(ticket.consent.id)

    assert late.status is ConsentStatus.FAILED
    assert late.error == "Nobody consented in time."
    with pytest.raises(ConsentError):
        world.install.start(ticket.secret)


def test_a_consent_that_comes_late_installs_nothing(world: World) -> None:
    attempt = world.started()
    world.now += LIFE

    with pytest.raises(ConsentError, match="in time"):
        world.install.finish(attempt, pair())


def test_an_attempt_nobody_made_is_unknown(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.install.finish("made-up", pair())


def test_a_consent_without_confluence_is_refused(world: World) -> None:
    world.sites.sites = [JIRA]
    attempt = world.started()

    with pytest.raises(ConsentError, match="no Confluence site"):
        world.install.finish(attempt, pair())

    assert world.install.attempt(attempt).status is ConsentStatus.FAILED
    assert world.tokens(attempt) is None


def test_a_missing_scope_is_named_and_what_can_be_used_is(world: World) -> None:
    world.sites.sites = [GrantedSite(ACME.site, frozenset({"search:confluence"}))]

    world.connect()

    installation = world.installation()
    assert installation.state is InstallationState.DEGRADED
    assert "lacks the scope read:space:confluence" in installation.note


def test_trouble_at_atlassian_ends_the_attempt_and_keeps_what_was(
    world: World,
) -> None:
    world.connect()
    before = world.installation()
    world.sites.trouble = AtlassianUnavailableError("It is down.", "Wait.")
    attempt = world.started()

    with pytest.raises(AtlassianUnavailableError):
        world.install.finish(attempt, pair("second"))

    failed = world.install.attempt(attempt)
    assert (failed.error, failed.remedy) == ("It is down.", "Wait.")
    assert world.installation() == before
    assert world.tokens(before.grant_id) == pair()


def test_a_second_consent_renews_the_installation_and_keeps_its_settings(
    world: World,
) -> None:
    world.connect()
    before = world.installation()
    with world.begin() as stores:
        settings = replace(
            before.settings, internal_domains=frozenset({"acme.example"})
        )
        stores.installations.save(replace(before, settings=settings))

    world.connect(tokens=pair("second"))

    after = world.installation()
    assert after.id == before.id
    assert after.settings == settings
    assert after.installed_at == before.installed_at
    assert world.tokens(after.grant_id) == pair("second")
    assert world.tokens(before.grant_id) is None


def test_a_paused_site_stays_paused_when_its_consent_is_renewed(world: World) -> None:
    world.connect()
    with world.begin() as stores:
        paused = replace(world.installation(), state=InstallationState.SUSPENDED)
        stores.installations.save(paused)

    world.connect(tokens=pair("second"))

    assert world.installation().state is InstallationState.SUSPENDED


def test_a_failure_after_the_end_changes_nothing(world: World) -> None:
    attempt = world.started()
    world.install.finish(attempt, pair())

    world.install.fail(attempt, ConsentError("Too late."))

    assert world.install.attempt(attempt).status is ConsentStatus.DONE
    assert world.tokens(attempt) == pair()

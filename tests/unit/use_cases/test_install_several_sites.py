from datetime import timedelta

import pytest

from connector.domain import life
from connector.domain.consent import LIFE, ConsentStatus, GrantedSite
from connector.domain.errors import ConsentError, UsageError
from connector.domain.health import Answer, ProbedCall
from connector.domain.installation import InstallationState
from connector.domain.store_ports import Begin
from connector.use_cases.install_site import Outcome
from tests.fakes.atlassian_sites import ACME, BETA
from tests.unit.use_cases.installing import JIRA, World, pair


@pytest.fixture
def world(begin: Begin) -> World:
    return World(begin)


def test_the_site_that_was_asked_for_is_chosen(world: World) -> None:
    world.sites.sites = [ACME, BETA]

    world.connect("BETA.atlassian.example")

    assert world.installation(BETA).site == BETA.site
    assert world.sites.asked_for == ["beta-id"]


def test_a_site_the_consent_does_not_open_is_named_with_those_it_does(
    world: World,
) -> None:
    with pytest.raises(ConsentError) as caught:
        world.connect("https://beta.atlassian.example")

    assert "does not open https://beta.atlassian.example" in str(caught.value)
    assert ACME.site.url in str(caught.value)


def test_several_sites_are_offered_without_those_of_other_products(
    world: World,
) -> None:
    world.sites.sites = [ACME, JIRA, BETA]
    attempt = world.started()

    outcome = world.install.finish(attempt, pair())

    assert outcome == Outcome(choices=(ACME, BETA))
    assert world.install.choices(attempt) == (ACME, BETA)


def test_the_chosen_one_of_several_sites_is_installed(world: World) -> None:
    world.sites.sites = [ACME, BETA]
    attempt = world.started()
    world.install.finish(attempt, pair())

    world.install.choose(attempt, "beta-id")

    assert world.tokens(world.installation(BETA).grant_id) == pair()
    assert world.install.attempt(attempt).status is ConsentStatus.DONE


def test_no_choice_is_no_installation(world: World) -> None:
    world.sites.sites = [ACME, BETA]
    attempt = world.started()
    world.install.finish(attempt, pair())

    with pytest.raises(UsageError):
        world.install.choose(attempt, "")

    assert world.install.attempt(attempt).status is ConsentStatus.STARTED


def test_tokens_nobody_chose_a_site_for_are_erased_with_the_next_attempt(
    world: World,
) -> None:
    world.sites.sites = [ACME, BETA]
    attempt = world.started()
    world.install.finish(attempt, pair())
    world.now += LIFE + timedelta(seconds=1)

    world.install.ask()

    assert world.tokens(attempt) is None


def test_the_accounts_other_sites_follow_its_newest_consent(world: World) -> None:
    world.connect()
    fewer = GrantedSite(ACME.site, frozenset({"search:confluence"}))
    world.sites.sites = [fewer, BETA]

    world.connect("beta-id", pair("second"))

    acme, beta = world.installation(), world.installation(BETA)
    assert acme.grant_id == beta.grant_id
    assert acme.state is InstallationState.DEGRADED
    assert world.tokens(beta.grant_id) == pair("second")


def test_a_site_the_new_tokens_do_not_reach_keeps_its_own(world: World) -> None:
    world.connect()
    world.sites.sites = [BETA]

    world.connect(tokens=pair("second"))

    assert world.tokens(world.installation().grant_id) == pair()


def test_another_accounts_site_keeps_its_own_tokens(world: World) -> None:
    world.connect()
    world.sites.sites = [ACME, BETA]
    world.sites.account = "samir"

    world.connect("beta-id", pair("second"))

    assert world.tokens(world.installation().grant_id) == pair()


def test_a_dead_site_of_the_account_comes_back_with_its_newest_consent(
    world: World,
) -> None:
    world.connect()
    world.befall(life.GrantDied("It is dead."))
    world.sites.sites = [ACME, BETA]

    world.connect("beta-id", pair("second"))

    revived = world.installation()
    assert revived.state is InstallationState.ACTIVE
    assert revived.due_at == world.now
    assert world.tokens(revived.grant_id) == pair("second")


def test_what_a_look_found_wrong_stays_until_the_next_look(world: World) -> None:
    world.probe.calls = (
        ProbedCall("GET /spaces", "list spaces", "read:space", Answer.GONE, 410),
    )
    world.connect()
    world.probe.calls = ()
    world.sites.sites = [ACME, BETA]

    world.connect("beta-id", pair("second"))

    assert world.installation().state is InstallationState.DEGRADED
    assert world.installation().due_at == world.now


def test_a_site_that_is_not_reached_is_looked_at_at_once(world: World) -> None:
    world.connect()
    world.sites.sites = [BETA]

    world.connect(tokens=pair("second"))

    assert world.installation().due_at == world.now
    assert world.installation().state is InstallationState.ACTIVE


def test_a_paused_site_of_the_account_stays_paused(world: World) -> None:
    world.connect()
    world.befall(life.Paused())
    world.sites.sites = [ACME, BETA]

    world.connect("beta-id", pair("second"))

    assert world.installation().state is InstallationState.SUSPENDED
    assert world.installation().grant_id == world.installation(BETA).grant_id


def test_a_shared_grant_lives_as_long_as_a_site_uses_it(world: World) -> None:
    world.sites.sites = [ACME, BETA]
    world.connect("acme-id")
    world.connect("beta-id", pair("second"))
    shared = world.installation().grant_id
    world.sites.sites = [BETA]

    world.connect("beta-id", pair("third"))

    assert world.tokens(shared) == pair("second")
    assert world.installation().grant_id == shared


def test_a_choice_is_never_a_site_the_consent_does_not_open(world: World) -> None:
    world.sites.sites = [ACME, BETA]
    attempt = world.started()
    world.install.finish(attempt, pair())

    with pytest.raises(ConsentError, match="does not open"):
        world.install.choose(attempt, "jira-id")

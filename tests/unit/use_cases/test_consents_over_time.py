from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain import life
from connector.domain.care import CREDENTIALS, Alarm
from connector.domain.consent import ConsentStatus, GrantedSite
from connector.domain.errors import (
    AtlassianUnavailableError,
    ConflictError,
    ConsentError,
    RefusedError,
)
from connector.domain.grant import OLD, alarm_about
from connector.domain.installation import InstallationState
from connector.domain.store_ports import Begin
from tests.fakes.atlassian_sites import ACME, BETA
from tests.unit.use_cases.installing import World, pair

State = InstallationState
REFUSED = RefusedError("Atlassian answered 403.", "Let us in.")


@pytest.fixture
def world(begin: Begin) -> World:
    return World(begin)


def test_an_installation_is_written_down(world: World) -> None:
    world.connect()

    assert world.notices() == ["app.installed"]
    assert world.installation().due_at == world.now + life.CHECK_EVERY


def test_the_grant_says_whose_it_is_and_for_which_app(world: World) -> None:
    world.connect()

    with world.begin(write=False) as stores:
        grant = stores.grants.get(world.installation().grant_id)
    assert grant is not None
    assert (grant.account_id, grant.client_id) == ("mara", "our-app")
    assert grant.consented_at == world.now


def test_a_young_site_that_refuses_is_tried_again_and_then_limited(
    world: World,
) -> None:
    world.sites.refusals = {"acme-id": REFUSED}

    outcome = world.connect()

    assert outcome.installation is not None
    assert outcome.installation.state is State.VERIFYING
    assert "403" in outcome.installation.note
    for seconds in life.RETRIES:
        waiting = world.installation()
        assert waiting.due_at == world.now + timedelta(seconds=seconds)
        world.now += timedelta(seconds=seconds)
        world.check(waiting, "access", ACME)
    assert world.installation().state is State.DEGRADED


def test_of_a_site_that_refuses_atlassian_knows_whose_the_consent_is(
    world: World,
) -> None:
    world.sites.refusals = {"acme-id": REFUSED}
    tokens = replace(pair(), scopes=pair().scopes | {"read:me"})

    world.connect(tokens=tokens)

    assert world.installation().installing_account == "mara"


def test_where_the_profile_was_not_granted_nobody_asks_for_it(world: World) -> None:
    world.sites.refusals = {"acme-id": REFUSED}

    world.connect()

    assert world.installation().installing_account == ""


def test_trouble_after_the_consent_keeps_the_tokens_and_looks_again(
    world: World,
) -> None:
    world.probe.trouble = AtlassianUnavailableError("It is down.", "Wait.")

    world.connect()

    waiting = world.installation()
    assert waiting.state is State.VERIFYING
    assert waiting.due_at == world.now
    assert waiting.note.startswith("It is down.")
    assert world.tokens(waiting.grant_id) == pair()


def test_a_dead_consent_is_renewed_on_the_same_installation(world: World) -> None:
    world.connect()
    before = world.befall(life.GrantDied("It is dead."))
    assert before.state is State.REAUTH_REQUIRED

    world.connect(tokens=pair("second"))

    after = world.installation()
    assert (after.id, after.state) == (before.id, State.ACTIVE)
    assert world.notices()[-1] == "app.reauthorized"
    assert world.tokens(before.grant_id) is None


def test_a_renewal_ends_the_alarms_of_the_consent_it_replaces(world: World) -> None:
    world.connect()
    key = alarm_about(OLD, world.installation().grant_id)
    with world.begin() as stores:
        stores.alarms.raise_(Alarm(key, "It is old.", "Renew it.", world.now))

    world.connect(tokens=pair("second"))

    with world.begin(write=False) as stores:
        assert stores.alarms.all() == []


def test_another_administrator_may_renew_it(world: World) -> None:
    world.connect()
    world.befall(life.GrantDied("It is dead."))
    world.sites.account = "samir"

    world.connect(tokens=pair("second"))

    assert world.installation().installing_account == "samir"
    assert world.installation().state is State.ACTIVE


def test_a_site_that_was_uninstalled_is_a_new_installation(world: World) -> None:
    world.connect()
    before = world.befall(life.UninstallRequested("mara"))
    world.befall(life.Withdrawn())

    world.connect(tokens=pair("second"))

    assert world.installation().id != before.id


def test_a_site_that_is_being_uninstalled_takes_no_consent(world: World) -> None:
    world.connect()
    world.befall(life.UninstallRequested("mara"))
    attempt = world.started()

    with pytest.raises(ConflictError, match="being uninstalled"):
        world.install.finish(attempt, pair("second"))

    assert world.tokens(attempt) is None
    assert world.install.attempt(attempt).status is ConsentStatus.FAILED


def test_a_consent_of_another_app_changes_nothing(world: World) -> None:
    world.connect()
    before = world.installation()
    strange = frozenset({"write:page:confluence"})
    world.sites.sites = [GrantedSite(ACME.site, strange)]
    attempt = world.started()

    with pytest.raises(ConsentError, match="another app"):
        world.install.finish(attempt, pair("second"))

    assert world.installation() == before
    assert world.tokens(attempt) is None


def test_a_consent_for_another_installation_names_the_site_to_pick(
    world: World,
) -> None:
    world.connect()
    before = world.installation()
    world.sites.sites = [BETA]
    attempt = world.started("acme-id")

    with pytest.raises(ConsentError) as caught:
        world.install.finish(attempt, pair("second"))

    assert f"pick this site on the consent screen: {ACME.site.url}" in str(caught.value)
    assert world.installation() == before


def test_a_release_that_asks_for_more_waits_for_the_next_consent(
    world: World,
) -> None:
    world.connect()

    world.upgraded("read:embed:confluence")

    outdated = world.installation()
    assert outdated.state is State.UPGRADE_PENDING
    assert outdated.permissions == 1
    more = ACME.scopes | {"read:embed:confluence"}
    world.sites.sites = [GrantedSite(ACME.site, more)]
    world.connect(tokens=pair("second"))
    renewed = world.installation()
    assert (renewed.state, renewed.permissions) == (State.ACTIVE, 2)
    assert world.notices()[-2:] == ["app.scopes_changed", "app.upgraded"]


def test_a_release_is_told_once_however_often_it_starts(world: World) -> None:
    world.connect()
    world.upgraded("read:embed:confluence")
    told = world.notices()

    world.release()
    world.release()

    assert world.notices() == told


def test_a_release_that_asks_for_nothing_new_needs_no_consent(world: World) -> None:
    world.connect()

    world.upgraded()

    assert world.installation().state is State.ACTIVE
    assert world.installation().permissions == 2


def test_a_good_consent_ends_the_alarm_of_a_wrong_secret(world: World) -> None:
    with world.begin() as stores:
        stores.alarms.raise_(Alarm(CREDENTIALS, "Wrong.", "Mend it.", world.now))

    world.connect()

    with world.begin(write=False) as stores:
        assert stores.alarms.get(CREDENTIALS) is None

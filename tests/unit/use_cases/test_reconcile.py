"""The rounds: who is due is looked at, one question a grant, one site after another."""

from datetime import timedelta

import pytest

from connector.domain import life
from connector.domain.consent import GrantedSite
from connector.domain.errors import (
    AtlassianUnavailableError,
    CredentialsError,
    DeadGrantError,
    RefusedError,
)
from connector.domain.store_ports import Begin
from tests.fakes.atlassian_sites import ACME, BETA, SCOPES
from tests.unit.use_cases.caring import DAY, NOON, State, World, numbered

WELL = life.Checked(SCOPES, 1, account_id="mara")
HALF_A_DAY = timedelta(hours=12)
AWAY = AtlassianUnavailableError("Atlassian is away.")


@pytest.fixture
def caring(begin: Begin) -> World:
    return World(begin)


def test_a_young_installation_is_checked_and_becomes_active(caring: World) -> None:
    young = caring.install()

    rounds = caring.reconcile()

    assert caring.state(young) is State.ACTIVE
    assert rounds.looked_at == {"active": 1}
    assert caring.told(young) == ["app.installed"]
    assert caring.stored(young).due_at == NOON + DAY


def test_what_is_not_due_is_left_alone(caring: World) -> None:
    caring.install(ACME.site, WELL)

    assert not caring.reconcile.is_wanted()
    assert caring.reconcile().looked_at == {}
    assert caring.sites.asked_for == []


def test_a_refused_young_installation_is_tried_again_and_then_degraded(
    caring: World,
) -> None:
    young = caring.install()
    caring.sites.refusals["acme-id"] = RefusedError("Atlassian answered 403.")
    waited = []

    while caring.state(young) is State.VERIFYING:
        caring.reconcile()
        due_at = caring.stored(young).due_at
        assert due_at is not None
        waited.append((due_at - caring.now).total_seconds())
        caring.now = due_at

    assert waited == [5, 25, 125, 625, 86_400]
    assert caring.state(young) is State.DEGRADED


def test_one_question_serves_every_site_of_a_grant(caring: World) -> None:
    sites = [numbered(number) for number in range(250)]
    caring.sites.sites = sites
    for granted in sites:
        caring.install(granted.site)

    rounds = caring.reconcile()

    assert rounds.looked_at == {"active": 250}
    assert caring.sites.lists == 1
    assert caring.refresh.asked == ["grant-1"]
    assert len(caring.sites.asked_for) == 250


def test_a_missing_site_is_lost_after_three_checks_and_alarms(caring: World) -> None:
    installed = caring.install(ACME.site, WELL)
    caring.sites.sites = ()
    states = []

    caring.later(DAY)
    for _ in range(3):
        caring.reconcile()
        states.append(caring.state(installed))
        caring.later(HALF_A_DAY)

    assert states == [State.ACTIVE, State.ACTIVE, State.ACCESS_LOST]
    [alarm] = caring.alarms
    assert "no longer open to the consent" in alarm.message
    assert alarm.site_id == "acme-id"
    assert caring.has_tokens()


def test_a_long_loss_alarms_again_and_only_once(caring: World) -> None:
    caring.install(ACME.site, WELL)
    caring.sites.sites = ()

    counts = []
    for _ in range(40):
        caring.later(DAY)
        caring.reconcile()
        counts.append(len(caring.alarms))

    assert counts[2] == counts[31] == 1
    assert counts[-1] == 2
    assert "out of reach since" in caring.alarms[-1].message


def test_a_lost_site_that_is_back_recovers_and_its_alarms_end(caring: World) -> None:
    installed = caring.install(ACME.site, WELL)
    caring.sites.sites = ()
    for _ in range(4):
        caring.later(DAY)
        caring.reconcile()
    assert caring.state(installed) is State.ACCESS_LOST

    caring.sites.sites = (ACME,)
    caring.later(DAY)
    caring.reconcile()

    assert caring.state(installed) is State.ACTIVE
    assert caring.alarms == []
    assert caring.told(installed)[-1] == "app.recovered"


def test_a_lost_site_whose_consent_is_refused_waits_for_the_next_day(
    caring: World,
) -> None:
    installed = caring.install(ACME.site, WELL)
    caring.sites.sites = ()
    for _ in range(4):
        caring.later(DAY)
        caring.reconcile()
    caring.sites.trouble = RefusedError("Atlassian answered 403.")

    caring.later(DAY)
    caring.reconcile()

    assert caring.state(installed) is State.ACCESS_LOST
    assert caring.stored(installed).due_at == caring.now + DAY
    assert caring.told(installed)[-1] == "app.access_lost"


def test_a_paused_site_is_looked_at_beneath_its_pause(caring: World) -> None:
    paused = caring.install(ACME.site, WELL, life.Paused())
    caring.sites.sites = (GrantedSite(ACME.site, frozenset({"search:confluence"})),)

    caring.later(DAY)
    caring.reconcile()

    after = caring.stored(paused)
    assert (after.state, after.trail.beneath) == (State.SUSPENDED, State.DEGRADED)


def test_one_bad_site_stops_no_other(caring: World) -> None:
    bad, good = caring.install(), caring.install(BETA.site)
    caring.sites.sites = (ACME, BETA)
    caring.sites.refusals["acme-id"] = RuntimeError("nobody thought of that")

    rounds = caring.reconcile()

    assert caring.state(good) is State.ACTIVE
    assert caring.state(bad) is State.VERIFYING
    assert rounds.put_off == 1
    assert caring.stored(bad).due_at == NOON + timedelta(minutes=5)


def test_a_bad_grant_stops_no_other_and_its_sites_are_due_a_little_later(
    caring: World,
) -> None:
    caring.sites.sites = (ACME, BETA)
    bad, good = caring.install(), caring.install(BETA.site, grant_id="grant-2")
    caring.refresh.troubles["grant-1"] = AtlassianUnavailableError(
        "Away.", retry_after=1_000
    )

    caring.reconcile()

    assert caring.state(good) is State.ACTIVE
    assert caring.stored(bad).due_at == NOON + timedelta(seconds=1_000)
    assert caring.state(bad) is State.VERIFYING


def test_an_outage_is_not_waited_for_again_and_again(caring: World) -> None:
    for number in range(20):
        grant_id = f"grant-{number}"
        caring.install(numbered(number).site, grant_id=grant_id)
        caring.refresh.troubles[grant_id] = AWAY

    rounds = caring.reconcile()

    assert rounds.put_off == 20
    assert len(caring.refresh.asked) == 3


def test_a_dead_grant_leaves_the_sites_to_whoever_buried_it(caring: World) -> None:
    installed = caring.install()
    caring.refresh.troubles["grant-1"] = DeadGrantError("Dead.")

    with pytest.raises(DeadGrantError):
        caring.reconcile.site(installed.id)

    assert caring.stored(installed).due_at == NOON + DAY


def test_a_wrong_secret_changes_no_site(caring: World) -> None:
    installed = caring.install(ACME.site, WELL)
    caring.refresh.troubles["grant-1"] = CredentialsError("The secret is wrong.")

    caring.later(DAY)
    caring.reconcile()

    assert caring.state(installed) is State.ACTIVE
    assert caring.stored(installed).due_at == caring.now + timedelta(minutes=5)


def test_a_site_without_tokens_asks_for_a_consent(caring: World) -> None:
    installed = caring.install()
    with caring.begin() as stores:
        stores.grants.erase("grant-1")
    caring.refresh.troubles["grant-1"] = DeadGrantError("There are no tokens.")

    caring.reconcile()

    after = caring.stored(installed)
    assert (after.state, after.due_at) == (State.REAUTH_REQUIRED, None)
    assert "casb install --site https://acme.atlassian.example" in after.note


def test_a_token_that_was_revoked_early_is_refreshed_once(caring: World) -> None:
    installed = caring.install()
    caring.sites.trouble = RefusedError("Atlassian answered 401.")

    caring.reconcile()

    assert caring.refresh.rejected == ["grant-1-0-access"]
    assert caring.state(installed) is State.VERIFYING
    assert caring.stored(installed).trail.refusals == 1


def test_the_rounds_stop_when_they_are_told_to(caring: World) -> None:
    caring.sites.sites = [numbered(number) for number in range(5)]
    for granted in caring.sites.sites:
        caring.install(granted.site)
    left = iter([True, True, False])

    caring.reconcile(lambda: next(left))

    assert len(caring.sites.asked_for) == 2


def test_an_uninstallation_that_was_interrupted_is_finished(caring: World) -> None:
    leaving = caring.install(ACME.site, WELL, life.UninstallRequested())

    caring.reconcile()

    assert caring.state(leaving) is State.UNINSTALLED


def test_an_ended_installation_is_purged_after_three_weeks(caring: World) -> None:
    gone = caring.install(ACME.site, life.UninstallRequested(), life.Withdrawn())

    caring.later(20 * DAY)
    caring.reconcile()
    before = caring.state(gone)
    caring.later(DAY)
    caring.reconcile()

    assert before is State.UNINSTALLED
    assert caring.state(gone) is State.PURGED
    assert not caring.reconcile.is_wanted()

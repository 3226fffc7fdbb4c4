from dataclasses import replace

import pytest

from connector.domain import life
from connector.domain.consent import GrantedSite
from connector.domain.errors import (
    AtlassianUnavailableError,
    RefusedError,
    ScopeError,
)
from connector.domain.health import Answer, ProbedCall
from connector.domain.installation import (
    Installation,
    InstallationState,
    SiteSettings,
)
from connector.domain.points import APP
from connector.domain.store_ports import Begin
from connector.use_cases.check_site import CALLS_GONE, CALLS_REFUSED
from tests.fakes.atlassian_sites import ACME
from tests.unit.use_cases.installing import ASKED, World

State = InstallationState
REFUSED = RefusedError("Atlassian answered 403.", "Let us in.")
GONE = RefusedError("Atlassian answered 404.", is_gone=True)


@pytest.fixture
def world(begin: Begin) -> World:
    world = World(begin)
    world.connect()
    return world


def check(world: World, granted: GrantedSite | None = ACME) -> Installation:
    return world.check(world.installation(), "access", granted)


def call(answer: Answer, status: int = 200) -> ProbedCall:
    return ProbedCall("GET /spaces", "list spaces", "read:space", answer, status)


def test_a_site_that_answers_is_active_and_looked_at_tomorrow(world: World) -> None:
    after = check(world)

    assert after.state is State.ACTIVE
    assert after.due_at == world.now + life.CHECK_EVERY
    assert world.probe.probed == ["acme-id", "acme-id"]


def test_the_scopes_of_the_account_stay_with_those_of_the_site(world: World) -> None:
    assert check(world).scopes == ASKED


def test_a_token_that_lacks_the_site_counts_as_a_miss(world: World) -> None:
    after = check(world, None)

    assert after.state is State.ACTIVE
    assert after.trail.misses == 1
    assert world.sites.asked_for == ["acme-id"]


def test_a_scope_that_went_away_degrades_the_site(world: World) -> None:
    after = check(world, replace(ACME, scopes=frozenset({"search:confluence"})))

    assert (after.state, after.reason) == (State.DEGRADED, life.SCOPES_MISSING)
    assert "read:space:confluence" in after.note


def test_a_refusal_of_a_known_site_degrades_it(world: World) -> None:
    world.sites.refusals = {"acme-id": REFUSED}

    after = check(world)

    assert (after.state, after.reason) == (State.DEGRADED, life.REFUSED)
    assert after.note == "Atlassian answered 403. Let us in."


def test_a_known_site_that_is_not_there_counts_as_a_miss(world: World) -> None:
    world.sites.refusals = {"acme-id": GONE}

    assert check(world).trail.misses == 1


def test_a_scope_that_the_gateway_misses_degrades_the_site(world: World) -> None:
    world.sites.refusals = {"acme-id": ScopeError("It lacks read:confluence-user.")}

    after = check(world)

    assert (after.state, after.reason) == (State.DEGRADED, life.SCOPES_MISSING)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer.SCOPE_MISSING, life.SCOPES_MISSING),
        (Answer.GONE, CALLS_GONE),
        (Answer.FORBIDDEN, CALLS_REFUSED),
    ],
)
def test_what_the_probe_finds_degrades_the_site(
    world: World, answer: Answer, reason: str
) -> None:
    world.probe.calls = (call(answer, 410),)

    after = check(world)

    assert (after.state, after.reason) == (State.DEGRADED, reason)
    assert "GET /spaces" in after.note


def test_a_site_that_is_well_again_recovers(world: World) -> None:
    world.probe.calls = (call(Answer.GONE, 410),)
    check(world)
    world.probe.calls = ()

    assert check(world).state is State.ACTIVE
    assert world.notices()[-1] == "app.recovered"


def test_a_lost_site_that_is_seen_again_works_at_once(world: World) -> None:
    for _ in range(life.MISSES):
        check(world, None)
        world.now += life.LOOK_AGAIN
    assert world.installation().state is State.ACCESS_LOST

    assert check(world).state is State.ACTIVE


def test_a_paused_site_is_checked_behind_its_pause(world: World) -> None:
    world.befall(life.Paused())
    world.sites.refusals = {"acme-id": REFUSED}

    after = check(world)

    assert after.state is State.SUSPENDED
    assert after.trail.beneath is State.DEGRADED


def test_no_answer_from_atlassian_changes_nothing(world: World) -> None:
    before = world.installation()
    world.probe.trouble = AtlassianUnavailableError("It is down.")

    with pytest.raises(AtlassianUnavailableError):
        check(world)

    assert world.installation() == before


def test_a_check_with_an_older_grant_says_nothing_about_a_newer_one(
    world: World,
) -> None:
    before = world.installation()
    world.connect()

    after = world.check(before, "old-access", None)

    assert after.trail.misses == 0
    assert after.grant_id != before.grant_id


def taken(world: World, account: str) -> int:
    with world.begin(write=False) as stores:
        return stores.points.state(account).taken


def test_what_a_check_spends_is_counted(world: World) -> None:
    before = taken(world, APP)
    world.probe.calls = (replace(call(Answer.OK), points=3),)

    check(world)

    assert taken(world, APP) - before == 3 + 3


def test_a_refusal_costs_the_call(world: World) -> None:
    before = taken(world, APP)
    world.sites.refusals = {"acme-id": REFUSED}

    check(world)

    assert taken(world, APP) - before == 1


def test_the_check_of_a_site_with_its_own_quota_counts_there(world: World) -> None:
    own = replace(world.installation(), settings=SiteSettings(points_per_hour=1_000))
    with world.begin() as stores:
        stores.installations.save(own)
    before = taken(world, APP)

    check(world)

    assert (taken(world, APP) - before, taken(world, "acme-id")) == (0, 3)

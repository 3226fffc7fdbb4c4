"""What each event makes of an installation in each state (installation 2.1)."""

from dataclasses import replace

import pytest

from connector.domain import life
from connector.domain.installation import Installation, InstallationState
from connector.domain.life import NoticeKind
from connector.domain.life_steps import advance
from tests.unit.domain import lives
from tests.unit.domain.lives import (
    CONSENT,
    DAY,
    DEAD,
    EVENTS,
    FRESH,
    HOUR,
    LACKING,
    MISSING,
    NOON,
    OVER,
    PAUSE,
    REFUSED,
    RESUME,
    SAME,
    SEEN,
    TOO_OLD,
    TROUBLED,
    UNINSTALL,
    WELL,
    WIDER,
    WITHDRAWN,
    State,
    after,
    in_state,
    lost,
)

V, A, U, D = State.VERIFYING, State.ACTIVE, State.UPGRADE_PENDING, State.DEGRADED
R, L, S = State.REAUTH_REQUIRED, State.ACCESS_LOST, State.SUSPENDED
LEAVING, GONE, PURGED = State.UNINSTALLING, State.UNINSTALLED, State.PURGED
Kind = NoticeKind

TRANSITIONS: list[tuple[State, life.Event, State, list[NoticeKind]]] = [
    (V, WELL, A, [Kind.INSTALLED]),
    (V, LACKING, D, [Kind.INSTALLED, Kind.DEGRADED]),
    (V, TROUBLED, D, [Kind.INSTALLED, Kind.DEGRADED]),
    (V, TOO_OLD, U, [Kind.INSTALLED, Kind.UPGRADE_AVAILABLE]),
    (V, REFUSED, V, []),
    (V, CONSENT, V, []),
    (V, MISSING, V, []),
    (V, DEAD, R, [Kind.REAUTH_REQUIRED]),
    (V, PAUSE, S, [Kind.SUSPENDED]),
    (V, UNINSTALL, LEAVING, [Kind.PRE_UNINSTALL]),
    (A, CONSENT, V, []),
    (A, WELL, A, []),
    (A, LACKING, D, [Kind.DEGRADED]),
    (A, TROUBLED, D, [Kind.DEGRADED]),
    (A, TOO_OLD, U, [Kind.UPGRADE_AVAILABLE]),
    (A, REFUSED, D, [Kind.DEGRADED]),
    (A, WIDER, U, [Kind.UPGRADE_AVAILABLE]),
    (A, SAME, A, []),
    (A, DEAD, R, [Kind.REAUTH_REQUIRED]),
    (A, MISSING, A, []),
    (A, PAUSE, S, [Kind.SUSPENDED]),
    (A, UNINSTALL, LEAVING, [Kind.PRE_UNINSTALL]),
    (U, CONSENT, V, []),
    (U, WELL, A, [Kind.UPGRADED]),
    (U, TOO_OLD, U, []),
    (U, TROUBLED, D, [Kind.DEGRADED]),
    (U, REFUSED, D, [Kind.DEGRADED]),
    (U, WIDER, U, []),
    (U, DEAD, R, [Kind.REAUTH_REQUIRED]),
    (U, MISSING, U, []),
    (U, PAUSE, S, [Kind.SUSPENDED]),
    (U, UNINSTALL, LEAVING, [Kind.PRE_UNINSTALL]),
    (D, CONSENT, V, []),
    (D, WELL, A, [Kind.RECOVERED]),
    (D, LACKING, D, []),
    (D, TROUBLED, D, [Kind.DEGRADED]),
    (D, REFUSED, D, [Kind.DEGRADED]),
    (D, WIDER, U, [Kind.UPGRADE_AVAILABLE]),
    (D, DEAD, R, [Kind.REAUTH_REQUIRED]),
    (D, MISSING, D, []),
    (D, PAUSE, S, [Kind.SUSPENDED]),
    (D, UNINSTALL, LEAVING, [Kind.PRE_UNINSTALL]),
    (R, CONSENT, V, []),
    (R, PAUSE, S, [Kind.SUSPENDED]),
    (R, UNINSTALL, LEAVING, [Kind.PRE_UNINSTALL]),
    (L, CONSENT, V, []),
    (L, SEEN, V, []),
    (L, MISSING, L, []),
    (L, REFUSED, L, []),
    (L, DEAD, R, [Kind.REAUTH_REQUIRED]),
    (L, PAUSE, S, [Kind.SUSPENDED]),
    (L, UNINSTALL, LEAVING, [Kind.PRE_UNINSTALL]),
    (S, RESUME, A, [Kind.RESUMED]),
    (S, CONSENT, S, []),
    (S, WELL, S, []),
    (S, LACKING, S, [Kind.DEGRADED]),
    (S, TROUBLED, S, [Kind.DEGRADED]),
    (S, TOO_OLD, S, [Kind.UPGRADE_AVAILABLE]),
    (S, REFUSED, S, [Kind.DEGRADED]),
    (S, WIDER, S, [Kind.UPGRADE_AVAILABLE]),
    (S, SAME, S, []),
    (S, DEAD, S, [Kind.REAUTH_REQUIRED]),
    (S, MISSING, S, []),
    (S, UNINSTALL, LEAVING, [Kind.PRE_UNINSTALL]),
    (LEAVING, WITHDRAWN, GONE, [Kind.UNINSTALLED]),
    (GONE, OVER, PURGED, [Kind.PURGED]),
]
TAKEN = {(state, type(event)) for state, event, _, _ in TRANSITIONS}
MEANINGLESS = [
    (state, event)
    for state in State
    for event in EVENTS
    if (state, type(event)) not in TAKEN
]


@pytest.mark.parametrize(("before", "event", "expected", "told"), TRANSITIONS)
def test_an_event_leads_from_a_state_to_a_state(
    before: State, event: life.Event, expected: State, told: list[NoticeKind]
) -> None:
    step = advance(in_state(before), event, NOON)

    assert step.installation.state is expected
    assert [notice.kind for notice in step.notices] == told


@pytest.mark.parametrize(("state", "event"), MEANINGLESS)
def test_an_event_that_means_nothing_changes_nothing_and_is_logged(
    state: InstallationState, event: life.Event
) -> None:
    step = advance(in_state(state), event, NOON)

    assert step.installation == in_state(state)
    [notice] = step.notices
    assert notice.kind is NoticeKind.IGNORED
    assert notice.detail["event"] == type(event).__name__


def test_every_state_can_be_reached() -> None:
    assert {in_state(state).state for state in State} == set(State)


def test_a_young_installation_is_tried_again_for_a_quarter_of_an_hour() -> None:
    installation, now, waited = FRESH, NOON, []

    while installation.state is State.VERIFYING:
        installation = advance(installation, REFUSED, now).installation
        assert installation.due_at is not None
        waited.append((installation.due_at - now).total_seconds())
        now = installation.due_at

    assert waited == [5, 25, 125, 625, 86_400]
    assert (installation.state, installation.reason) == (State.DEGRADED, life.REFUSED)
    assert installation.note == REFUSED.note


def test_two_misses_are_not_enough_and_three_within_a_day_neither() -> None:
    twice = after(WELL, MISSING, MISSING, every=2 * DAY)
    thrice = after(WELL, MISSING, MISSING, MISSING, every=HOUR)

    assert (twice.state, thrice.state) == (State.ACTIVE, State.ACTIVE)
    assert thrice.trail.misses == 3


def test_a_site_missing_for_three_checks_over_a_day_is_lost() -> None:
    installation = after(WELL)
    now = installation.due_at or NOON

    states = []
    for _ in range(3):
        installation = advance(installation, MISSING, now).installation
        states.append(installation.state)
        now = installation.due_at or NOON

    assert states == [State.ACTIVE, State.ACTIVE, State.ACCESS_LOST]
    assert "no longer open to the consent" in installation.note


@pytest.mark.parametrize("seen", [WELL, LACKING, REFUSED])
def test_a_site_that_was_seen_in_between_was_not_missing(seen: life.Event) -> None:
    installation = after(
        WELL, MISSING, MISSING, seen, MISSING, MISSING, every=12 * HOUR
    )

    assert installation.state is not State.ACCESS_LOST
    assert installation.trail.misses == 2


def test_after_thirty_days_of_loss_there_is_one_more_alarm_and_no_third() -> None:
    installation, told = lost(), []

    for day in range(1, 90):
        step = advance(installation, MISSING, NOON + day * DAY)
        installation = step.installation
        told += [(day, notice.kind) for notice in step.notices]

    assert told == [(30, NoticeKind.ACCESS_LOST)]
    assert installation.state is State.ACCESS_LOST


def test_a_lost_site_that_is_back_is_checked_and_has_recovered() -> None:
    verifying = after(SEEN, start=lost())

    step = advance(verifying, WELL, NOON)

    assert (verifying.state, verifying.due_at) == (State.VERIFYING, NOON)
    assert verifying.trail.misses == 0
    assert step.installation.state is State.ACTIVE
    assert [n.kind for n in step.notices] == [NoticeKind.RECOVERED]


def test_a_new_consent_revives_the_same_installation() -> None:
    dead = in_state(State.REAUTH_REQUIRED)

    verifying = after(CONSENT, start=dead)
    step = advance(verifying, replace(WELL, permissions=2), NOON)

    assert verifying.grant_id == "grant-2"
    assert step.installation.id == dead.id
    assert step.installation.state is State.ACTIVE
    assert [n.kind for n in step.notices] == [NoticeKind.REAUTHORIZED]


def test_whoever_consented_to_everything_is_not_behind_but_lacks_something() -> None:
    asked_for_all = after(WELL, CONSENT)

    step = advance(asked_for_all, TOO_OLD, NOON)

    assert step.installation.state is State.DEGRADED
    assert step.installation.reason == life.SCOPES_MISSING
    assert "read:audit-log:confluence" in step.installation.note


def test_other_scopes_are_told_of() -> None:
    fewer = replace(WELL, scopes=frozenset({"search:confluence"}))

    [notice] = advance(after(WELL), fewer, NOON).notices

    assert notice.kind is NoticeKind.SCOPES_CHANGED
    assert notice.detail == {"added": "", "removed": "read:space:confluence"}


def test_a_release_that_asks_for_nothing_new_lets_the_site_be() -> None:
    active = after(WELL)

    assert after(SAME, start=active) == active
    assert after(life.Released(2), start=active).permissions == 2


@pytest.mark.parametrize("state", [V, A, U, D, R, L])
def test_a_pause_hides_a_state_and_its_end_uncovers_it(state: State) -> None:
    before = in_state(state)

    paused = after(PAUSE, start=before)
    resumed = after(RESUME, start=paused)

    assert (paused.state, paused.trail.beneath) == (State.SUSPENDED, state)
    assert resumed.state is state
    assert resumed.trail == before.trail


def test_life_goes_on_beneath_a_pause() -> None:
    paused = in_state(State.SUSPENDED)

    dead = after(DEAD, RESUME, start=paused)
    renewed = after(CONSENT, WELL, RESUME, start=paused)
    missed = after(MISSING, MISSING, MISSING, RESUME, start=paused, every=12 * HOUR)

    assert dead.state is State.REAUTH_REQUIRED
    assert (renewed.state, renewed.grant_id) == (State.ACTIVE, "grant-2")
    assert missed.state is State.ACCESS_LOST


def test_an_uninstalled_site_is_kept_for_three_weeks() -> None:
    gone = in_state(State.UNINSTALLED)

    assert gone.ended_at == NOON
    assert gone.due_at == NOON + 21 * DAY


def test_a_purge_leaves_a_tombstone_and_no_personal_data() -> None:
    uninstalled = lives.with_past(in_state(State.UNINSTALLED))

    tombstone = after(OVER, start=uninstalled)

    assert tombstone == Installation(
        id=uninstalled.id,
        site=replace(uninstalled.site, name=""),
        grant_id="",
        state=State.PURGED,
        installed_at=uninstalled.installed_at,
        ended_at=uninstalled.ended_at,
    )

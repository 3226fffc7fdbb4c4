"""What each event makes of an installation in each state."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from connector.domain import life, life_checks
from connector.domain.installation import Installation, InstallationState, Trail
from connector.domain.life import Notice, NoticeKind, Step
from connector.domain.life_checks import found, in_state, with_trail

State = InstallationState

RUNNING = frozenset({State.ACTIVE, State.UPGRADE_PENDING, State.DEGRADED})
CONNECTED = RUNNING | {State.VERIFYING}
LIVE = CONNECTED | {State.REAUTH_REQUIRED, State.ACCESS_LOST, State.SUSPENDED}
STOPPED = LIVE - CONNECTED
HIDDEN_BY_PAUSE = LIVE - {State.SUSPENDED}


def advance(installation: Installation, event: life.Event, now: datetime) -> Step:
    """Return the installation after an event, and the notices it gives rise to."""
    states, take = STEPS[type(event)]
    if installation.state not in states:
        return _ignored(installation, event)
    if installation.state is State.SUSPENDED and type(event) not in OF_THE_PAUSE:
        step = _beneath(installation, event, now)
    else:
        step = take(installation, event, now)
    return _since_when(step, installation.trail.stopped_at, now)


def _since_when(step: Step, stopped_at: datetime | None, now: datetime) -> Step:
    """Keep since when a site cannot be scanned, until it can be again."""
    after = step.installation
    if after.state in STOPPED:
        stopped_at = stopped_at or now
    elif after.state is not State.VERIFYING or after.trail.came_from not in STOPPED:
        stopped_at = None
    if after.trail.stopped_at == stopped_at:
        return step
    return replace(step, installation=with_trail(after, stopped_at=stopped_at))


def _beneath(installation: Installation, event: life.Event, now: datetime) -> Step:
    """Let a paused installation go on with its life behind the pause."""
    hidden = installation.trail.beneath or State.VERIFYING
    step = advance(in_state(installation, hidden, beneath=None), event, now)
    after = step.installation
    paused = in_state(after, State.SUSPENDED, beneath=after.state)
    return Step(paused, step.notices)


def _grant_died(
    installation: Installation, event: life.GrantDied, now: datetime
) -> Step:
    dead = in_state(
        replace(installation, note=event.note, reason="", due_at=None),
        State.REAUTH_REQUIRED,
        came_from=None,
    )
    return Step(dead, (Notice(NoticeKind.REAUTH_REQUIRED, {"note": event.note}),))


def _site_missing(
    installation: Installation, event: life.SiteMissing, now: datetime
) -> Step:
    if installation.state is State.ACCESS_LOST:
        return _still_lost(installation, now)
    trail = installation.trail
    since = trail.missed_since or now
    again = replace(installation, due_at=now + life.LOOK_AGAIN)
    missed = with_trail(again, misses=trail.misses + 1, missed_since=since)
    if missed.trail.misses < life.MISSES or now - since < life.MISSING_FOR:
        return Step(missed)
    note = (
        f"{installation.site.url} is no longer open to the consent: the site is gone, "
        "or the app was removed there. Everything found so far is kept."
    )
    lost = replace(missed, state=State.ACCESS_LOST, note=note, reason="")
    lost = with_trail(lost, came_from=None, lost_at=now)
    return Step(lost, (Notice(NoticeKind.ACCESS_LOST, {"note": note}),))


def _check_refused(
    installation: Installation, event: life.CheckRefused, now: datetime
) -> Step:
    if installation.state is State.ACCESS_LOST:
        # The list of sites was refused: nothing is known of this one.
        return _still_lost(installation, now)
    return life_checks.check_refused(installation, event, now)


def _still_lost(installation: Installation, now: datetime) -> Step:
    again = replace(installation, due_at=now + life.CHECK_EVERY)
    lost_at = installation.trail.lost_at or now
    if installation.trail.alarmed_again_at or now - lost_at < life.LOST_FOR:
        return Step(again)
    detail = {"note": installation.note, "lost_at": lost_at.isoformat()}
    alarmed = with_trail(again, alarmed_again_at=now)
    return Step(alarmed, (Notice(NoticeKind.ACCESS_LOST, detail),))


def _site_seen(installation: Installation, event: life.SiteSeen, now: datetime) -> Step:
    back = in_state(
        replace(installation, note="", due_at=now),
        State.VERIFYING,
        came_from=State.ACCESS_LOST,
        refusals=0,
    )
    return Step(found(back))


def _paused(installation: Installation, event: life.Paused, now: datetime) -> Step:
    paused = in_state(installation, State.SUSPENDED, beneath=installation.state)
    return Step(paused, (Notice(NoticeKind.SUSPENDED),))


def _resumed(installation: Installation, event: life.Resumed, now: datetime) -> Step:
    beneath = installation.trail.beneath or State.VERIFYING
    due = None if beneath is State.REAUTH_REQUIRED else now
    resumed = in_state(replace(installation, due_at=due), beneath, beneath=None)
    return Step(resumed, (Notice(NoticeKind.RESUMED),))


def _uninstall_requested(
    installation: Installation, event: life.UninstallRequested, now: datetime
) -> Step:
    leaving = replace(
        installation,
        state=State.UNINSTALLING,
        grant_id="",
        note="",
        reason="",
        due_at=now,
        trail=Trail(),
    )
    return Step(leaving, (Notice(NoticeKind.PRE_UNINSTALL, {"by": event.by}),))


def _withdrawn(
    installation: Installation, event: life.Withdrawn, now: datetime
) -> Step:
    gone = replace(
        installation,
        state=State.UNINSTALLED,
        ended_at=now,
        due_at=now + life.KEPT_FOR,
    )
    return Step(gone, (Notice(NoticeKind.UNINSTALLED),))


def _retention_over(
    installation: Installation, event: life.RetentionOver, now: datetime
) -> Step:
    tombstone = Installation(
        id=installation.id,
        site=replace(installation.site, name=""),
        grant_id="",
        state=State.PURGED,
        profile=installation.profile,
        installed_at=installation.installed_at,
        ended_at=installation.ended_at,
    )
    return Step(tombstone, (Notice(NoticeKind.PURGED),))


def _ignored(installation: Installation, event: life.Event) -> Step:
    detail = {"event": type(event).__name__, "state": installation.state.value}
    return Step(installation, (Notice(NoticeKind.IGNORED, detail),))


Take = Callable[[Installation, Any, datetime], Step]

OF_THE_PAUSE = frozenset({life.Resumed, life.UninstallRequested})
STEPS: dict[type, tuple[frozenset[InstallationState], Take]] = {
    life.ConsentGranted: (LIVE, life_checks.consent_granted),
    life.Checked: (CONNECTED | {State.SUSPENDED}, life_checks.checked),
    life.CheckRefused: (
        CONNECTED | {State.ACCESS_LOST, State.SUSPENDED},
        _check_refused,
    ),
    life.Released: (RUNNING | {State.SUSPENDED}, life_checks.released),
    life.GrantDied: (LIVE - {State.REAUTH_REQUIRED}, _grant_died),
    life.SiteMissing: (
        CONNECTED | {State.ACCESS_LOST, State.SUSPENDED},
        _site_missing,
    ),
    life.SiteSeen: (frozenset({State.ACCESS_LOST, State.SUSPENDED}), _site_seen),
    life.Paused: (HIDDEN_BY_PAUSE, _paused),
    life.Resumed: (frozenset({State.SUSPENDED}), _resumed),
    life.UninstallRequested: (LIVE, _uninstall_requested),
    life.Withdrawn: (frozenset({State.UNINSTALLING}), _withdrawn),
    life.RetentionOver: (frozenset({State.UNINSTALLED}), _retention_over),
}

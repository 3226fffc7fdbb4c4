"""Installations in every state, and every event, for tests of their life."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from casb_sdk import Site
from connector.domain import life
from connector.domain.installation import Installation, InstallationState, Trail
from connector.domain.life_steps import advance

State = InstallationState

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SCOPES = frozenset({"search:confluence", "read:space:confluence"})
FRESH = Installation(
    id="installation-1",
    site=Site("acme-id", "https://acme.atlassian.example", "acme"),
    grant_id="grant-1",
    state=State.VERIFYING,
    installed_at=NOON,
    due_at=NOON,
)

CONSENT = life.ConsentGranted("grant-2", "current", 2)
WELL = life.Checked(SCOPES, 1, account_id="mara")
LACKING = life.Checked(SCOPES, 1, missing=("read:audit-log:confluence",))
TOO_OLD = life.Checked(SCOPES, 2, missing=("read:audit-log:confluence",))
TROUBLED = life.Checked(SCOPES, 1, trouble=life.Trouble("calls_gone", "Gone."))
REFUSED = life.CheckRefused("Atlassian answered 403.")
WIDER = life.Released(2, ("read:audit-log:confluence",))
SAME = life.Released(1)
DEAD = life.GrantDied("Atlassian no longer accepts this consent.")
MISSING = life.SiteMissing()
SEEN = life.SiteSeen()
PAUSE = life.Paused()
RESUME = life.Resumed()
UNINSTALL = life.UninstallRequested("ada")
WITHDRAWN = life.Withdrawn()
OVER = life.RetentionOver()
EVENTS = (
    CONSENT,
    WELL,
    LACKING,
    TOO_OLD,
    TROUBLED,
    REFUSED,
    WIDER,
    SAME,
    DEAD,
    MISSING,
    SEEN,
    PAUSE,
    RESUME,
    UNINSTALL,
    WITHDRAWN,
    OVER,
)


def after(
    *events: life.Event,
    start: Installation = FRESH,
    at: datetime = NOON,
    every: timedelta = timedelta(0),
) -> Installation:
    """Return an installation after events, the time between two of them apart."""
    installation = start
    for number, event in enumerate(events):
        installation = advance(installation, event, at + number * every).installation
    return installation


def lost(start: Installation = FRESH) -> Installation:
    """Return an installation that was missed three times within a day."""
    return after(
        WELL, *[MISSING] * 3, start=start, at=NOON - 36 * HOUR, every=12 * HOUR
    )


def in_state(state: InstallationState) -> Installation:
    """Return an installation that came to a state the way installations do."""
    if state is State.ACCESS_LOST:
        return lost()
    ways: dict[State, tuple[life.Event, ...]] = {
        State.VERIFYING: (),
        State.ACTIVE: (WELL,),
        State.UPGRADE_PENDING: (WELL, WIDER),
        State.DEGRADED: (LACKING,),
        State.REAUTH_REQUIRED: (WELL, DEAD),
        State.SUSPENDED: (WELL, PAUSE),
        State.UNINSTALLING: (WELL, UNINSTALL),
        State.UNINSTALLED: (WELL, UNINSTALL, WITHDRAWN),
        State.PURGED: (WELL, UNINSTALL, WITHDRAWN, OVER),
    }
    return after(*ways[state])


def with_past(installation: Installation) -> Installation:
    """Return an installation with everything a long life leaves behind."""
    return replace(
        installation,
        installing_account="mara",
        note="Mara Lindqvist",
        learnt="something",
        trail=Trail(verified_at=NOON, misses=2, missed_since=NOON),
    )

"""What consents, checks and releases make of an installation."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connector.domain import life
from connector.domain.installation import Installation, InstallationState
from connector.domain.life import Notice, NoticeKind, Step

State = InstallationState


def consent_granted(
    installation: Installation, event: life.ConsentGranted, now: datetime
) -> Step:
    """Take a consent: the site is checked before anything else happens."""
    came_from = installation.state
    if came_from is State.VERIFYING:
        came_from = installation.trail.came_from or State.VERIFYING
    verifying = in_state(
        replace(
            installation,
            grant_id=event.grant_id,
            profile=event.profile,
            permissions=event.permissions,
            note="",
            due_at=now,
        ),
        State.VERIFYING,
        came_from=came_from,
        refusals=0,
    )
    return Step(found(verifying))


def checked(installation: Installation, event: life.Checked, now: datetime) -> Step:
    """Take what a check of the site found."""
    state, trouble = _judged(installation, event)
    after = replace(
        found(installation),
        state=state,
        scopes=event.scopes,
        permissions=_permissions(installation, event.permissions, event.missing),
        installing_account=event.account_id or installation.installing_account,
        note=trouble.note if trouble else "",
        reason=trouble.reason if trouble else "",
        due_at=now + life.CHECK_EVERY,
    )
    verified_at = installation.trail.verified_at or now
    after = with_trail(after, came_from=None, refusals=0, verified_at=verified_at)
    return Step(after, _notices_of_check(installation, after))


def _judged(
    installation: Installation, event: life.Checked
) -> tuple[InstallationState, life.Trouble | None]:
    if event.missing:
        is_older = installation.permissions < event.permissions
        state = State.UPGRADE_PENDING if is_older else State.DEGRADED
        return state, scopes_trouble(event.missing)
    if event.trouble:
        return State.DEGRADED, event.trouble
    return State.ACTIVE, None


def _notices_of_check(before: Installation, after: Installation) -> tuple[Notice, ...]:
    was = before.trail.came_from or before.state
    notices = []
    if before.trail.verified_at is None:
        notices.append(Notice(NoticeKind.INSTALLED))
    elif before.scopes != after.scopes:
        notices.append(_scopes_changed(before, after))
    if was is State.REAUTH_REQUIRED:
        notices.append(Notice(NoticeKind.REAUTHORIZED))
    if after.state is State.ACTIVE:
        notices += _better(was)
    elif (after.state, after.reason) != (was, before.reason):
        notices.append(_worse(after))
    return tuple(notices)


def _better(was: InstallationState) -> list[Notice]:
    kinds = {
        State.UPGRADE_PENDING: NoticeKind.UPGRADED,
        State.DEGRADED: NoticeKind.RECOVERED,
        State.ACCESS_LOST: NoticeKind.RECOVERED,
    }
    return [Notice(kinds[was])] if was in kinds else []


def _worse(after: Installation) -> Notice:
    is_old = after.state is State.UPGRADE_PENDING
    kind = NoticeKind.UPGRADE_AVAILABLE if is_old else NoticeKind.DEGRADED
    return Notice(kind, {"reason": after.reason, "note": after.note})


def _scopes_changed(before: Installation, after: Installation) -> Notice:
    return Notice(
        NoticeKind.SCOPES_CHANGED,
        {
            "added": " ".join(sorted(after.scopes - before.scopes)),
            "removed": " ".join(sorted(before.scopes - after.scopes)),
        },
    )


def check_refused(
    installation: Installation, event: life.CheckRefused, now: datetime
) -> Step:
    """Take a refusal: a young installation is tried again for a quarter of an hour.

    Whoever refuses knows the site, so a site that was missing is not missing any more.
    """
    tries = installation.trail.refusals
    retries = life.RETRIES if installation.state is State.VERIFYING else ()
    if tries < len(retries):
        later = now + timedelta(seconds=retries[tries])
        waiting = replace(found(installation), note=event.note, due_at=later)
        return Step(with_trail(waiting, refusals=tries + 1))
    degraded = replace(
        found(installation),
        state=State.DEGRADED,
        note=event.note,
        reason=life.REFUSED,
        due_at=now + life.CHECK_EVERY,
    )
    degraded = with_trail(degraded, came_from=None, refusals=0)
    was = installation.trail.came_from or installation.state
    is_new = (was, installation.reason) != (State.DEGRADED, life.REFUSED)
    return Step(degraded, (_worse(degraded),) if is_new else ())


def released(installation: Installation, event: life.Released, now: datetime) -> Step:
    """Take a release: whoever consented to less goes on with that, and is told."""
    permissions = _permissions(installation, event.permissions, event.missing)
    if not event.missing or permissions >= event.permissions:
        is_settled = (installation.state, installation.permissions) == (
            State.ACTIVE,
            permissions,
        )
        due_at = installation.due_at if is_settled else now
        return Step(replace(installation, permissions=permissions, due_at=due_at))
    trouble = scopes_trouble(event.missing)
    pending = replace(
        installation,
        state=State.UPGRADE_PENDING,
        note=trouble.note,
        reason=trouble.reason,
    )
    is_new = installation.state is not State.UPGRADE_PENDING
    return Step(pending, (_worse(pending),) if is_new else ())


def scopes_trouble(missing: tuple[str, ...]) -> life.Trouble:
    """Return what missing scopes mean, and what to do about them."""
    names = f"the scope{'s' if len(missing) > 1 else ''} {', '.join(sorted(missing))}"
    return life.Trouble(
        life.SCOPES_MISSING,
        f"The consent lacks {names}. Add what is missing to the OAuth app in "
        "Atlassian's developer console, then run `casb install` again.",
    )


def _permissions(
    installation: Installation, asked: int, missing: tuple[str, ...]
) -> int:
    """Return the version consented to: whoever granted it all has the newest."""
    return installation.permissions if missing else max(asked, installation.permissions)


def found(installation: Installation) -> Installation:
    """Return an installation whose site is there."""
    return with_trail(
        installation, misses=0, missed_since=None, lost_at=None, alarmed_again_at=None
    )


def in_state(
    installation: Installation, state: InstallationState, **trail: object
) -> Installation:
    """Return an installation in another state."""
    return with_trail(replace(installation, state=state), **trail)


def with_trail(installation: Installation, **changes: Any) -> Installation:
    """Return an installation that remembers something else."""
    return replace(installation, trail=replace(installation.trail, **changes))

"""What somebody wants to put aside, and which findings that is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from casb_sdk import Level
from connector.domain.difference import rank_of
from connector.domain.errors import NotFoundError, UsageError
from connector.domain.finding_state import Status, TrackedFinding
from connector.domain.store_ports import Stores
from connector.domain.suppression import Scope, Suppression, bound_to
from connector.use_cases.manage_sites import site_named

SEE_FINDINGS = "Run `casb findings` to see the ids."


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to put aside.

    ``target`` is the id of a finding, of a detector or of a principal; the last two
    need a site, a detector also a space (its key or id).
    """

    scope: Scope
    target: str
    reason: str
    by: str
    site: str = ""
    space: str = ""
    until: datetime | None = None


def about_wish(stores: Stores, wish: Wish) -> tuple[str, str, list[TrackedFinding]]:
    """Return the site, the space and the findings that a wish is about."""
    if wish.scope is Scope.FINDING:
        tracked = finding_named(stores, wish.target)
        if tracked.status is Status.RESOLVED:
            raise UsageError(
                f"The finding {tracked.id} is resolved.", "There is nothing to hide."
            )
        return tracked.site_id, "", [tracked]
    site_id = site_named(stores, wish.site).site.cloud_id
    if wish.scope is Scope.DETECTOR:
        space_id = _space_named(stores, site_id, wish.space)
        known = stores.findings.known(site_id, space_id).values()
        about = [t for t in known if t.finding.detector_id == wish.target]
        return site_id, space_id, _not_resolved(about, wish)
    everything = stores.findings.list(site_id, statuses=[Status.OPEN])
    about = [t for t in everything if _speaks_of(t, wish.target)]
    return site_id, "", _not_resolved(about, wish)


def bound_by(
    wish: Wish, about: Sequence[TrackedFinding]
) -> tuple[frozenset[str], Level]:
    """Return whom a suppression is bound to, and up to which level."""
    if wish.scope is not Scope.PRINCIPAL:
        return bound_to([tracked.finding for tracked in about])
    levels = (
        exposed.level
        for tracked in about
        for exposed in tracked.finding.principals
        if exposed.principal.id == wish.target
    )
    return frozenset({wish.target}), max(levels, key=rank_of)


def _not_resolved(about: Iterable[TrackedFinding], wish: Wish) -> list[TrackedFinding]:
    found = [tracked for tracked in about if tracked.status is not Status.RESOLVED]
    if not found:
        raise NotFoundError(
            f"There is no finding of the {wish.scope} {wish.target!r} to put aside.",
            SEE_FINDINGS,
        )
    return found


def _speaks_of(tracked: TrackedFinding, principal_id: str) -> bool:
    return any(p.principal.id == principal_id for p in tracked.finding.principals)


def _space_named(stores: Stores, site_id: str, name: str) -> str:
    spaces = [
        snapshot.space
        for snapshot in stores.snapshots.spaces(site_id, with_content=False)
    ]
    for space in spaces:
        if name in {space.id, space.key}:
            return space.id
    raise NotFoundError(
        f"The last scan saw no space {name!r}.", "Name it by its key or id."
    )


def finding_named(stores: Stores, finding_id: str) -> TrackedFinding:
    """Return a finding; NotFoundError if there is none of this id."""
    tracked = stores.findings.get(finding_id)
    if tracked is None:
        raise NotFoundError(f"There is no finding {finding_id!r}.", SEE_FINDINGS)
    return tracked


def suppression_named(stores: Stores, name: str) -> Suppression:
    """Return a suppression by its id or by a finding it hides."""
    found = stores.suppressions.get(name)
    if found is None:
        tracked = stores.findings.get(name)
        if tracked is not None and tracked.aside is not None:
            found = stores.suppressions.get(tracked.aside.suppression_id)
    if found is None:
        raise NotFoundError(
            f"{name!r} is neither a suppression nor a finding that is suppressed.",
            "Run `casb suppress --list SITE` to see them.",
        )
    return found

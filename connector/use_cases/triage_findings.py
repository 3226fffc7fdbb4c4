"""Puts findings aside and brings them back; says who looks after one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from casb_sdk import Level
from connector.domain.difference import rank_of
from connector.domain.errors import NotFoundError, UsageError
from connector.domain.finding_state import Change, ChangeType, Status, TrackedFinding
from connector.domain.installation import Installation
from connector.domain.retriage import changed, retriaged
from connector.domain.store_ports import Begin, Stores
from connector.domain.suppression import (
    Note,
    Scope,
    Suppression,
    Suppressions,
    bound_to,
)
from connector.use_cases.manage_sites import site_named

ENDED_AT_ONCE = 100
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


@dataclass(frozen=True, slots=True)
class Effect:
    """A suppression and what it does, or would do, to the findings of today."""

    suppression: Suppression
    changes: tuple[Change, ...]

    @property
    def hidden(self) -> tuple[TrackedFinding, ...]:
        """The findings that go out of sight, by being suppressed or by ending."""
        gone = {Status.SUPPRESSED, Status.RESOLVED}
        return tuple(c.finding for c in self.changes if c.finding.status in gone)

    @property
    def narrowed(self) -> tuple[TrackedFinding, ...]:
        """The findings that stay with one principal less."""
        return tuple(c.finding for c in self.changes if c.type is ChangeType.UPDATED)


@dataclass(frozen=True, slots=True)
class TriageFindings:
    """The decisions of people about findings, each kept with its rows of the feed.

    ``redetect`` runs the detectors on a site's stored snapshot: what a principal
    was taken out of is found again by looking.
    """

    begin: Begin
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    redetect: Callable[[Installation], object]

    def preview(self, wish: Wish) -> Effect:
        """Return what a suppression would hide; nothing is kept."""
        with self.begin(write=False) as stores:
            return self._effect(stores, wish)

    def suppress(self, wish: Wish) -> Effect:
        """Put aside what is wished for, from now on."""
        with self.begin() as stores:
            effect = self._effect(stores, wish)
            stores.suppressions.save(effect.suppression)
            stores.findings.save(effect.changes)
        return effect

    def unsuppress(self, name: str) -> tuple[Suppression, int]:
        """End a suppression, named by its id or by a finding it hides."""
        with self.begin() as stores:
            suppression = _suppression_named(stores, name)
            count = self._end(stores, suppression)
            installation = stores.installations.find(suppression.site_id)
        if suppression.scope is Scope.PRINCIPAL and installation:
            self.redetect(installation)
        return suppression, count

    def expire(self) -> int:
        """End the suppressions whose time is over; returns how many."""
        with self.begin() as stores:
            ended = stores.suppressions.ended(self.now(), ENDED_AT_ONCE)
            for suppression in ended:
                self._end(stores, suppression)
            found = map(stores.installations.find, {s.site_id for s in ended})
            sites = {site.id: site for site in found if site}
        muted = {s.site_id for s in ended if s.scope is Scope.PRINCIPAL}
        for installation in sites.values():
            if installation.site.cloud_id in muted:
                self.redetect(installation)
        return len(ended)

    def all(self, site: str) -> Sequence[Suppression]:
        """Return the suppressions of a site."""
        with self.begin(write=False) as stores:
            site_id = site_named(stores, site).site.cloud_id
            return stores.suppressions.of_site(site_id)

    def assign(self, finding_id: str, assignee: str) -> TrackedFinding:
        """Say who looks after a finding; nobody if empty."""
        with self.begin() as stores:
            tracked = _finding_named(stores, finding_id)
            after = replace(tracked, assignee=assignee.strip())
            stores.findings.save(changed(tracked, after))
            return _finding_named(stores, finding_id)

    def annotate(self, finding_id: str, text: str, by: str) -> Note:
        """Write a note on a finding."""
        if not text.strip():
            raise UsageError("The note is empty.", "Write something.")
        with self.begin() as stores:
            tracked = _finding_named(stores, finding_id)
            note = Note(tracked.id, self.now(), by, text.strip())
            stores.suppressions.add_note(note)
        return note

    def notes(self, finding_id: str) -> Sequence[Note]:
        """Return the notes on a finding."""
        with self.begin(write=False) as stores:
            return stores.suppressions.notes(_finding_named(stores, finding_id).id)

    def _effect(self, stores: Stores, wish: Wish) -> Effect:
        now = self.now()
        if wish.until is not None and wish.until <= now:
            raise UsageError("The end lies in the past.", "Name a later one.")
        if not wish.reason.strip():
            raise UsageError("No reason was given.", "Say why with --reason.")
        site_id, space_id, about = _about(stores, wish)
        people, level = _bound(wish, about)
        suppression = Suppression(
            id=self.new_id(),
            site_id=site_id,
            scope=wish.scope,
            target=wish.target,
            reason=wish.reason.strip(),
            by=wish.by,
            created_at=now,
            level=level,
            principals=people,
            space_id=space_id,
            until=wish.until,
        )
        others = stores.suppressions.of_site(site_id)
        standing = Suppressions.of([*others, suppression], now)
        return Effect(suppression, tuple(retriaged(about, standing, now)))

    def _end(self, stores: Stores, suppression: Suppression) -> int:
        site_id, now = suppression.site_id, self.now()
        hidden = [
            tracked
            for tracked in stores.findings.list(site_id, statuses=[Status.SUPPRESSED])
            if tracked.aside and tracked.aside.suppression_id == suppression.id
        ]
        stores.suppressions.drop(suppression.id)
        standing = Suppressions.of(stores.suppressions.of_site(site_id), now)
        stores.findings.save(retriaged(hidden, standing, now))
        return len(hidden)


def _about(stores: Stores, wish: Wish) -> tuple[str, str, list[TrackedFinding]]:
    """Return the site, the space and the findings that a wish is about."""
    if wish.scope is Scope.FINDING:
        tracked = _finding_named(stores, wish.target)
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


def _bound(wish: Wish, about: Sequence[TrackedFinding]) -> tuple[frozenset[str], Level]:
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


def _finding_named(stores: Stores, finding_id: str) -> TrackedFinding:
    tracked = stores.findings.get(finding_id)
    if tracked is None:
        raise NotFoundError(f"There is no finding {finding_id!r}.", SEE_FINDINGS)
    return tracked


def _suppression_named(stores: Stores, name: str) -> Suppression:
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

"""Puts findings aside and brings them back; says who looks after one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from connector.domain.errors import NotFoundError, UsageError
from connector.domain.finding_state import Change, ChangeType, Status, TrackedFinding
from connector.domain.installation import Installation
from connector.domain.retriage import changed, retriaged, surfaced
from connector.domain.store_ports import Begin, Stores
from connector.domain.suppression import (
    Note,
    Scope,
    Suppression,
    Suppressions,
)
from connector.use_cases.manage_sites import site_named
from connector.use_cases.wishes import (
    Wish,
    about_wish,
    bound_by,
    finding_named,
    suppression_named,
)

ENDED_AT_ONCE = 100


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
        return self._updated("principals")

    @property
    def surfaced(self) -> tuple[TrackedFinding, ...]:
        """The weaker findings that show now, since what implied them is hidden."""
        return self._updated("implied_by")

    def _updated(self, field: str) -> tuple[TrackedFinding, ...]:
        updated = (c for c in self.changes if c.type is ChangeType.UPDATED)
        return tuple(c.finding for c in updated if field in c.changed_fields)


class Redetect(Protocol):
    """Runs the detectors on what the last scan saw."""

    def __call__(
        self, installation: Installation, only: frozenset[str] | None = None
    ) -> object:
        """Look at a site, or only at the spaces of these ids."""
        ...


@dataclass(frozen=True, slots=True)
class Ended:
    """What the end of a suppression brought back, and where to look again for what.

    ``spaces`` are those in which a finding that is back may imply another; None
    means the whole site.
    """

    count: int
    spaces: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class TriageFindings:
    """The decisions of people about findings, each kept with its rows of the feed.

    ``redetect`` runs the detectors on the stored snapshot of a site or of some of its
    spaces: what a principal was taken out of, and what a finding that is back
    implies, is found again by looking.
    """

    begin: Begin
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    redetect: Redetect

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
            suppression = suppression_named(stores, name)
            ended = self._end(stores, suppression)
            installation = stores.installations.find(suppression.site_id)
        if installation:
            self._look_again(installation, [ended])
        return suppression, ended.count

    def expire(self) -> int:
        """End the suppressions whose time is over; returns how many."""
        ended: dict[str, list[Ended]] = {}
        with self.begin() as stores:
            over = stores.suppressions.ended(self.now(), ENDED_AT_ONCE)
            for suppression in over:
                of_site = ended.setdefault(suppression.site_id, [])
                of_site.append(self._end(stores, suppression))
            sites = {site_id: stores.installations.find(site_id) for site_id in ended}
        for site_id, installation in sites.items():
            if installation:
                self._look_again(installation, ended[site_id])
        return len(over)

    def all(self, site: str) -> Sequence[Suppression]:
        """Return the suppressions of a site."""
        with self.begin(write=False) as stores:
            site_id = site_named(stores, site).site.cloud_id
            return stores.suppressions.of_site(site_id)

    def assign(self, finding_id: str, assignee: str) -> TrackedFinding:
        """Say who looks after a finding; nobody if empty."""
        with self.begin() as stores:
            tracked = finding_named(stores, finding_id)
            after = replace(tracked, assignee=assignee.strip())
            stores.findings.save(changed(tracked, after))
            return finding_named(stores, finding_id)

    def annotate(self, finding_id: str, text: str, by: str) -> Note:
        """Write a note on a finding."""
        if not text.strip():
            raise UsageError("The note is empty.", "Write something.")
        with self.begin() as stores:
            tracked = finding_named(stores, finding_id)
            note = Note(tracked.id, self.now(), by, text.strip())
            stores.suppressions.add_note(note)
        return note

    def notes(self, finding_id: str) -> Sequence[Note]:
        """Return the notes on a finding."""
        with self.begin(write=False) as stores:
            return stores.suppressions.notes(finding_named(stores, finding_id).id)

    def _effect(self, stores: Stores, wish: Wish) -> Effect:
        now = self.now()
        if wish.until is not None and wish.until <= now:
            raise UsageError("The end lies in the past.", "Name a later one.")
        if not wish.reason.strip():
            raise UsageError("No reason was given.", "Say why with --reason.")
        site_id, space_id, about = about_wish(stores, wish)
        people, level = bound_by(wish, about)
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
        changes = list(retriaged(about, standing, now))
        neighbours = _neighbours(stores, changes)
        return Effect(suppression, tuple(surfaced(changes, neighbours)))

    def _end(self, stores: Stores, suppression: Suppression) -> Ended:
        site_id, now = suppression.site_id, self.now()
        hidden = [
            tracked
            for tracked in stores.findings.list(site_id, statuses=[Status.SUPPRESSED])
            if tracked.aside and tracked.aside.suppression_id == suppression.id
        ]
        stores.suppressions.drop(suppression.id)
        standing = Suppressions.of(stores.suppressions.of_site(site_id), now)
        changes = list(retriaged(hidden, standing, now))
        stores.findings.save(changes)
        if suppression.scope is Scope.PRINCIPAL:
            return Ended(len(hidden), None)
        return Ended(len(hidden), _implying(changes, _neighbours(stores, changes)))

    def _look_again(self, installation: Installation, ended: Sequence[Ended]) -> None:
        """Find what the end of suppressions brings to light or puts behind another."""
        spaces = [each.spaces for each in ended if each.spaces is not None]
        only = frozenset[str]().union(*spaces)
        try:
            if len(spaces) < len(ended):
                self.redetect(installation)
            elif only:
                self.redetect(installation, only)
        except NotFoundError:
            return  # There is no snapshot to look at: the next scan will see to it.


def _neighbours(stores: Stores, changes: Sequence[Change]) -> Sequence[TrackedFinding]:
    """Return all findings of the spaces that changes are about."""
    spaces = {change.finding.space_id for change in changes}
    if not spaces:
        return ()
    known_of = stores.findings.known_of(changes[0].finding.site_id, spaces)
    return [tracked for known in known_of.values() for tracked in known.values()]


def _implying(
    changes: Sequence[Change], neighbours: Iterable[TrackedFinding]
) -> frozenset[str]:
    """Return the spaces in which findings that are open again may imply others."""
    back = {
        (c.finding.type.id, c.finding.finding.resource.id): c.finding.space_id
        for c in changes
        if c.finding.status is Status.OPEN
    }
    found = (
        back.get((weaker.type.implied_by, weaker.finding.resource.id))
        for weaker in neighbours
        if weaker.type.implied_by and weaker.status is not Status.RESOLVED
    )
    return frozenset(space_id for space_id in found if space_id is not None)

"""Turns bits and profiles into exposures with evidence (access-model 1.8, 1.11)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from casb_sdk.access import READING, edit_operations, write_operations
from casb_sdk.boundary import Boundary
from casb_sdk.confidence import overall
from casb_sdk.content import ContentTable
from casb_sdk.evidence import Accesses, Evidence, Share, Ways
from casb_sdk.exposed import (
    Access,
    Affected,
    ExposedPeople,
    ExposedPrincipal,
    accesses_of,
    people_of,
)
from casb_sdk.exposure import (
    Cause,
    Exposure,
    Reach,
    Resource,
    ResourceType,
    RestrictionStep,
    affected_by,
)
from casb_sdk.footing import Footing
from casb_sdk.model import AnonymousUse, Audience, Level, Restriction, Site, Space
from casb_sdk.profiles import ANONYMOUS_BIT, NO_ANCHOR, Profile
from casb_sdk.resources import content_resource, space_resource
from casb_sdk.standing import Roster


@dataclass(frozen=True, slots=True)
class Exposer:
    """Writes up the exposures of one space."""

    site: Site
    space: Space
    content: ContentTable
    evidence: Evidence
    split_mode: str
    coverage_notes: tuple[str, ...]
    _names: dict[int, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _affected: dict[tuple[int, ...], Affected] = field(default_factory=dict, repr=False)

    @property
    def roster(self) -> Roster:
        """The people that can reach the space."""
        return self.evidence.roster

    def of_space(self, mask: int, level: Level) -> Exposure | None:
        """Return the exposure of the space to some, or None if that is nobody."""
        if not mask:
            return None
        principals = self._people(mask, Accesses(partial(self._on_space, level)))
        confidence, reasons = overall(principals)
        return Exposure(
            resource=space_resource(self.site, self.space, ResourceType.SPACE),
            principals=principals,
            level=_highest(it.level for it in accesses_of(principals)),
            confidence=confidence,
            confidence_reasons=reasons,
            split_mode=self.split_mode,
            coverage_notes=self.coverage_notes,
            anonymous_use=self._anonymous_use(principals),
        )

    def of_boundary(self, boundary: Boundary, level: Level) -> Exposure:
        """Return the exposure of the content behind one boundary."""
        whole = self._share(boundary.profiles, level)
        principals = self._on_content(boundary, level, whole)
        confidence, reasons = overall(principals)
        is_open = boundary.anchor == NO_ANCHOR
        return Exposure(
            resource=self._resource(boundary.anchor),
            principals=principals,
            level=level,
            cause=Cause.SPACE_GRANT if is_open else Cause.RESTRICTION,
            confidence=confidence,
            confidence_reasons=reasons,
            affected=whole.affected,
            restriction_chain=self._chain(boundary, level),
            split_mode=self.split_mode,
            coverage_notes=self.coverage_notes,
            anonymous_use=self._anonymous_use(principals),
            reaches=tuple(
                Reach(self._ids(mask), profile.rows) for mask, profile in boundary.parts
            ),
            content=self.content,
        )

    def _on_space(self, level: Level, footing: Footing) -> Access:
        if level is Level.VIEW:
            return self.evidence.access(
                Share(level, Ways(READING, is_edit=False)), footing
            )
        ways = Ways(write_operations(footing.own), is_edit=True)
        level = Level.ADMIN if footing.administers else Level.EDIT
        return self.evidence.access(Share(level, ways), footing)

    def _on_content(
        self, boundary: Boundary, level: Level, whole: Share
    ) -> ExposedPeople:
        shared = boundary.shared()
        if len(shared) == 1:
            return self._people(boundary.everybody, self.evidence.accesses(whole))
        access_of: dict[int, Access] = {}
        for mask, profiles in shared:
            is_whole = len(profiles) == len(boundary.parts)
            share = whole if is_whole else self._share(profiles, level)
            accesses = self.evidence.accesses(share)
            seats = self.roster.seats(mask)
            own = map(accesses.__getitem__, seats.footings)
            access_of.update(zip(seats.positions, own, strict=True))
        seats = self.roster.seats(boundary.everybody)
        return ExposedPeople(
            seats.principals, tuple(map(access_of.__getitem__, seats.positions))
        )

    def _people(self, mask: int, accesses: Accesses) -> ExposedPeople:
        seats = self.roster.seats(mask)
        return ExposedPeople(
            seats.principals, tuple(map(accesses.__getitem__, seats.footings))
        )

    def _share(self, profiles: Collection[Profile], level: Level) -> Share:
        """Return what all principals with the same profiles have in common."""
        ways = Ways(
            self._wanted(profiles, level),
            is_edit=level is not Level.VIEW,
            is_past_missing=all(profile.is_past_missing for profile in profiles),
        )
        return Share(level, ways, self._affected_by(profiles))

    def _affected_by(self, profiles: Collection[Profile]) -> Affected:
        """Return what is reached; several questions reach the same profiles."""
        rows = tuple(profile.rows for profile in profiles)
        key = tuple(map(id, rows))
        affected = self._affected.get(key)
        if affected is None:
            affected = self._affected[key] = affected_by(self.content, rows)
        return affected

    def _wanted(self, profiles: Iterable[Profile], level: Level) -> frozenset[str]:
        if level is Level.VIEW:
            return READING
        is_split = self.roster.operations.is_split
        types = {profile.content_type for profile in profiles}
        return frozenset().union(
            *(edit_operations(type_, is_split=is_split) for type_ in types)
        )

    def _resource(self, anchor: int) -> Resource:
        if anchor == NO_ANCHOR:
            return space_resource(self.site, self.space, ResourceType.SPACE_CONTENT)
        return content_resource(self.site, self.space, self.content.item(anchor))

    def _ids(self, mask: int) -> tuple[str, ...]:
        names = self._names.get(mask)
        if names is None:
            names = tuple([it.id for it in self.roster.seats(mask).principals])
            self._names[mask] = names
        return names

    def _anonymous_use(
        self, principals: Sequence[ExposedPrincipal]
    ) -> AnonymousUse | None:
        # ANONYMOUS has the first bit, so nobody stands before it.
        if people_of(principals)[0].audience is Audience.ANONYMOUS:
            return self.evidence.doubts.anonymous_use
        return None

    def _chain(self, boundary: Boundary, level: Level) -> tuple[RestrictionStep, ...]:
        if boundary.anchor == NO_ANCHOR:
            return ()
        ids = set(self._ids(boundary.everybody & ~ANONYMOUS_BIT))
        return tuple(
            self._step(row, ids, is_anchor=row == boundary.anchor, level=level)
            for row in self.content.chain(boundary.anchor)
            if row in self.content.lists
        )

    def _step(
        self, row: int, ids: set[str], *, is_anchor: bool, level: Level
    ) -> RestrictionStep:
        lists = self.content.lists[row]
        matched = [*self._matched(lists.read, ids)]
        if is_anchor and level is Level.EDIT:
            matched += self._matched(lists.update, ids)
        return RestrictionStep(
            content_id=self.content.ids[row],
            type=self.content.types[row],
            read=_entries(lists.read),
            update=_entries(lists.update),
            matched_by=tuple(dict.fromkeys(matched)),
        )

    def _matched(self, restriction: Restriction, ids: set[str]) -> Iterator[str]:
        members_of = self.roster.people.members_of
        yield from (f"user:{id_}" for id_ in sorted(restriction.users & ids))
        for group_id in sorted(restriction.groups):
            if members_of.get(group_id, frozenset()) & ids:
                yield f"group:{group_id}"


def _entries(restriction: Restriction) -> tuple[str, ...]:
    return (
        *(f"user:{id_}" for id_ in sorted(restriction.users)),
        *(f"group:{id_}" for id_ in sorted(restriction.groups)),
    )


def _highest(levels: Iterable[Level]) -> Level:
    return max(set(levels), key=tuple(Level).index)

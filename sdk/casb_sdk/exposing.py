"""Turns bits and profiles into exposures with evidence (access-model 1.8, 1.11)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from casb_sdk.access import READING, edit_operations, write_operations
from casb_sdk.confidence import ORPHAN_NOTE, Doubts, overall, rated
from casb_sdk.content import ContentTable
from casb_sdk.exposure import (
    Affected,
    Cause,
    ExposedPrincipal,
    Exposure,
    Path,
    Reach,
    Resource,
    ResourceType,
    RestrictionStep,
    affected_by,
)
from casb_sdk.model import AnonymousUse, Audience, Level, Restriction, Site, Space
from casb_sdk.profiles import ANONYMOUS_BIT, NO_ANCHOR, Profile, bits
from casb_sdk.resources import content_resource, space_resource
from casb_sdk.standing import Roster, Standing

ONLY = (0,)


@dataclass(frozen=True, slots=True)
class Boundary:
    """An anchor, and the profiles whose access starts there."""

    anchor: int
    parts: list[tuple[int, Profile]] = field(default_factory=list)

    @property
    def everybody(self) -> int:
        """The bits of all who reach something at this anchor."""
        mask = 0
        for part, _ in self.parts:
            mask |= part
        return mask

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles alone."""
        return tuple(profile for _, profile in self.parts)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of all parts."""
        return tuple(range(len(self.parts)))

    def numbers_of(self, position: int) -> tuple[int, ...]:
        """Return the numbers of the parts that one principal reaches."""
        if len(self.parts) == 1:
            return ONLY
        return tuple(
            number
            for number, (mask, _) in enumerate(self.parts)
            if mask >> position & 1
        )


@dataclass(frozen=True, slots=True)
class Ways:
    """By which operations something is reached, and past what."""

    wanted: frozenset[str]
    is_edit: bool
    is_past_missing: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """What the principals that reach the same profiles have in common."""

    ways: Ways
    affected: Affected


@dataclass(frozen=True, slots=True)
class Exposer:
    """Writes up the exposures of one space."""

    site: Site
    space: Space
    content: ContentTable
    roster: Roster
    doubts: Doubts
    split_mode: str
    coverage_notes: tuple[str, ...]
    _names: dict[int, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _trust: dict[tuple[str, Ways], tuple[tuple[Path, ...], tuple[str, ...]]] = field(
        default_factory=dict, repr=False
    )

    def of_space(self, standings: Iterable[Standing], level: Level) -> Exposure | None:
        """Return the exposure of the space itself, or None if nobody is left."""
        principals = tuple(self._on_space(standing, level) for standing in standings)
        if not principals:
            return None
        return self._exposure(
            space_resource(self.site, self.space, ResourceType.SPACE),
            principals,
            level=_highest(p.level for p in principals),
        )

    def of_boundary(self, boundary: Boundary, level: Level) -> Exposure:
        """Return the exposure of the content behind one boundary."""
        whole = self._share(boundary.profiles, level)
        principals = tuple(self._on_content(boundary, level, whole))
        exposure = self._exposure(
            self._resource(boundary.anchor), principals, level=level
        )
        return replace(
            exposure,
            cause=(
                Cause.SPACE_GRANT if boundary.anchor == NO_ANCHOR else Cause.RESTRICTION
            ),
            affected=whole.affected,
            restriction_chain=self._chain(boundary, level),
            reaches=tuple(
                Reach(self._ids(mask), profile.rows) for mask, profile in boundary.parts
            ),
            content=self.content,
        )

    def _exposure(
        self,
        resource: Resource,
        principals: tuple[ExposedPrincipal, ...],
        *,
        level: Level,
    ) -> Exposure:
        confidence, reasons = overall(principals)
        return Exposure(
            resource=resource,
            principals=principals,
            level=level,
            confidence=confidence,
            confidence_reasons=reasons,
            split_mode=self.split_mode,
            coverage_notes=self.coverage_notes,
            anonymous_use=self._anonymous_use(principals),
        )

    def _on_space(self, standing: Standing, level: Level) -> ExposedPrincipal:
        if level is Level.VIEW:
            return self._principal(standing, level, Ways(READING, is_edit=False))
        ways = Ways(write_operations(standing.own), is_edit=True)
        level = Level.ADMIN if standing.administers else Level.EDIT
        return self._principal(standing, level, ways)

    def _on_content(
        self, boundary: Boundary, level: Level, whole: Share
    ) -> Iterator[ExposedPrincipal]:
        shares = {boundary.numbers: whole}
        for position in bits(boundary.everybody):
            own = boundary.numbers_of(position)
            if own not in shares:
                profiles = [boundary.parts[number][1] for number in own]
                shares[own] = self._share(profiles, level)
            share = shares[own]
            standing = self.roster.standings[position]
            yield self._principal(standing, level, share.ways, share.affected)

    def _share(self, profiles: Collection[Profile], level: Level) -> Share:
        """Return what all principals with the same profiles have in common."""
        ways = Ways(
            self._wanted(profiles, level),
            is_edit=level is not Level.VIEW,
            is_past_missing=all(profile.is_past_missing for profile in profiles),
        )
        rows = tuple(profile.rows for profile in profiles)
        return Share(ways, affected_by(self.content, rows))

    def _wanted(self, profiles: Iterable[Profile], level: Level) -> frozenset[str]:
        if level is Level.VIEW:
            return READING
        is_split = self.roster.operations.is_split
        types = {profile.content_type for profile in profiles}
        return frozenset().union(
            *(edit_operations(type_, is_split=is_split) for type_ in types)
        )

    def _principal(
        self,
        standing: Standing,
        level: Level,
        ways: Ways,
        affected: Affected | None = None,
    ) -> ExposedPrincipal:
        paths, reasons = self._trusted(standing, ways)
        is_unknown = standing.principal.audience is Audience.UNKNOWN
        return ExposedPrincipal(
            principal=standing.principal,
            level=level,
            paths=paths,
            affected=affected,
            can_self_elevate=standing.administers,
            confidence=rated(reasons),
            confidence_reasons=reasons,
            notes=(ORPHAN_NOTE,) if is_unknown else (),
        )

    def _trusted(
        self, standing: Standing, ways: Ways
    ) -> tuple[tuple[Path, ...], tuple[str, ...]]:
        key = (standing.principal.id, ways)
        known = self._trust.get(key)
        if known is None:
            paths = self.roster.paths(standing, ways.wanted)
            reasons = self.doubts.about(
                standing.principal,
                paths,
                is_edit=ways.is_edit,
                is_past_missing=ways.is_past_missing,
            )
            known = self._trust[key] = (paths, reasons)
        return known

    def _resource(self, anchor: int) -> Resource:
        if anchor == NO_ANCHOR:
            return space_resource(self.site, self.space, ResourceType.SPACE_CONTENT)
        return content_resource(self.site, self.space, self.content.item(anchor))

    def _ids(self, mask: int) -> tuple[str, ...]:
        names = self._names.get(mask)
        if names is None:
            standings = self.roster.standings
            names = tuple(standings[i].principal.id for i in bits(mask))
            self._names[mask] = names
        return names

    def _anonymous_use(
        self, principals: Collection[ExposedPrincipal]
    ) -> AnonymousUse | None:
        if any(p.principal.audience is Audience.ANONYMOUS for p in principals):
            return self.doubts.anonymous_use
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
    return max(levels, key=tuple(Level).index)

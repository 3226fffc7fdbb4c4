"""The access model of one space: the questions detectors ask (access-model 1.8)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from casb_sdk.access import (
    READING,
    SpaceOperations,
)
from casb_sdk.boundary import Boundary
from casb_sdk.confidence import Doubts
from casb_sdk.content import Lists
from casb_sdk.coverage import Coverage, GapKind
from casb_sdk.diagnostics import Diagnostic, diagnostics_of, notes_of
from casb_sdk.evidence import Evidence
from casb_sdk.exposed import Path
from casb_sdk.exposing import Exposer
from casb_sdk.exposure import Exposure
from casb_sdk.footing import Footing
from casb_sdk.model import Audience, ContentItem, Grant, Level, RoleMode, Site, Space
from casb_sdk.people import People, Principal
from casb_sdk.profiles import Profile, Profiles, profiles_of
from casb_sdk.snapshot import SpaceSnapshot
from casb_sdk.standing import Roster, Seats

EVERYTHING = ""
TRASHED = "trashed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Confluence's own word that a principal cannot do what the model says.

    Without a resource id the account cannot use Confluence at all
    (access-model 1.10).
    """

    account_id: str
    resource_id: str = EVERYTHING
    level: Level = Level.VIEW

    def covers(self, resource_id: str, level: Level) -> bool:
        """Return whether the refusal takes away a level at a resource."""
        return self.resource_id in {EVERYTHING, resource_id} and (
            self.level is level or self.level is Level.VIEW
        )


class SpaceAccess:
    """Who can reach what in one space.

    Everything is worked out once, on the first question, and shared by all
    detectors; the cost is linear in items, boundaries, grants and principals of
    interest.
    """

    def __init__(
        self,
        snapshot: SpaceSnapshot,
        people: People,
        refusals: frozenset[Refusal] = frozenset(),
    ) -> None:
        self.snapshot = snapshot
        self.people = people
        self._refusals = refusals
        self._exposures: dict[tuple[frozenset[Audience], Level], list[Exposure]] = {}

    @property
    def site(self) -> Site:
        """The site the space belongs to."""
        return self.people.directory.site

    @property
    def space(self) -> Space:
        """The space itself."""
        return self.snapshot.space

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The grants on the space as Confluence gave them."""
        return self.snapshot.grants

    @property
    def items(self) -> Iterator[ContentItem]:
        """Every listed item of the space."""
        return self.snapshot.content.items()

    @property
    def restrictions(self) -> Mapping[str, Lists]:
        """The read and update lists of the restricted items, by item id."""
        content = self.snapshot.content
        return {content.ids[row]: lists for row, lists in content.lists.items()}

    @property
    def principals(self) -> tuple[Principal, ...]:
        """The principals of interest that can reach the space, ANONYMOUS first."""
        return tuple(
            principal
            for principal, footing in zip(
                self._roster.principals, self._roster.footings, strict=True
            )
            if footing.own or principal.audience is not Audience.ANONYMOUS
        )

    @property
    def coverage(self) -> Coverage:
        """What the scan could not read of the space, and what is worth a note."""
        return self.snapshot.coverage | Coverage(notes=self._notes)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What the model noticed and did not report."""
        return diagnostics_of(self._roster, split_is_assumed=self._split_is_assumed)

    @cached_property
    def unjudged(self) -> frozenset[str]:
        """The items below an ancestor that could not be read (access-model 1.13)."""
        ids = self.snapshot.content.ids
        return frozenset(ids[row] for row in self._profiles.unjudged)

    def exposed_space(
        self, audiences: Collection[Audience], level: Level
    ) -> Exposure | None:
        """Return who of some audiences reaches the space itself.

        VIEW asks for ``read/space`` and EDIT for any write operation, both by own
        grants (anonymous ones for ANONYMOUS); EDIT also needs ``read/space`` by
        any grant.
        """
        roster = self._roster
        mask = roster.readers_own if level is Level.VIEW else roster.writers_own
        mask &= self._wanted(audiences) & ~self._refused_at(self.space.id, level)
        return self._exposer.of_space(mask, level)

    def exposed_content(
        self, audiences: Collection[Audience], level: Level
    ) -> Iterator[Exposure]:
        """Yield one exposure per boundary behind which an audience reaches items."""
        key = (frozenset(audiences), level)
        if key not in self._exposures:
            self._exposures[key] = [
                self._exposer.of_boundary(boundary, level)
                for boundary in self._boundaries(*key)
            ]
        return iter(self._exposures[key])

    def own_readers(self, audiences: Collection[Audience]) -> Seats:
        """Return who of some audiences reads the space by own grants."""
        roster = self._roster
        return roster.seats(roster.readers_own & roster.audience_mask(audiences))

    def reading_paths(self, footing: Footing) -> tuple[Path, ...]:
        """Return how people with a footing come to read the space."""
        return self._roster.paths(footing, READING)

    @cached_property
    def _operations(self) -> SpaceOperations:
        if self.space.status == TRASHED:
            return SpaceOperations({})
        return SpaceOperations.of(
            self.snapshot.grants,
            self.snapshot.assignments,
            self.people.directory.roles,
            self.people.anonymous_ids,
        )

    @cached_property
    def _roster(self) -> Roster:
        barred = {r.account_id for r in self._refusals if r.resource_id == EVERYTHING}
        return Roster.of(self.people, self._operations, self.snapshot.content, barred)

    @cached_property
    def _profiles(self) -> Profiles:
        refused = self.snapshot.coverage.ids(GapKind.RESTRICTION)
        return profiles_of(self.snapshot.content, self._roster.masks(), refused)

    @property
    def _split_is_assumed(self) -> bool:
        return (
            not self._operations.is_split
            and self.people.directory.role_mode != RoleMode.PRE_ROLES
        )

    @cached_property
    def _notes(self) -> tuple[str, ...]:
        return notes_of(self.snapshot, self._operations, self.people)

    @cached_property
    def _exposer(self) -> Exposer:
        return Exposer(
            site=self.site,
            space=self.space,
            content=self.snapshot.content,
            evidence=Evidence(
                self._roster,
                Doubts(
                    self.people.directory.anonymous_use,
                    self.people.product_access_is_known,
                    self._split_is_assumed,
                ),
            ),
            split_mode=self._split_mode,
            coverage_notes=tuple(
                dict.fromkeys(self.snapshot.coverage.notes + self._notes)
            ),
        )

    @property
    def _split_mode(self) -> str:
        if self._operations.is_split:
            return "split"
        return "assumed_not_split" if self._split_is_assumed else "not_split"

    def _wanted(self, audiences: Collection[Audience]) -> int:
        """Return the bits of some audiences, but for a guest's own personal space."""
        roster = self._roster
        wanted = roster.audience_mask(audiences)
        if owner := roster.bit_of.get(self.space.personal_owner, 0):
            wanted &= ~(owner & roster.audience_mask({Audience.EXTERNAL}))
        return wanted

    def _boundaries(
        self, audiences: frozenset[Audience], level: Level
    ) -> Iterator[Boundary]:
        wanted = self._wanted(audiences)
        is_view = level is Level.VIEW
        parts_of: dict[int, list[tuple[int, Profile]]] = {}
        for profile in self._profiles.profiles:
            mask = (profile.view if is_view else profile.edit) & wanted
            if not mask:
                continue
            anchor = profile.view_anchor if is_view else profile.edit_anchor
            if self._refusals:
                mask &= ~self._refused_at(self._id_of(anchor), level)
            if mask:
                parts_of.setdefault(anchor, []).append((mask, profile))
        for anchor, parts in sorted(parts_of.items()):
            yield Boundary(anchor, parts)

    def _id_of(self, anchor: int) -> str:
        return self.snapshot.content.ids[anchor] if anchor >= 0 else self.space.id

    def _refused_at(self, resource_id: str, level: Level) -> int:
        mask = 0
        for refusal in self._refusals:
            if refusal.covers(resource_id, level):
                mask |= self._roster.bit_of.get(refusal.account_id, 0)
        return mask

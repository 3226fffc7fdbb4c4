"""How the principals of interest stand on one space: a bit and operations each."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from casb_sdk.access import (
    READ_SPACE,
    SpaceOperations,
    edit_operations,
    write_operations,
)
from casb_sdk.content import ContentTable
from casb_sdk.exposed import Path, Via
from casb_sdk.footing import Footing, footing_of_anonymous, footings_of
from casb_sdk.model import (
    ANONYMOUS,
    ANONYMOUS_ID,
    Audience,
    Restriction,
    Subject,
    SubjectType,
)
from casb_sdk.people import ANONYMOUS_PRINCIPAL, People, Principal
from casb_sdk.profiles import ANONYMOUS_BIT, Masks, bits


class Seats(NamedTuple):
    """Some of the bits, and whose they are; all three in the same order."""

    positions: Sequence[int]
    principals: Sequence[Principal]
    footings: Sequence[Footing]


@dataclass(frozen=True)
class Roster:
    """The principals that can reach a space at all, in the order of their bits.

    Bit 0 is ANONYMOUS, whether or not it holds a grant. People whose only way in
    is an anonymous grant have a bit only if some restriction of the space names
    them: elsewhere their reach is ANONYMOUS's (access-model 1.4). ``footings`` says
    what each one stands on. ``cut_off`` are those whose grants count for nothing,
    for want of product access (1.2).
    """

    people: People
    operations: SpaceOperations
    principals: tuple[Principal, ...]
    footings: tuple[Footing, ...]
    cut_off: frozenset[str] = frozenset()
    _seats: dict[int, Seats] = field(default_factory=dict, repr=False)
    _admitted: dict[Restriction, int] = field(default_factory=dict, repr=False)
    _ways: dict[tuple[Footing, frozenset[str]], tuple[Path, ...]] = field(
        default_factory=dict, repr=False
    )

    @classmethod
    def of(
        cls,
        people: People,
        operations: SpaceOperations,
        content: ContentTable,
        barred: Collection[str] = (),
    ) -> "Roster":
        """Gather who can reach a space; ``barred`` accounts cannot use Confluence."""
        subjects_of = operations.subjects_of(people)
        cut_off = people.without_product & subjects_of.keys()
        ids = set(subjects_of)
        if READ_SPACE in operations.anonymous:
            ids |= _named(content, people)
        for id_ in cut_off:
            del subjects_of[id_]
        there = sorted(ids.difference(barred))
        return cls(
            people,
            operations,
            (ANONYMOUS_PRINCIPAL, *map(people.principals.__getitem__, there)),
            (
                footing_of_anonymous(operations),
                *footings_of(there, people.sorts, subjects_of, operations),
            ),
            cut_off,
        )

    @cached_property
    def bit_of(self) -> dict[str, int]:
        """The bit of each principal by id."""
        return {each.id: 1 << bit for bit, each in enumerate(self.principals)}

    @property
    def everybody(self) -> int:
        """All bits."""
        return (1 << len(self.principals)) - 1

    @cached_property
    def readers_own(self) -> int:
        """Those who may read the space by their own grants."""
        return self.mask_where(lambda own: READ_SPACE in own)

    @cached_property
    def readers(self) -> int:
        """Those who may read the space by any grant."""
        if READ_SPACE in self.operations.anonymous:
            return self.everybody
        return self.readers_own

    @cached_property
    def writers_own(self) -> int:
        """Those who may write in the space by their own grants, reading by any."""
        anonymous = self.operations.anonymous
        return self.mask_where(
            lambda own: READ_SPACE in own | anonymous and bool(write_operations(own))
        )

    def mask_where(self, holds: Callable[[frozenset[str]], bool]) -> int:
        """Return the bits of those whose own operations satisfy a condition."""
        mask = 0
        for footing, there in self._bits_of_footings.items():
            if holds(footing.own):
                mask |= there
        return mask

    def audience_mask(self, audiences: Collection[Audience]) -> int:
        """Return the bits of the principals of some audiences."""
        mask = 0
        for audience, there in self._bits_of_audiences.items():
            if audience in audiences:
                mask |= there
        return mask

    def seats(self, mask: int) -> Seats:
        """Return whose some bits are; many boundaries ask for the same."""
        seats = self._seats.get(mask)
        if seats is None:
            positions = bits(mask)
            seats = self._seats[mask] = Seats(
                positions,
                tuple(map(self.principals.__getitem__, positions)),
                tuple(map(self.footings.__getitem__, positions)),
            )
        return seats

    def admits(self, restriction: Restriction) -> int:
        """Return who stands in a restriction list; ANONYMOUS never does."""
        mask = self._admitted.get(restriction)
        if mask is None:
            names = set(restriction.users)
            for group_id in restriction.groups:
                names |= self.people.members_of.get(group_id, frozenset())
            mask = 0
            for name in names & self.bit_of.keys():
                mask |= self.bit_of[name]
            mask &= ~ANONYMOUS_BIT
            self._admitted[restriction] = mask
        return mask

    def editors(self, content_type: str) -> tuple[int, int]:
        """Return who holds an edit operation for a type: by own, by all grants."""
        wanted = edit_operations(content_type, is_split=self.operations.is_split)
        own = self.mask_where(lambda held: not wanted.isdisjoint(held))
        if wanted & self.operations.anonymous:
            return own, self.everybody
        return own, own

    def masks(self) -> Masks:
        """Return what the pass over the content needs to know."""
        editors: dict[str, tuple[int, int]] = {}

        def editors_of(content_type: str) -> tuple[int, int]:
            if content_type not in editors:
                editors[content_type] = self.editors(content_type)
            return editors[content_type]

        return Masks(
            self.everybody, self.readers_own, self.readers, self.admits, editors_of
        )

    def paths(self, footing: Footing, wanted: frozenset[str]) -> tuple[Path, ...]:
        """Return how people with a footing come to hold some operations.

        Without grants of their own for any of them the way is the anonymous one.
        """
        ways = self._ways.get((footing, wanted))
        if ways is None:
            own = (self._paths_through(it, wanted) for it in footing.subjects)
            ways = tuple(chain.from_iterable(own))
            if not ways:
                ways = self._paths_through(ANONYMOUS, wanted)
            self._ways[footing, wanted] = ways
        return ways

    @cached_property
    def _bits_of_footings(self) -> dict[Footing, int]:
        masks: dict[Footing, int] = {}
        for bit, footing in enumerate(self.footings):
            masks[footing] = masks.get(footing, 0) | 1 << bit
        return masks

    @cached_property
    def _bits_of_audiences(self) -> dict[Audience, int]:
        masks: dict[Audience, int] = {}
        for footing, there in self._bits_of_footings.items():
            audience = footing.sort.audience
            masks[audience] = masks.get(audience, 0) | there
        return masks

    def _paths_through(
        self, subject: Subject, wanted: frozenset[str]
    ) -> tuple[Path, ...]:
        grants = self.operations.rows_of.get(subject, ())
        via, group_id, access_class = _way(subject)
        group_name = self.people.group_name(group_id) if group_id else ""
        roles = self.people.directory.roles
        return tuple(
            [
                Path(
                    Via.ROLE if grant.role_id and via is not Via.ANONYMOUS else via,
                    *_halves(grant.operation),
                    grant.permission_id,
                    group_id,
                    group_name,
                    grant.role_id,
                    roles[grant.role_id].name if grant.role_id in roles else "",
                    access_class,
                )
                for grant in grants
                if grant.operation in wanted
            ]
        )


def _way(subject: Subject) -> tuple[Via, str, str]:
    """Return by what a subject lets people in: via, group id, access class."""
    if subject == ANONYMOUS:
        return Via.ANONYMOUS, "", subject.id
    if subject.type == SubjectType.GROUP:
        return Via.GROUP, subject.id, ""
    if subject.type == SubjectType.ACCESS_CLASS:
        return Via.ACCESS_CLASS, "", subject.id
    return Via.USER, "", ""


@lru_cache(maxsize=1024)
def _halves(operation: str) -> tuple[str, str]:
    action, _, target = operation.partition("/")
    return action, target


def _named(content: ContentTable, people: People) -> set[str]:
    names: set[str] = set()
    for lists in content.lists.values():
        for restriction in (lists.read, lists.update):
            names |= restriction.users & people.principals.keys()
            for group_id in restriction.groups:
                names |= people.members_of.get(group_id, frozenset())
    names.discard(ANONYMOUS_ID)
    return names

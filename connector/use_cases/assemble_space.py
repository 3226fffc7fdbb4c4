"""Puts a space's snapshot together from the readings of a scan."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from casb_sdk import (
    Account,
    ContentItem,
    Coverage,
    Gap,
    GapKind,
    Group,
    Space,
    SpaceSnapshot,
)
from casb_sdk.content import ContentTable
from casb_sdk.model import NodeState
from connector.domain.reading import RestrictionReading, SpaceGrants
from connector.use_cases.names import Names

OF_SPACES = frozenset({GapKind.CONTENT, GapKind.GRANTS})
OF_ITEMS = frozenset({GapKind.RESTRICTION, GapKind.ANCESTOR})
NOT_LISTED = "not_listed"


@dataclass(frozen=True, slots=True)
class ShardMargin:
    """What the listing of a shard told besides its items."""

    ancestors: dict[str, dict[str, ContentItem]] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()
    coverage: Coverage = field(default_factory=Coverage)
    accounts: tuple[Account, ...] = ()
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of a space as far as the listing told it.

    ``missing`` holds the ids whose restriction lists must be asked for one by
    one: ancestors outside the listing and items with lists that came cut.
    """

    items: dict[str, ContentItem]
    ancestors: dict[str, ContentItem]
    cut: frozenset[str]

    @property
    def missing(self) -> tuple[str, ...]:
        """The ids to read restrictions of, in the order of the ids."""
        unlisted = (
            id_
            for id_, item in self.ancestors.items()
            if item.state is not NodeState.UNREADABLE
        )
        return tuple(sorted({*unlisted, *self.cut}))

    @property
    def names(self) -> Names:
        """Who stands in the restrictions of the items."""
        return Names.of(
            lists for item in self.items.values() for lists in (item.read, item.update)
        )

    def completed(self, read: Iterable[RestrictionReading]) -> "Draft":
        """Return the draft with restrictions that were asked for one by one."""
        items, ancestors = dict(self.items), dict(self.ancestors)
        for answer in read:
            known = items.get(answer.content_id) or ancestors.get(answer.content_id)
            if known is None:
                continue
            if known.id in ancestors:
                ancestors[known.id] = _told(known, answer, answer.state)
            elif answer.state is NodeState.ANCESTOR:
                items[known.id] = _told(known, answer, known.state)
            else:
                items[known.id] = replace(known, state=NodeState.UNREADABLE)
        return Draft({**ancestors, **items}, {}, frozenset())

    def snapshot(
        self, space: Space, grants: SpaceGrants, coverage: Coverage
    ) -> SpaceSnapshot:
        """Return the space as a snapshot."""
        told = frozenset(gap.id for gap in coverage.gaps if gap.kind in OF_ITEMS)
        unlisted = tuple(
            Gap(GapKind.ANCESTOR, id_, NOT_LISTED)
            for id_, item in self.items.items()
            if item.state is NodeState.UNREADABLE and id_ not in told
        )
        return SpaceSnapshot(
            space,
            grants.grants,
            grants.assignments,
            ContentTable.of(self.items.values()),
            Coverage.merged([grants.coverage, coverage, Coverage(unlisted)]),
        )


def coverage_of_space(
    coverage: Coverage,
    space_id: str,
    shard: Collection[str],
    content_ids: Collection[str],
) -> Coverage:
    """Return the part of a shard's coverage that does not speak of something else.

    Unknown values are counted with the first space of the shard.
    """
    elsewhere = frozenset(shard) - {space_id}

    def concerns(gap: Gap) -> bool:
        if gap.kind in OF_SPACES:
            return gap.id == space_id or gap.id not in shard
        return gap.kind not in OF_ITEMS or gap.id in content_ids

    return Coverage(
        tuple(filter(concerns, coverage.gaps)),
        tuple(note for note in coverage.notes if _subject_of(note) not in elsewhere),
        coverage.unknown_values if space_id == next(iter(shard)) else {},
    )


def renewed(before: Coverage, fresh: Coverage, read: Collection[str]) -> Coverage:
    """Return the coverage of a space of which only some items were read again.

    Grants are read whole or are as they were without a gap. Values that were unknown
    before are not counted twice.
    """

    def still_stands(gap: Gap) -> bool:
        if gap.kind in OF_ITEMS:
            return gap.id not in read and gap.reason != NOT_LISTED
        return gap.kind is not GapKind.GRANTS

    kept = replace(before, gaps=tuple(filter(still_stands, before.gaps)))
    merged = Coverage.merged([kept, fresh])
    return replace(
        merged, unknown_values={**fresh.unknown_values, **before.unknown_values}
    )


def _subject_of(note: str) -> str:
    """Return what a note such as ``types_not_listed:SPACE:TYPES`` speaks of."""
    return note.partition(":")[2].partition(":")[0]


def _told(
    item: ContentItem, answer: RestrictionReading, state: NodeState
) -> ContentItem:
    return replace(item, read=answer.read, update=answer.update, state=state)

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
    Restriction,
    Space,
    SpaceSnapshot,
)
from casb_sdk.content import ContentTable
from casb_sdk.model import NodeState
from connector.domain.reading import RestrictionReading, SpaceGrants
from connector.domain.store_ports import Begin
from connector.use_cases.readings import Margin, ReadingKind, value_of

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
class Names:
    """The groups and the accounts that stand in some restrictions."""

    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()

    @classmethod
    def of(cls, lists: Iterable[Restriction]) -> "Names":
        """Return who stands in any of the lists."""
        distinct = set(lists)
        return cls(
            frozenset(group for each in distinct for group in each.groups),
            frozenset(user for each in distinct for user in each.users),
        )

    def __or__(self, other: "Names") -> "Names":
        """Return the names of both."""
        return Names(self.groups | other.groups, self.users | other.users)


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


@dataclass(frozen=True, slots=True)
class KeptContent:
    """What the ledger holds of the content that a scan has read."""

    begin: Begin
    scan_id: str

    def margin(self, space_ids: Iterable[str]) -> ShardMargin:
        """Return what the listing of a shard told besides its items."""
        ancestors: dict[str, dict[str, ContentItem]] = {}
        cut: set[str] = set()
        coverages: list[Coverage] = []
        accounts: dict[str, Account] = {}
        groups: dict[str, Group] = {}
        with self.begin(write=False) as stores:
            for space_id in space_ids:
                found = ancestors.setdefault(space_id, {})
                for read in stores.ledger.readings(
                    self.scan_id, ReadingKind.MARGIN, space_id
                ):
                    margin = value_of(read, Margin)
                    for item in margin.ancestors:
                        found[item.id] = _better_told(found.get(item.id), item)
                    cut.update(margin.cut)
                    coverages.append(margin.coverage)
                    accounts |= {account.id: account for account in margin.accounts}
                    groups |= {group.id: group for group in margin.groups}
        return ShardMargin(
            ancestors,
            frozenset(cut),
            Coverage.merged(coverages),
            tuple(accounts.values()),
            tuple(groups.values()),
        )

    def draft(self, space_id: str, margin: ShardMargin) -> Draft:
        """Return the content of one space as its listing told it; an id counts once."""
        items: dict[str, ContentItem] = {}
        with self.begin(write=False) as stores:
            pages = stores.ledger.readings(self.scan_id, ReadingKind.ITEMS, space_id)
            for read in pages:
                items |= {item.id: item for item in value_of(read, list[ContentItem])}
        ancestors = {
            id_: replace(item, state=_unlisted_state(item))
            for id_, item in margin.ancestors.get(space_id, {}).items()
            if id_ not in items
        }
        return Draft(items, ancestors, margin.cut & items.keys())

    def needs(
        self, space_id: str, margin: ShardMargin
    ) -> tuple[Names, tuple[str, ...]]:
        """Return who stands in restrictions, and the items to read them of."""
        draft, told = self.draft(space_id, margin), self.restrictions(space_id)
        read = {answer.content_id for answer in told}
        missing = tuple(id_ for id_ in draft.missing if id_ not in read)
        return draft.completed(told).names, missing

    def whole(
        self, space_id: str, margin: ShardMargin
    ) -> tuple[Draft, Names, tuple[RestrictionReading, ...]]:
        """Return a completed space, who stands in its restrictions, and the answers."""
        told = self.restrictions(space_id)
        draft = self.draft(space_id, margin).completed(told)
        return draft, draft.names, told

    def restrictions(self, space_id: str) -> tuple[RestrictionReading, ...]:
        """Return the restrictions of a space that were asked for one by one."""
        with self.begin(write=False) as stores:
            readings = stores.ledger.readings(
                self.scan_id, ReadingKind.RESTRICTION, space_id
            )
            return tuple(value_of(read, RestrictionReading) for read in readings)


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


def _subject_of(note: str) -> str:
    """Return what a note such as ``types_not_listed:SPACE:TYPES`` speaks of."""
    return note.partition(":")[2].partition(":")[0]


def _better_told(known: ContentItem | None, told: ContentItem) -> ContentItem:
    """Return which of two descriptions says more: nobody could read the lesser one."""
    if known is None or known.state is NodeState.UNREADABLE:
        return told
    return known if told.state is NodeState.UNREADABLE else told


def _unlisted_state(item: ContentItem) -> NodeState:
    if item.state is NodeState.LISTED:
        return NodeState.ANCESTOR
    return item.state


def _told(
    item: ContentItem, answer: RestrictionReading, state: NodeState
) -> ContentItem:
    return replace(item, read=answer.read, update=answer.update, state=state)

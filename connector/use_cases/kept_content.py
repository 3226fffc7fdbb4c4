"""The content of spaces as a scan has kept it so far, put together from readings."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from casb_sdk import Account, ContentItem, Coverage, Group, SpaceSnapshot
from casb_sdk.content import ContentTable
from casb_sdk.model import NodeState
from connector.domain.reading import RestrictionReading
from connector.domain.scan import Reading
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.assemble_space import Draft, ShardMargin
from connector.use_cases.changed_content import is_change
from connector.use_cases.names import Names
from connector.use_cases.readings import Margin, ReadingKind, value_of


@dataclass(frozen=True, slots=True)
class KeptContent:
    """What the ledger holds of the content that a scan has read.

    Of the spaces that the scan ``keeps`` it read changes only: what they are changes of
    is their last snapshot.
    """

    begin: Begin
    scan_id: str
    site_id: str
    keeps: frozenset[str] = frozenset()

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
                for read in self._readings(stores, ReadingKind.MARGIN, space_id):
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

    def base(self, space_id: str) -> SpaceSnapshot | None:
        """Return the last snapshot of a space that the scan keeps."""
        if space_id not in self.keeps:
            return None
        with self.begin(write=False) as stores:
            return stores.snapshots.space(self.site_id, space_id)

    def draft(self, space_id: str, margin: ShardMargin) -> Draft:
        """Return the content of one space as far as it was read; an id counts once."""
        base = self.base(space_id)
        told = margin.ancestors.get(space_id, {})
        items = dict(_moved(base.content, told)) if base else {}
        with self.begin(write=False) as stores:
            for read in self._readings(stores, ReadingKind.ITEMS, space_id):
                items |= {item.id: item for item in value_of(read, list[ContentItem])}
        ancestors = {
            id_: replace(item, state=_unlisted_state(item))
            for id_, item in told.items()
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

    def changed(self, space_id: str) -> frozenset[str]:
        """Return the ids of the items of a space that were read."""
        with self.begin(write=False) as stores:
            pages = self._readings(stores, ReadingKind.ITEMS, space_id)
            return frozenset(
                item.id for read in pages for item in value_of(read, list[ContentItem])
            )

    def _readings(
        self, stores: Stores, kind: ReadingKind, space_id: str
    ) -> Iterator[Reading]:
        """Yield what counts of a space: its listing or, if it is kept, the changes."""
        is_kept = space_id in self.keeps
        for read in stores.ledger.readings(self.scan_id, kind, space_id):
            if is_change(read) is is_kept:
                yield read


def _moved(
    content: ContentTable, told: Mapping[str, ContentItem]
) -> Iterator[tuple[str, ContentItem]]:
    """Yield the items of a table, below the parents that their children tell of."""
    for row, id_ in enumerate(content.ids):
        item, now = content.item(row), told.get(id_)
        if now is not None and now.state is not NodeState.UNREADABLE:
            item = replace(item, parent_id=now.parent_id)
        yield id_, item


def _better_told(known: ContentItem | None, told: ContentItem) -> ContentItem:
    """Return which of two descriptions says more: nobody could read the lesser one."""
    if known is None or known.state is NodeState.UNREADABLE:
        return told
    return known if told.state is NodeState.UNREADABLE else told


def _unlisted_state(item: ContentItem) -> NodeState:
    if item.state is NodeState.LISTED:
        return NodeState.ANCESTOR
    return item.state

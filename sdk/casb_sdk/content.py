"""The content of one space as columns: a million items in flat lists."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from casb_sdk.model import OPEN, ContentItem, NodeState, Restriction

NO_PARENT = -1


@dataclass(frozen=True, slots=True)
class Lists:
    """The read and update lists of a restricted item."""

    read: Restriction = OPEN
    update: Restriction = OPEN


UNRESTRICTED = Lists()


@dataclass(frozen=True, slots=True)
class ContentTable:
    """Items by row, ordered by id; ``parents`` holds rows, -1 at the top.

    Only restricted rows stand in ``lists`` and only rows that were not simply
    listed stand in ``states``, so an ordinary item costs its columns alone.
    ``orphans`` maps a row to the id of a parent that no row describes.
    """

    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    versions: tuple[int, ...] = ()
    parents: tuple[int, ...] = ()
    lists: Mapping[int, Lists] = field(default_factory=dict)
    states: Mapping[int, NodeState] = field(default_factory=dict)
    orphans: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of rows, ancestors outside the listing included."""
        return len(self.ids)

    @classmethod
    def of(cls, items: Iterable[ContentItem]) -> "ContentTable":
        """Return the items as a table; of items with one id the last counts."""
        by_id = {item.id: item for item in items}
        rows = sorted(by_id.values(), key=lambda item: id_order(item.id))
        row_of = {item.id: row for row, item in enumerate(rows)}
        parents = tuple(row_of.get(item.parent_id, NO_PARENT) for item in rows)
        return cls(
            ids=tuple(item.id for item in rows),
            types=tuple(item.type for item in rows),
            statuses=tuple(item.status for item in rows),
            titles=tuple(item.title for item in rows),
            versions=tuple(item.version for item in rows),
            parents=parents,
            lists={
                row: Lists(item.read, item.update)
                for row, item in enumerate(rows)
                if item.read or item.update
            },
            states={
                row: item.state
                for row, item in enumerate(rows)
                if item.state is not NodeState.LISTED
            },
            orphans={
                row: item.parent_id
                for row, item in enumerate(rows)
                if item.parent_id and parents[row] == NO_PARENT
            },
        )

    def item(self, row: int) -> ContentItem:
        """Return one row as a value."""
        lists = self.lists.get(row, UNRESTRICTED)
        parent = self.parents[row]
        return ContentItem(
            id=self.ids[row],
            type=self.types[row],
            status=self.statuses[row],
            title=self.titles[row],
            parent_id=(self.ids[parent] if parent >= 0 else self.orphans.get(row, "")),
            version=self.versions[row],
            read=lists.read,
            update=lists.update,
            state=self.states.get(row, NodeState.LISTED),
        )

    def items(self) -> Iterator[ContentItem]:
        """Yield every listed item, in the order of the ids."""
        for row in range(len(self.ids)):
            if row not in self.states:
                yield self.item(row)

    def chain(self, row: int) -> tuple[int, ...]:
        """Return a row and its ancestors, the row first; a loop ends the chain."""
        rows = dict.fromkeys([row])
        while (row := self.parents[row]) >= 0 and row not in rows:
            rows[row] = None
        return tuple(rows)


def id_order(content_id: str) -> tuple[int, str]:
    """Order ids as Confluence counts them: shorter numbers first."""
    return len(content_id), content_id

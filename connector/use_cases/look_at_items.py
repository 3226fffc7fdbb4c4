"""Reads items of a space anew: where they stand, and the limits on the way to them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from casb_sdk import ContentItem, Coverage, Gap, GapKind
from casb_sdk.content import ContentTable
from casb_sdk.model import NodeState, Restriction
from connector.domain.ports import SiteReader
from connector.domain.reading import ContentPage, Fate, FoundItem, RestrictionReading
from connector.domain.together import together
from connector.use_cases.assemble_space import Draft

UNREADABLE = "ancestor_unreadable"


@dataclass(slots=True)
class FreshItems:
    """Items of one space read anew, each once, with all that stands above them."""

    reader: SiteReader
    space_id: str
    fates: dict[str, Fate] = field(default_factory=dict)
    lists: dict[str, RestrictionReading] = field(default_factory=dict)
    _found: dict[str, FoundItem] = field(default_factory=dict)
    _above: dict[str, FoundItem] = field(default_factory=dict)
    _coverage: list[Coverage] = field(default_factory=list)

    async def read(self, ids: Collection[str]) -> None:
        """Read items, the lists on the way to them, and what became of the others."""
        wanted = set(ids) - self._found.keys() - self.fates.keys()
        if not wanted:
            return
        page = await self.reader.items(sorted(wanted))
        self._take(page)
        if not page.coverage.is_complete:
            return
        if missing := wanted - self._found.keys():
            self.fates |= await self.reader.content_fates(missing)
        unread = sorted(self._to_read() - self.lists.keys())
        for answer in await together(map(self.reader.restrictions, unread)):
            self.lists[answer.content_id] = answer
            self._coverage.append(answer.coverage)

    @property
    def coverage(self) -> Coverage:
        """What could not be read."""
        told = Coverage.merged(self._coverage)
        known = {gap.id for gap in told.gaps}
        gaps = (
            Gap(GapKind.ANCESTOR, item.id, UNREADABLE)
            for item in self._rows().values()
            if item.state is NodeState.UNREADABLE and item.id not in known
        )
        return told | Coverage(tuple(gaps))

    @property
    def seen(self) -> frozenset[str]:
        """The items that are there, in this space."""
        return frozenset(self._here())

    def home_of(self, content_id: str) -> str:
        """Return the space that an item is in now, or nothing."""
        found = self._found.get(content_id)
        return found.space_id if found else ""

    def restrictions(self) -> Iterator[Restriction]:
        """Yield every list that was read."""
        for item in self._rows().values():
            yield from (item.read, item.update)

    def over(self, kept: ContentTable) -> tuple[ContentItem, ...]:
        """Return what was read, as rows to stand in for those of a kept table.

        An ancestor says less of itself than the listing did; what was deleted is
        missing from now on.
        """
        rows = self._rows()
        gone = {id_ for id_, fate in self.fates.items() if fate is Fate.DELETED}
        known = _kept_rows(kept, rows.keys() | gone)
        here = self._here()
        fresh = [
            item if id_ in here else _below(item, known.get(id_))
            for id_, item in rows.items()
        ]
        lost = (known[id_] for id_ in gone & known.keys())
        return (*fresh, *(replace(item, state=NodeState.MISSING) for item in lost))

    def _take(self, page: ContentPage) -> None:
        self._found |= {each.item.id: each for each in page.found}
        self._above |= {each.item.id: each for each in page.ancestors}
        self._coverage.append(page.coverage)

    def _here(self) -> dict[str, ContentItem]:
        return {
            id_: each.item
            for id_, each in self._found.items()
            if each.space_id == self.space_id
        }

    def _ancestors(self) -> dict[str, ContentItem]:
        return {
            id_: each.item
            for id_, each in self._above.items()
            if each.space_id == self.space_id and id_ not in self._here()
        }

    def _to_read(self) -> set[str]:
        here, above = self._here(), self._ancestors()
        items = (*here.values(), *above.values())
        return {item.id for item in items if item.state is not NodeState.UNREADABLE}

    def _rows(self) -> Mapping[str, ContentItem]:
        draft = Draft(self._here(), self._ancestors(), frozenset())
        return draft.completed(self.lists.values()).items


def _below(fresh: ContentItem, kept: ContentItem | None) -> ContentItem:
    """Return an ancestor as it was listed, with what was read of it now."""
    if kept is None or kept.state is not NodeState.LISTED:
        return fresh
    state = NodeState.MISSING if fresh.state is NodeState.MISSING else kept.state
    return replace(
        kept,
        parent_id=fresh.parent_id,
        read=fresh.read,
        update=fresh.update,
        state=state,
    )


def _kept_rows(kept: ContentTable, ids: Collection[str]) -> dict[str, ContentItem]:
    rows = (row for row, id_ in enumerate(kept.ids) if id_ in ids)
    return {kept.ids[row]: kept.item(row) for row in rows}

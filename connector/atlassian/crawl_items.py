"""Finds single items by their ids: where they are now, and below what."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from casb_sdk import Coverage, Gap, GapKind
from casb_sdk.content import id_order
from casb_sdk.model import OPEN
from connector.atlassian import content_payloads as payloads
from connector.atlassian import endpoints
from connector.atlassian.chunks import chunks
from connector.atlassian.client import Call
from connector.atlassian.content_payloads import ContentRow
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.failures import CallFailedError
from connector.atlassian.leftovers import PAGE, POST
from connector.atlassian.normalise import text_of
from connector.atlassian.normalise_content import (
    NEVER_READ,
    Harvest,
    Homes,
    page_from,
    unreadable_ancestor,
)
from connector.atlassian.paging import Walker
from connector.atlassian.search import EXPAND
from connector.domain.reading import ContentPage, FoundItem
from connector.domain.together import together

IDS_PER_CALL = 50
MOST_LEVELS = 12
"""How far the parents of archived pages are followed, one call a level."""

STATUSES = {PAGE: "current,archived", POST: "current"}
NOT_FOUND = 404

Items = dict[str, FoundItem]


@dataclass(frozen=True, slots=True)
class ItemCrawler:
    """Single items of one site: by search, and by listing what search leaves out."""

    walker: Walker

    async def items(self, content_ids: Collection[str]) -> ContentPage:
        """Return the items that are there, with all that stands above them.

        A call that failed is a gap; the restriction lists are those of the search
        index and may lag behind. Of what search does not list they are ``cut``.
        """
        cut: set[str] = set()
        found: Items = {}
        ancestors: Items = {}
        wanted = _askable(content_ids)
        try:
            for _ in range(MOST_LEVELS):
                page = await self._searched(wanted)
                found |= _by_id(page.found)
                ancestors |= _by_id(page.ancestors)
                listed = await self._listed([w for w in wanted if w not in found])
                found |= listed
                cut |= listed.keys()
                above = {each.item.parent_id for each in listed.values()} - {""}
                wanted = _askable(above - found.keys() - ancestors.keys())
                if not wanted:
                    break
        except CallFailedError as error:
            return _unread(content_ids, error.reason)
        above_them = tuple(_above(found, ancestors))
        return ContentPage(tuple(found.values()), above_them, cut=frozenset(cut))

    async def _searched(self, ids: Sequence[str]) -> ContentPage:
        rows: list[ContentRow] = []
        for chunk in chunks(ids, IDS_PER_CALL):
            call = Call(
                endpoints.SEARCH,
                params=(
                    ("cql", f"id in ({','.join(chunk)})"),
                    ("expand", EXPAND),
                    ("limit", str(IDS_PER_CALL)),
                ),
            )
            async for page in self.walker.pages(call, payloads.SEARCH):
                rows += page.rows
        return _harvested(rows)

    async def _listed(self, ids: Sequence[str]) -> Items:
        pages = await self._of_type(endpoints.PAGES, PAGE, ids)
        rest = [id_ for id_ in ids if id_ not in pages]
        return pages | await self._of_type(endpoints.BLOGPOSTS, POST, rest)

    async def _of_type(
        self, endpoint: Endpoint, type_: str, ids: Sequence[str]
    ) -> Items:
        found: Items = {}
        for chunk in chunks(ids, IDS_PER_CALL):
            named = (("id", ",".join(chunk)), ("status", STATUSES[type_]))
            call = Call(endpoint, params=(*named, ("limit", str(IDS_PER_CALL))))
            async for page in self.walker.pages(call, payloads.PAGES):
                for row in page.rows:
                    if row.status not in NEVER_READ:
                        item = page_from(row, type_, (OPEN, OPEN))
                        found[item.id] = FoundItem(text_of(row.space_id), item)
        return found


@dataclass(frozen=True, slots=True)
class LegacyItemCrawler:
    """Single items of one site, by the old call for each."""

    walker: Walker

    async def items(self, content_ids: Collection[str]) -> ContentPage:
        """Return the items that are there, with all that stands above them."""
        try:
            rows = await together(map(self._row, _askable(content_ids)))
        except CallFailedError as error:
            return _unread(content_ids, error.reason)
        return _harvested([row for row in rows if row is not None])

    async def _row(self, content_id: str) -> ContentRow | None:
        params = (("status", "any"), ("expand", EXPAND))
        call = Call(endpoints.LEGACY_ITEM, {"id": content_id}, params)
        try:
            return await self.walker.client.fetch(call, payloads.ITEM)
        except CallFailedError as error:
            if error.status == NOT_FOUND:
                return None
            raise


def _harvested(rows: Sequence[ContentRow]) -> ContentPage:
    """Return rows as items, each in the space it names, whichever that is."""
    homes = frozenset(text_of(row.space.id) for row in rows if row.space)
    harvest = Harvest(Homes(homes, {}))
    harvest.take(rows)
    return harvest.page


def _above(found: Items, ancestors: Items) -> Iterable[FoundItem]:
    """Yield what stands above the items; what nobody describes is unreadable."""
    known = found | ancestors
    for each in list(known.values()):
        parent = each.item.parent_id
        if parent and parent not in known:
            known[parent] = unreadable_ancestor(each.space_id, parent)
    yield from (each for id_, each in known.items() if id_ not in found)


def _askable(ids: Iterable[str]) -> list[str]:
    """Return ids in order; one that is no number would spoil its whole call."""
    return sorted(filter(str.isdecimal, ids), key=id_order)


def _by_id(found: Iterable[FoundItem]) -> Items:
    return {each.item.id: each for each in found}


def _unread(ids: Iterable[str], reason: str) -> ContentPage:
    gaps = (Gap(GapKind.CONTENT, id_, reason) for id_ in sorted(ids))
    return ContentPage(coverage=Coverage(tuple(gaps)))

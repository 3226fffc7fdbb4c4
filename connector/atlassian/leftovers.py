"""Reads what search leaves out: archived pages, and the content of archived spaces.

The v2 listings name parents but no restrictions, which are read item by item.
"""

import asyncio
from collections.abc import (
    AsyncGenerator,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from casb_sdk import Coverage, Gap, GapKind, Space
from casb_sdk.model import NodeState
from connector.atlassian import content_payloads as payloads
from connector.atlassian import endpoints
from connector.atlassian.client import Call
from connector.atlassian.content_payloads import AncestorRow, PageRow
from connector.atlassian.crawl_restrictions import RestrictionCrawler
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.failures import CallFailedError
from connector.atlassian.normalise import text_of
from connector.atlassian.normalise_content import (
    NEVER_READ,
    ancestor_from,
    page_from,
    unreadable_ancestor,
)
from connector.atlassian.paging import Page, Position, Walker
from connector.domain.reading import ContentPage, FoundItem, RestrictionReading
from connector.domain.together import in_turn, meanwhile

PAGE = "page"
POST = "blogpost"
ENDPOINTS = {PAGE: endpoints.PAGES, POST: endpoints.BLOGPOSTS}
LIMIT = ("limit", "250")
PORTION = 5
AT_ONCE = 20
"""Calls for single items that are under way, or answered and not kept."""

MOST_LISTINGS = 2
LONGEST_NUMBER = 18
MOST_ANCESTORS = 250
REMEMBERED_PARENTS = 20_000
MISSING = "404"


@dataclass(frozen=True, slots=True)
class Listing:
    """A v2 listing of pages or of blog posts.

    ``is_only_source`` says that search lists nothing of these spaces, so that
    parents which are no pages stand in no listing.
    """

    type: str
    spaces: Sequence[Space]
    statuses: Sequence[str]
    is_only_source: bool = False

    @property
    def endpoint(self) -> Endpoint:
        """The operation that lists them."""
        return ENDPOINTS[self.type]

    @property
    def call(self) -> Call:
        """The call for its first page."""
        return Call(
            self.endpoint,
            params=(
                ("space-id", ",".join(space.id for space in self.spaces)),
                ("status", ",".join(self.statuses)),
                LIMIT,
            ),
        )


@dataclass(frozen=True, slots=True)
class Walk:
    """A listing under way: the line of its calls, the parents it asked for."""

    listing: Listing
    line: int
    asked_for: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Room:
    """The portions there may be under way; listings share them equally."""

    listings: int = 0
    _turns: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(MOST_LISTINGS), repr=False
    )

    @asynccontextmanager
    async def entered(self) -> AsyncGenerator[None, None]:
        """Wait until one more listing may be under way, and let it be."""
        async with self._turns:
            self.listings += 1
            try:
                yield
            finally:
                self.listings -= 1

    def share(self) -> int:
        """Return how many portions a listing may have under way now."""
        return AT_ONCE // PORTION // max(1, self.listings)


@dataclass(frozen=True, slots=True)
class LeftoverCrawler:
    """What search leaves out on one site.

    Few listings are under way at a time: enough to fill all slots with their calls for
    single items, and little that a scan which was killed has to ask for again.
    """

    walker: Walker
    restrictions: RestrictionCrawler
    granted: Collection[str] = ()
    _room: Room = field(default_factory=Room, repr=False)

    async def pages(
        self, listing: Listing, at: Position, seen: Collection[str], line: int = 0
    ) -> AsyncGenerator[tuple[ContentPage, Position | None], None]:
        """Yield the pages of a listing, in portions, without the items seen before.

        A position within a page is the id of its last item that was yielded.
        ``line`` is the line its calls for single items stand in.
        """
        homes = frozenset(space.id for space in listing.spaces)
        walk, last = Walk(listing, line), at.start
        async with (
            self._room.entered(),
            aclosing(self._listed(listing, at)) as pages,
        ):
            async for page in pages:
                rows = [
                    row
                    for row in page.rows
                    if text_of(row.space_id) in homes
                    and row.status not in NEVER_READ
                    and text_of(row.id) not in seen
                ]
                async with aclosing(self._read(walk, _after(last, rows))) as portions:
                    async for portion, id_ in portions:
                        onward = Position(page.at.cursor, id_) if id_ else page.resume
                        yield portion, onward
                last = 0

    def _listed(
        self, listing: Listing, at: Position
    ) -> AsyncGenerator[Page[PageRow], None]:
        return self.walker.pages(listing.call, payloads.PAGES, Position(at.cursor))

    async def _read(
        self, walk: Walk, rows: Sequence[PageRow]
    ) -> AsyncGenerator[tuple[ContentPage, int], None]:
        """Yield some rows at a time with what was read of each, and the last id."""
        portions = list(_portions(rows))
        pages = in_turn(
            (self._page(walk, portion) for portion, _ in portions), self._room.share
        )
        async with aclosing(pages):
            for _, id_ in portions:
                yield await anext(pages), id_

    async def _page(self, walk: Walk, rows: Sequence[PageRow]) -> ContentPage:
        children = _children(rows)
        async with meanwhile() as group:
            # Parents first: else they stand behind all that other portions ask for.
            chains = [
                group.create_task(self._chain(row, walk.line))
                for parent, row in children.items()
                if self._can_ask_for(parent, row, walk)
            ]
            asked = [
                group.create_task(
                    self.restrictions.restrictions(text_of(row.id), walk.line)
                )
                for row in rows
            ]
        readings = [task.result() for task in asked]
        ancestors = _unread(children)
        for chain in chains:
            ancestors |= chain.result()
        return ContentPage(
            found=tuple(map(_found, rows, [walk.listing.type] * len(rows), readings)),
            ancestors=tuple(ancestors.values()),
            accounts=tuple({a.id: a for r in readings for a in r.accounts}.values()),
            groups=tuple({g.id: g for r in readings for g in r.groups}.values()),
            coverage=Coverage.merged(map(_coverage, readings)),
        )

    def _can_ask_for(self, parent: str, child: PageRow, walk: Walk) -> bool:
        """Return whether a parent that no listing gives is to be asked for.

        That takes a scope of its own; without it nothing is claimed below the parent.
        """
        is_granted = endpoints.PAGE_ANCESTORS.scope in self.granted
        if not walk.listing.is_only_source or not is_granted:
            return False
        if _parent_type(child) == PAGE or parent in walk.asked_for:
            return False
        if len(walk.asked_for) < REMEMBERED_PARENTS:
            walk.asked_for.add(parent)
        return True

    async def _chain(self, row: PageRow, line: int) -> dict[str, FoundItem]:
        call = Call(
            endpoints.PAGE_ANCESTORS,
            {"id": text_of(row.id)},
            (("limit", str(MOST_ANCESTORS)),),
            line=line,
        )
        try:
            listing = await self.walker.client.fetch(call, payloads.ANCESTORS)
        except CallFailedError:
            return {}
        return dict(_chained(listing.results, text_of(row.space_id)))


def _children(rows: Sequence[PageRow]) -> dict[str, PageRow]:
    """Return the parents that some rows of a listing lack, each with a child."""
    here = {text_of(row.id) for row in rows}
    return {
        text_of(row.parent_id): row
        for row in rows
        if row.parent_id and text_of(row.parent_id) not in here
    }


def _unread(children: Mapping[str, PageRow]) -> dict[str, FoundItem]:
    """Describe parents nobody read; a listed item of the same id says more."""
    return {
        parent: unreadable_ancestor(text_of(row.space_id), parent, _parent_type(row))
        for parent, row in children.items()
    }


def _after(id_: int, rows: Sequence[PageRow]) -> Sequence[PageRow]:
    """Return the rows behind an item, all of them where it is not there any more."""
    ids = [text_of(row.id) for row in rows]
    return rows[ids.index(str(id_)) + 1 :] if str(id_) in ids else rows


def _portions(rows: Sequence[PageRow]) -> Iterator[tuple[Sequence[PageRow], int]]:
    """Yield few rows at a time, each time with the last id if more follow.

    Each row costs a call, which a scan that was killed makes again for the portions
    that were not kept. At an id that is no number nobody can go on.
    """
    while len(rows) > PORTION and (last := _number(rows[PORTION - 1])):
        yield rows[:PORTION], last
        rows = rows[PORTION:]
    yield rows, 0


def _number(row: PageRow) -> int:
    id_ = text_of(row.id)
    return int(id_) if id_.isdecimal() and len(id_) <= LONGEST_NUMBER else 0


def _chained(
    rows: Sequence[AncestorRow], space_id: str
) -> Iterable[tuple[str, FoundItem]]:
    """Yield ancestors, the topmost first; above a full list nobody knows."""
    parent = ""
    for number, row in enumerate(rows):
        id_ = text_of(row.id)
        if number == 0 and len(rows) >= MOST_ANCESTORS:
            yield id_, unreadable_ancestor(space_id, id_, row.type or PAGE)
        else:
            yield id_, ancestor_from(row, space_id, parent)
        parent = id_


def _found(row: PageRow, type_: str, reading: RestrictionReading) -> FoundItem:
    item = page_from(row, type_, (reading.read, reading.update))
    return FoundItem(text_of(row.space_id), item)


def _coverage(reading: RestrictionReading) -> Coverage:
    """Return what could not be read; a listed item has restrictions to read."""
    if reading.state is NodeState.MISSING:
        gap = Gap(GapKind.RESTRICTION, reading.content_id, MISSING)
        return Coverage((gap,))
    return reading.coverage


def _parent_type(row: PageRow) -> str:
    return row.parent_type or PAGE

"""Searches content by CQL, page by page, adapting to what the site's search bears."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field

from casb_sdk import Space
from connector.atlassian import content_payloads as payloads
from connector.atlassian import endpoints
from connector.atlassian.capabilities import (
    BAD_REQUEST,
    SMALLEST_PAGE,
    Query,
    SearchCapabilities,
)
from connector.atlassian.client import Call
from connector.atlassian.content_payloads import ContentRow
from connector.atlassian.failures import CallFailedError
from connector.atlassian.paging import FIRST, Page, Position, Walker

TOO_LARGE = frozenset({"504", "timeout"})
MOST_RESTARTS = 12
EXPAND = ",".join(
    (
        "ancestors",
        "version",
        "space",
        *(
            f"restrictions.{operation}.restrictions.{subject}"
            for operation in ("read", "update")
            for subject in ("user", "group")
        ),
    )
)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of results and the query that its walk keeps to."""

    query: Query
    page: Page[ContentRow]


@dataclass(slots=True)
class Walk:
    """A walk under way: where it began, how it asks and how far it came."""

    spaces: Sequence[Space]
    query: Query | None
    at: Position
    pages: int = 0

    @property
    def lost_its_place(self) -> bool:
        """Whether a bad request can be about the position, not about the query."""
        return bool(self.pages) or self.at != FIRST


@dataclass(slots=True)
class ContentSearch:
    """The content search of one site; what it learns is for all its shards.

    Until one search was answered only one asks at a time, so that what the site
    refuses is found out once.
    """

    walker: Walker
    capabilities: SearchCapabilities = field(default_factory=SearchCapabilities)
    _probing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def pages(
        self, spaces: Sequence[Space], query: Query | None, at: Position
    ) -> AsyncGenerator[SearchPage, None]:
        """Yield the content of some spaces.

        A walk that fails begins again with an easier query, so items may come
        twice. ``at`` is a position of a walk that was left, ``query`` its query.
        """
        async with AsyncExitStack() as probing:
            walk = Walk(spaces, query, at)
            if not self.capabilities.is_proven:
                await probing.enter_async_context(self._probing)
            for restarts_left in reversed(range(MOST_RESTARTS)):
                try:
                    async with aclosing(self._walked(walk)) as found:
                        async for search_page in found:
                            await probing.aclose()
                            yield search_page
                except CallFailedError as error:
                    again = self._restarted(walk, error)
                    if again is None or not restarts_left:
                        raise
                    walk = again
                else:
                    return

    async def _walked(self, walk: Walk) -> AsyncGenerator[SearchPage, None]:
        query = walk.query = walk.query or self.capabilities.query
        call = _call(query, walk.spaces)
        pages = self.walker.pages(call, payloads.SEARCH, walk.at)
        async with aclosing(pages):
            async for page in pages:
                walk.pages += 1
                self._learn(query, page)
                yield SearchPage(query, page)
                del page  # a page is large, and the next one takes its time

    def _learn(self, query: Query, page: Page[ContentRow]) -> None:
        echoed = page.listing.limit or 0
        shown = len(page.rows) if page.following else 0
        self.capabilities = self.capabilities.after_page(query, echoed, shown)

    def _restarted(self, walk: Walk, error: CallFailedError) -> Walk | None:
        """Return another walk that may come further."""
        if error.status == BAD_REQUEST and walk.lost_its_place:
            return Walk(walk.spaces, walk.query if walk.pages else None, FIRST)
        query = walk.query or self.capabilities.query
        easier = self.capabilities.easier_than(query, error)
        return Walk(walk.spaces, easier, FIRST) if easier else None


def _call(query: Query, spaces: Sequence[Space]) -> Call:
    """Return the call; a large page is not insisted on."""
    return Call(
        endpoints.SEARCH,
        params=(
            ("cql", query.cql(spaces)),
            ("expand", EXPAND),
            ("limit", str(query.limit)),
        ),
        hasty=TOO_LARGE if query.limit > SMALLEST_PAGE else frozenset(),
    )

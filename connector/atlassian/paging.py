"""Walks lists page by page, by cursor or by offset, without ever following a link.

A next link names another host and another base than ours, so only its cursor is
taken and the known path is called again.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from urllib.parse import unquote, urlsplit

from msgspec.json import Decoder

from connector.atlassian.client import Call, ConfluenceClient
from connector.atlassian.failures import PagingBrokeError
from connector.atlassian.payloads import Listing

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: a cursor, or an offset; neither is the first page."""

    cursor: str = ""
    start: int = 0

    @property
    def params(self) -> tuple[tuple[str, str], ...]:
        """The position as a query."""
        if self.cursor:
            return (("cursor", self.cursor),)
        return (("start", str(self.start)),) if self.start else ()


FIRST = Position()


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """One page; ``following`` is None on the last one, ``breaks`` where it is lost."""

    listing: Listing[RowT]
    at: Position
    following: Position | None = None
    breaks: bool = False

    @property
    def rows(self) -> list[RowT]:
        """The rows."""
        return self.listing.results

    @property
    def resume(self) -> Position | None:
        """Where to go on after this page: at it again, if the way on is lost."""
        return self.at if self.breaks else self.following


@dataclass(frozen=True, slots=True)
class Walker:
    """Walks the lists of one site; ``hosts`` are those a next link may name."""

    client: ConfluenceClient
    hosts: frozenset[str]

    async def pages(
        self, call: Call, decoder: Decoder[Listing[RowT]], at: Position = FIRST
    ) -> AsyncGenerator[Page[RowT], None]:
        """Yield the pages of a list; PagingBrokeError tells that some are missing."""
        seen = {at}
        rows: list[RowT] = []
        position: Position | None = at
        while position is not None:
            page = await self._page(call, decoder, position)
            if call.endpoint.may_lack_next:
                if rows and page.rows == rows:
                    raise PagingBrokeError(call.endpoint.name)
                rows = page.rows
            position = page.following
            is_lost = page.breaks or position in seen or (position and not page.rows)
            yield page
            del page  # a page is large, and the next one takes its time
            if is_lost:
                raise PagingBrokeError(call.endpoint.name)
            if position is not None:
                seen.add(position)

    async def _page(
        self, call: Call, decoder: Decoder[Listing[RowT]], at: Position
    ) -> Page[RowT]:
        asked = replace(call, params=call.params + at.params)
        listing = await self.client.fetch(asked, decoder)
        rows = len(listing.results)
        if link := listing.links and listing.links.next:
            following = self._named_by(link, at.start + rows)
            return Page(listing, at, following, breaks=following is None)
        if call.endpoint.may_lack_next and ("limit", str(rows)) in call.params:
            return Page(listing, at, Position(start=at.start + rows))
        return Page(listing, at)

    def _named_by(self, link: str, start: int) -> Position | None:
        """Return where a link leads, None if it leads to another host."""
        try:
            parts = urlsplit(link)
        except ValueError:
            return None
        if parts.netloc and parts.netloc.lower() not in self.hosts:
            return None
        values = _values(parts.query)
        if cursor := values.get("cursor"):
            return Position(cursor)
        named = values.get("start", "")
        return Position(start=int(named) if named.isdigit() else start)


def _values(query: str) -> dict[str, str]:
    """Read a query whose values may hold plain equal signs and plus signs."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return {name: unquote(value) for name, _, value in pairs if name}

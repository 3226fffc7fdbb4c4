"""Finds what changed on a site since a moment: search by last change, newest first.

The query names no date: a date in CQL is in the time zone of the user, while each row
tells its own moment with a zone.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from casb_sdk import Coverage, Gap, GapKind, Space
from connector.atlassian import content_payloads as payloads
from connector.atlassian import endpoints
from connector.atlassian.answers import UNAUTHORIZED
from connector.atlassian.capabilities import (
    BAD_REQUEST,
    CONTENT_TYPES,
    SMALLEST_PAGE,
    Query,
    quoted,
)
from connector.atlassian.client import Call
from connector.atlassian.content_payloads import ChangedRow
from connector.atlassian.crawl_content import LISTED_BY_V2, REFUSED
from connector.atlassian.failures import CallFailedError
from connector.atlassian.normalise import text_of
from connector.atlassian.normalise_content import Harvest, Homes, Told
from connector.atlassian.paging import FIRST, Position, Walker
from connector.atlassian.search import EXPAND, TOO_LARGE, ContentSearch
from connector.atlassian.stages import Resume
from connector.domain.errors import NotToldError
from connector.domain.reading import ContentPage
from connector.domain.scan import KEY_CHARACTERS_PER_SHARD

MOST_AT_ONCE = 200
MOST_RESTARTS = 6
INDEX_GRAIN = timedelta(minutes=1)
"""Rows whose moments differ by less may come in any order (CONFCLOUD-76352)."""


@dataclass(slots=True)
class Walk:
    """One query under way: how it asks, from where, and how far back it came."""

    since: datetime
    spaces: Sequence[Space]
    query: Query
    at: Position = FIRST
    told: Told = field(default_factory=Told)
    pages: int = 0
    oldest: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether all that can follow is older than what is asked for."""
        return self.oldest is not None and self.oldest < self.since - INDEX_GRAIN

    @property
    def call(self) -> Call:
        """The call for a page; a large one is not insisted on."""
        limit = self.query.limit
        keys = ",".join(quoted(space.key) for space in self.spaces)
        where = f"space in ({keys}) and " if keys else ""
        types = ",".join(self.query.types)
        cql = f"{where}type in ({types}) order by lastmodified desc"
        return Call(
            endpoints.SEARCH,
            params=(("cql", cql), ("expand", EXPAND), ("limit", str(limit))),
            hasty=TOO_LARGE if limit > SMALLEST_PAGE else frozenset(),
        )

    def taken(self, rows: Sequence[ChangedRow]) -> ContentPage:
        """Return what changed of a page, each item in the space that it names."""
        self.pages += 1
        moments = [_moment_of(row) for row in rows]
        self._check(rows, moments)
        changed = [
            row
            for row, moment in zip(rows, moments, strict=True)
            if moment is None or moment >= self.since
        ]
        homes = frozenset(text_of(row.space.id) for row in changed if row.space)
        harvest = Harvest(Homes(homes, {}), self.told)
        harvest.take(changed)
        return harvest.page

    def again(self, query: Query) -> "Walk":
        """Return the walk from the beginning; what was told is not told again."""
        return Walk(self.since, self.spaces, query, told=self.told)

    def _check(
        self, rows: Sequence[ChangedRow], moments: Sequence[datetime | None]
    ) -> None:
        """Refuse a page from which it cannot be told where to stop."""
        known = [moment for moment in moments if moment is not None]
        if rows and not known:
            raise _not_told("search does not say when items were changed")
        if not all(row.space and text_of(row.space.id) for row in rows):
            raise _not_told("search does not say which space an item is in")
        for moment in known:
            if self.oldest is not None and moment > self.oldest + INDEX_GRAIN:
                raise _not_told("search does not list the last changes first")
            self.oldest = moment if self.oldest is None else min(moment, self.oldest)


@dataclass(frozen=True, slots=True)
class ChangeCrawler:
    """What changed on one site; ``may_search`` is false where no scope allows it."""

    walker: Walker
    search: ContentSearch
    may_search: bool = True

    async def changes(
        self, since: datetime, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncGenerator[ContentPage, None]:
        """Yield what was made or changed since, newest first; of all spaces for none.

        Search leaves out archived spaces and what is archived, in the trash or a
        draft. An item can come twice. Whatever keeps the walk from its end raises
        NotToldError, so that nobody takes half of the changes for all.
        """
        place = Resume.from_text(resume)
        query = place.query or self._query()
        parts = list(_parts(spaces))
        first = int(place.stage) if place.stage.isdecimal() else 0
        coverage = _unsearched(query)
        for number in range(first, len(parts)):
            at = place.at if number == first else FIRST
            walk = self._walked(Walk(since, parts[number], query, at))
            async with aclosing(walk) as pages:
                async for page, following, asked in pages:
                    onward = _onward(number, following, asked, len(parts))
                    whole = page.coverage | coverage
                    yield replace(page, resume=onward, coverage=whole)
                    coverage = Coverage()

    def _query(self) -> Query:
        """Return how to ask, by what the site's search is known to bear and list."""
        if not self.may_search:
            raise _not_told("no scope of the profile allows to search")
        known = self.search.capabilities.query
        if missing := sorted(LISTED_BY_V2.difference(known.types)):
            raise _not_told(f"search does not list {', '.join(missing)}")
        return Query(min(known.limit, MOST_AT_ONCE), known.types)

    async def _walked(
        self, walk: Walk
    ) -> AsyncGenerator[tuple[ContentPage, Position | None, Query], None]:
        """Yield the pages of a query; one too large for the site is asked smaller."""
        for restarts_left in reversed(range(MOST_RESTARTS)):
            pages = self.walker.pages(walk.call, payloads.CHANGES, walk.at)
            try:
                async with aclosing(pages):
                    async for page in pages:
                        taken = walk.taken(page.rows)
                        onward = None if walk.is_over else page.resume
                        yield taken, onward, walk.query
                        if walk.is_over:
                            return
            except CallFailedError as error:
                if error.status == UNAUTHORIZED:
                    raise error.as_fatal() from error
                easier = self._easier(walk, error)
                if easier is None or not restarts_left:
                    raise _not_told(f"{error.operation}: {error.reason}") from error
                walk = walk.again(easier)
            else:
                return

    def _easier(self, walk: Walk, error: CallFailedError) -> Query | None:
        """Return a query that may come further from the beginning."""
        if error.status == BAD_REQUEST:
            # A cursor can be too old; a first page is refused for what it asks.
            is_about_place = bool(walk.pages) or walk.at != FIRST
            return walk.query if is_about_place else None
        return self.search.capabilities.easier_than(walk.query, error)


def _parts(spaces: Sequence[Space]) -> Iterator[Sequence[Space]]:
    """Yield as many spaces at a time as one query can name; none name all."""
    part: list[Space] = []
    length = 0
    for space in spaces:
        length += len(space.key) + 3
        if part and length > KEY_CHARACTERS_PER_SHARD:
            yield part
            part, length = [], len(space.key) + 3
        part.append(space)
    yield part


def _onward(
    number: int, following: Position | None, query: Query, parts: int
) -> str | None:
    """Return where to go on after a page, None if it was the last."""
    if following is not None:
        return Resume(str(number), following.cursor, following.start, query).text
    return Resume(str(number + 1), query=query).text if number + 1 < parts else None


def _unsearched(query: Query) -> Coverage:
    """Return the types that search refused once, as gaps."""
    refused = (
        Gap(GapKind.CONTENT_TYPE, type_, REFUSED)
        for type_ in CONTENT_TYPES
        if type_ not in query.types
    )
    return Coverage(tuple(sorted(refused, key=lambda gap: gap.id)))


def _moment_of(row: ChangedRow) -> datetime | None:
    """Return when an item was last changed, None where that cannot be read."""
    when = row.version.when if row.version else None
    if not isinstance(when, str):
        return None
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _not_told(reason: str) -> NotToldError:
    return NotToldError(f"the site does not tell what changed: {reason}")

"""Streams the content of spaces by the old listing, or below what is known of them."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from casb_sdk import Coverage, Gap, GapKind, Space
from connector.atlassian import content_payloads as payloads
from connector.atlassian import endpoints
from connector.atlassian.answers import UNAUTHORIZED
from connector.atlassian.capabilities import NOT_ABOUT_SIZE, SMALLEST_PAGE
from connector.atlassian.client import Call
from connector.atlassian.failures import GONE, CallFailedError, Nature
from connector.atlassian.legacy_seeds import SeedCrawler
from connector.atlassian.normalise_content import Harvest, Homes, Told
from connector.atlassian.paging import Position, Walker
from connector.atlassian.search import EXPAND, TOO_LARGE
from connector.atlassian.stages import ARCHIVED, CURRENT, Resume
from connector.domain.reading import ContentPage

LARGEST_PAGE = 200
PAGE = "page"
POST = "blogpost"
LISTED = ((PAGE, CURRENT), (PAGE, ARCHIVED), (POST, CURRENT))

Steps = AsyncGenerator[tuple[ContentPage, Resume | None], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One listing of one space: a type and a status."""

    name: str
    space: Space
    type: str
    status: str

    @property
    def is_first(self) -> bool:
        """Whether it is the first of its space."""
        return (self.type, self.status) == LISTED[0]

    def listing(self, limit: int) -> Call:
        """Return the call for the first page of the listing."""
        params = (
            ("spaceKey", self.space.key),
            ("type", self.type),
            ("status", self.status),
        )
        return _sized(Call(endpoints.LEGACY_CONTENT, params=params), limit)

    def below(self, top: str, limit: int) -> Call:
        """Return the call for the first page of all that is below an item."""
        return _sized(
            Call(endpoints.DESCENDANTS, {"id": top, "type": self.type}), limit
        )

    def place(self, at: Position, top: str = "") -> Resume:
        """Return a place in the step."""
        return Resume(self.name, top, at.start)


@dataclass(slots=True)
class LegacyContent:
    """The content of one site; what it learns of the site is for all its shards.

    ``limit`` only ever shrinks. ``is_gone`` says that the listing was removed, so
    that what the seeds lead to is all there is.
    """

    walker: Walker
    seeds: SeedCrawler
    limit: int = LARGEST_PAGE
    is_gone: bool = False

    async def content(
        self, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncGenerator[ContentPage, None]:
        """Yield the content of some spaces; a listing that fails leaves a gap."""
        steps = tuple(steps_of(spaces))
        place = Resume.from_text(resume)
        names = [step.name for step in steps]
        first = names.index(place.stage) if place.stage in names else 0
        stream = Stream(self)
        for number, step in enumerate(steps[first:], first):
            where = place if step.name == place.stage else Resume(step.name)
            following = Resume(names[number + 1]) if number + 1 < len(names) else None
            async with aclosing(stream.walk(step, where)) as pages:
                async for page, at in pages:
                    onward = at or following
                    yield replace(page, resume=onward.text if onward else None)


@dataclass(slots=True)
class Stream:
    """The listings of a shard under way."""

    crawler: LegacyContent
    told: Told = field(default_factory=Told)

    async def walk(self, step: Step, place: Resume) -> Steps:
        """Yield the pages of a step and where to go on in it, nothing after the last.

        A place that names an item was left below it.
        """
        crawler = self.crawler
        crawler.is_gone |= bool(place.cursor)
        if not crawler.is_gone:
            async with aclosing(self._listed(step, place)) as pages:
                async for page in pages:
                    yield page
        elif not step.is_first:
            yield _unread(step.space, str(GONE)), None
        if crawler.is_gone and step.is_first:
            async with aclosing(self._below_all(step, place)) as pages:
                async for page in pages:
                    yield page

    async def _listed(self, step: Step, place: Resume) -> Steps:
        crawler = self.crawler
        try:
            walk = self._pages(step, "", Position(start=place.start))
            async with aclosing(walk) as pages:
                async for page in pages:
                    yield page
        except CallFailedError as error:
            if error.status == UNAUTHORIZED:
                raise error.as_fatal() from error
            crawler.is_gone |= error.status == GONE
            if not (crawler.is_gone and step.is_first):
                yield _unread(step.space, error.reason), None

    async def _below_all(self, step: Step, place: Resume) -> Steps:
        """Yield what is below the items known of a space: all else is a gap."""
        tops = await self.crawler.seeds.tops(step.space)
        first = tops.index(place.cursor) if place.cursor in tops else 0
        if not place.cursor:
            onward = step.place(Position(), tops[0]) if tops else None
            yield _unread(step.space, str(GONE)), onward
        for number, top in enumerate(tops[first:], first):
            start = Position(start=place.start if top == place.cursor else 0)
            after = tops[number + 1 : number + 2]
            onward = step.place(Position(), *after) if after else None
            try:
                async with aclosing(self._pages(step, top, start)) as pages:
                    async for page, at in pages:
                        yield page, at or onward
            except CallFailedError as error:
                yield _unread(step.space, error.reason), onward

    async def _pages(self, step: Step, top: str, at: Position) -> Steps:
        """Yield the pages of a listing; one that is too large is asked for by halves.

        An offset stays where it is, whatever the size of the pages.
        """
        crawler = self.crawler
        while True:
            limit = crawler.limit
            call = step.below(top, limit) if top else step.listing(limit)
            walk = crawler.walker.pages(call, payloads.SEARCH, at)
            try:
                async with aclosing(walk) as pages:
                    async for page in pages:
                        found = self._page(step.space, page.rows)
                        onward = page.resume
                        yield found, step.place(onward, top) if onward else None
                        at = onward or at
            except CallFailedError as error:
                if not _is_about_size(error) or limit <= SMALLEST_PAGE:
                    raise
                crawler.limit = min(crawler.limit, max(SMALLEST_PAGE, limit // 2))
            else:
                return

    def _page(self, space: Space, rows: Sequence[payloads.ContentRow]) -> ContentPage:
        harvest = Harvest(Homes.of((space,)), self.told)
        harvest.take(rows)
        return harvest.page


def steps_of(spaces: Sequence[Space]) -> Iterator[Step]:
    """Yield the listings to walk, space by space."""
    for number, space in enumerate(spaces):
        for type_, status in LISTED:
            yield Step(f"{type_}-{status}-{number}", space, type_, status)


def _sized(call: Call, limit: int) -> Call:
    """Return a call with what to show and how much; a large page is not insisted on."""
    return replace(
        call,
        params=(*call.params, ("expand", EXPAND), ("limit", str(limit))),
        hasty=TOO_LARGE if limit > SMALLEST_PAGE else frozenset(),
    )


def _is_about_size(error: CallFailedError) -> bool:
    return error.nature is Nature.PASSING and error.reason not in NOT_ABOUT_SIZE


def _unread(space: Space, reason: str) -> ContentPage:
    gap = Gap(GapKind.CONTENT, space.id, reason)
    return ContentPage(coverage=Coverage((gap,)))

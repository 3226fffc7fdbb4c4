"""Streams the content of a shard: search first, then what search does not list."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import count

from casb_sdk import Coverage, Gap, GapKind, Space
from connector.atlassian.answers import UNAUTHORIZED
from connector.atlassian.capabilities import BAD_REQUEST, CONTENT_TYPES
from connector.atlassian.failures import CallFailedError
from connector.atlassian.leftovers import PAGE, POST, LeftoverCrawler, Listing
from connector.atlassian.normalise_content import Harvest, Homes, Told
from connector.atlassian.search import ContentSearch
from connector.atlassian.stages import ARCHIVED, Resume, Stage, stages_of
from connector.domain.reading import ContentPage

LISTED_BY_V2 = frozenset({PAGE, POST})
HOMELESS = "space_not_shown"
NOT_LISTED = "types_not_listed"
REFUSED = "400"


@dataclass(frozen=True, slots=True)
class ContentCrawler:
    """The content of one site, shard by shard.

    Each shard stands in a line of its own with its calls for single items, behind
    all calls that many shards wait for: shards end one by one, not all at the end.
    """

    search: ContentSearch
    leftovers: LeftoverCrawler
    lines: Iterator[int] = field(default_factory=lambda: count(1))

    async def content(
        self, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncGenerator[ContentPage, None]:
        """Yield the content of some spaces; a stage that fails leaves a gap."""
        place = Resume.from_text(resume)
        stages = stages_of(spaces)
        names = [stage.name for stage in stages]
        first = names.index(place.stage) if place.stage in names else 0
        apart = stages[first].alone if stages else False
        stream = Stream(self, stages, next(self.lines), apart)
        for number in range(first, len(stages)):
            if not stream.is_wanted(stages[number]):
                continue
            where = place if number == first else Resume(stages[number].name)
            async with aclosing(stream.walk(number, where)) as pages:
                async for page in pages:
                    yield page


@dataclass(slots=True)
class Stream:
    """The stages of a shard under way.

    The listing of archived pages leaves out those that search did list. ``apart``
    says that one query for all spaces was refused, so each is searched alone.
    """

    crawler: ContentCrawler
    stages: Sequence[Stage]
    line: int
    apart: bool = False
    told: Told = field(default_factory=Told)
    noted: set[Gap] = field(default_factory=set)

    def is_wanted(self, stage: Stage) -> bool:
        """Return whether a stage is to be walked."""
        searched = self.crawler.search.capabilities.query.types
        return stage.is_wanted(searched, apart=self.apart)

    async def walk(
        self, number: int, place: Resume
    ) -> AsyncGenerator[ContentPage, None]:
        """Yield the pages of a stage, the last one leading to the next stage."""
        stage = self.stages[number]
        listing = stage.listing
        walk = (
            self._listed(stage, listing, place)
            if listing
            else self._searched(stage, place)
        )
        try:
            async with aclosing(walk) as pages:
                async for page in pages:
                    yield page if page.resume else self._leading_on(page, number)
        except CallFailedError as error:
            yield self._leading_on(self._unread(stage, error), number)

    async def _searched(
        self, stage: Stage, place: Resume
    ) -> AsyncGenerator[ContentPage, None]:
        homes = Homes.of(stage.spaces)
        walk = self.crawler.search.pages(stage.spaces, place.query, place.at)
        async with aclosing(walk) as pages:
            async for found in pages:
                harvest = Harvest(homes, self.told)
                await asyncio.to_thread(harvest.take, found.page.rows)
                # Rows are large, and keeping what they told takes its time.
                found.page.rows.clear()
                at = found.page.resume
                resume = Resume.of(stage, at, found.query).text if at else None
                page = harvest.page
                coverage = page.coverage | self._notes(stage, harvest)
                yield replace(page, resume=resume, coverage=coverage)

    async def _listed(
        self, stage: Stage, listing: Listing, place: Resume
    ) -> AsyncGenerator[ContentPage, None]:
        notes = _not_listed(stage) if listing.type == PAGE else ()
        walk = self.crawler.leftovers.pages(
            listing, place.at, self.told.archived, self.line
        )
        async with aclosing(walk) as pages:
            async for page, at in pages:
                resume = Resume.of(stage, at).text if at else None
                coverage = page.coverage | Coverage(notes=notes)
                yield replace(page, resume=resume, coverage=coverage)
                notes = ()

    def _unread(self, stage: Stage, error: CallFailedError) -> ContentPage:
        """Return what a stage that failed leaves, unless the scan ends with it."""
        if not stage.listing:
            if error.status == UNAUTHORIZED:
                raise error.as_fatal() from error
            if error.status == BAD_REQUEST and len(stage.spaces) > 1:
                # One space nobody can query any more must not hide the others.
                self.apart = True
                return ContentPage()
        return ContentPage(coverage=_unread(stage.spaces, error.reason))

    def _leading_on(self, page: ContentPage, number: int) -> ContentPage:
        """Return the last page of a stage, with the next stage to resume at."""
        wanted = filter(self.is_wanted, self.stages[number + 1 :])
        following = next(wanted, None)
        return replace(page, resume=Resume(following.name).text) if following else page

    def _notes(self, stage: Stage, harvest: Harvest) -> Coverage:
        """Return the types search refused, once, and items it gave no home."""
        refused = self.crawler.search.capabilities.refused_types
        gaps = {
            Gap(GapKind.CONTENT_TYPE, type_, REFUSED)
            for type_ in refused
            if type_ not in LISTED_BY_V2
        } - self.noted
        self.noted |= gaps
        coverage = Coverage(tuple(sorted(gaps, key=lambda gap: gap.id)))
        return (
            coverage | _unread(stage.spaces, HOMELESS) if harvest.homeless else coverage
        )


def _unread(spaces: Sequence[Space], reason: str) -> Coverage:
    return Coverage(tuple(Gap(GapKind.CONTENT, space.id, reason) for space in spaces))


def _not_listed(stage: Stage) -> tuple[str, ...]:
    """Name the types that no listing gives in archived spaces."""
    types = ",".join(type_ for type_ in CONTENT_TYPES if type_ not in LISTED_BY_V2)
    return tuple(
        f"{NOT_LISTED}:{space.id}:{types}"
        for space in stage.spaces
        if space.status == ARCHIVED
    )

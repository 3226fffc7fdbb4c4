"""What every scope profile works with, and what it has to be able to do."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from casb_sdk import Site, Space
from connector.atlassian.crawl_people import PeopleCrawler
from connector.atlassian.crawl_restrictions import RestrictionCrawler
from connector.atlassian.paging import Walker
from connector.atlassian.search import ContentSearch
from connector.domain.reading import ContentPage, Fate, SiteOutline, SpaceGrants


@dataclass(frozen=True, slots=True)
class Seeds:
    """Where a crawl may begin on a site that lists nothing (confluence-api 3)."""

    space_keys: frozenset[str] = frozenset()
    content_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Room:
    """What every profile works with; ``granted`` holds the scopes of the grant."""

    walker: Walker
    site: Site
    people: PeopleCrawler
    restrictions: RestrictionCrawler
    search: ContentSearch
    granted: Collection[str] = ()
    seeds: Seeds = field(default_factory=Seeds)


class Profile(Protocol):
    """The steps of a scan that depend on the granted scopes.

    People, restrictions and permission checks are asked the same way by all.
    """

    async def outline(self) -> SiteOutline:
        """Return the frame of the site."""
        ...

    async def grants(self, space: Space, role_mode: str) -> SpaceGrants:
        """Return the grants on a space."""
        ...

    def content(
        self, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncGenerator[ContentPage, None]:
        """Yield the content of some spaces."""
        ...

    async def items(self, content_ids: Collection[str]) -> ContentPage:
        """Return single items that are there, with all that stands above them."""
        ...

    async def content_fates(self, content_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of items that are missing."""
        ...

    async def space_fates(self, space_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of spaces that are missing."""
        ...

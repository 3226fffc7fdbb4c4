"""The scope profile of the reference product: seven classic scopes, no v2, no search.

Where the old listings answer it reads a whole site; where they are gone only what an
operator names (confluence-api 3).
"""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import replace

from casb_sdk import Coverage, Space
from connector.atlassian import endpoints
from connector.atlassian.crawl_items import LegacyItemCrawler
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.legacy_content import LegacyContent
from connector.atlassian.legacy_directory import LegacyDirectory, LegacySpaces
from connector.atlassian.legacy_fates import LegacyFates
from connector.atlassian.legacy_seeds import SeedCrawler
from connector.atlassian.room import Room
from connector.domain.reading import ContentPage, Fate, SiteOutline, SpaceGrants

REFERENCE = "reference"
CALLS_OF_REFERENCE: tuple[Endpoint, ...] = (
    endpoints.LEGACY_SPACES,
    endpoints.LEGACY_CONTENT,
    endpoints.LEGACY_ITEM,
    endpoints.DESCENDANTS,
    endpoints.RESTRICTION,
    endpoints.RESTRICTION_OF,
    endpoints.CHECK,
    endpoints.GROUPS,
    endpoints.GROUP,
    endpoints.MEMBERS,
    endpoints.USER,
    endpoints.USERS,
    endpoints.CURRENT_USER,
)
WHICH_ONE = Coverage(notes=(f"profile:{REFERENCE}",))


class ReferenceProfile:
    """The old v1 listings for spaces, grants and content, or what is left of them."""

    def __init__(self, room: Room) -> None:
        walker, seeds = room.walker, SeedCrawler(room.walker, room.seeds)
        groups = room.people.groups
        self._directory = LegacyDirectory(walker, room.site, groups, seeds)
        self._spaces = LegacySpaces(walker, seeds)
        self._content = LegacyContent(walker, seeds)
        self._items = LegacyItemCrawler(walker)
        self._fates = LegacyFates(walker)

    async def outline(self) -> SiteOutline:
        """Return the frame of the site, and which profile it was read with."""
        outline = await self._directory.outline()
        return replace(outline, coverage=outline.coverage | WHICH_ONE)

    async def grants(self, space: Space, role_mode: str) -> SpaceGrants:
        """Return the grants on a space; the mode is not known here."""
        return await self._spaces.grants(space)

    def content(
        self, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncGenerator[ContentPage, None]:
        """Yield the content of some spaces."""
        return self._content.content(spaces, resume)

    async def items(self, content_ids: Collection[str]) -> ContentPage:
        """Return single items that are there, with all that stands above them."""
        return await self._items.items(content_ids)

    async def content_fates(self, content_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of items that are missing."""
        return await self._fates.content_fates(content_ids)

    async def space_fates(self, space_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of spaces that are missing."""
        return await self._fates.space_fates(space_ids)

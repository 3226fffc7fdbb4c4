"""Which calls a scope profile makes: the steps that differ between the profiles."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from casb_sdk import Site, Space
from connector.atlassian import endpoints
from connector.atlassian.crawl_content import ContentCrawler
from connector.atlassian.crawl_directory import DirectoryCrawler
from connector.atlassian.crawl_people import PeopleCrawler
from connector.atlassian.crawl_restrictions import RestrictionCrawler
from connector.atlassian.crawl_spaces import SpaceCrawler
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.leftovers import LeftoverCrawler
from connector.atlassian.paging import Walker
from connector.atlassian.search import ContentSearch
from connector.domain.errors import SettingError
from connector.domain.reading import ContentPage, SiteOutline, SpaceGrants

CURRENT = "current"
CALLS_OF_CURRENT: tuple[Endpoint, ...] = (
    endpoints.SPACES,
    endpoints.PERMISSIONS,
    endpoints.ASSIGNMENTS,
    endpoints.ROLES,
    endpoints.ROLE_MODE,
    endpoints.PAGES,
    endpoints.BLOGPOSTS,
    endpoints.USERS_BULK,
    endpoints.SEARCH,
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
OPTIONAL_CALLS: tuple[Endpoint, ...] = (endpoints.PAGE_ANCESTORS,)


@dataclass(frozen=True, slots=True)
class Room:
    """What every profile works with; ``granted`` holds the scopes of the grant."""

    walker: Walker
    site: Site
    people: PeopleCrawler
    restrictions: RestrictionCrawler
    search: ContentSearch
    granted: Collection[str] = ()


class Profile(Protocol):
    """The steps of a scan that depend on the granted scopes.

    People, restrictions and single questions are asked the same way by all.
    """

    async def outline(self) -> SiteOutline:
        """Return the frame of the site."""
        ...

    async def grants(self, space: Space, role_mode: str) -> SpaceGrants:
        """Return the grants on a space."""
        ...

    def content(
        self, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncIterator[ContentPage]:
        """Yield the content of some spaces."""
        ...


class CurrentProfile:
    """v2 for spaces, grants and what is archived; v1 search for all other content."""

    def __init__(self, room: Room) -> None:
        self._directory = DirectoryCrawler(room.walker, room.site, room.people.groups)
        self._spaces = SpaceCrawler(room.walker)
        leftovers = LeftoverCrawler(room.walker, room.restrictions, room.granted)
        self._content = ContentCrawler(room.search, leftovers)

    async def outline(self) -> SiteOutline:
        """Return the frame of the site."""
        return await self._directory.outline()

    async def grants(self, space: Space, role_mode: str) -> SpaceGrants:
        """Return the grants on a space."""
        return await self._spaces.grants(space, role_mode)

    def content(
        self, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncIterator[ContentPage]:
        """Yield the content of some spaces."""
        return self._content.content(spaces, resume)


PROFILES = {CURRENT: CurrentProfile}


def profile_named(name: str, room: Room) -> Profile:
    """Return a profile at work on a site."""
    if name not in PROFILES:
        known = ", ".join(sorted(PROFILES))
        raise SettingError(
            f"There is no scope profile {name!r}.", f"Choose one of: {known}."
        )
    return PROFILES[name](room)

"""Which calls a scope profile makes: the steps that differ between the profiles."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from casb_sdk import Space
from connector.atlassian import endpoints
from connector.atlassian.asking import Asker
from connector.atlassian.crawl_content import ContentCrawler
from connector.atlassian.crawl_directory import DirectoryCrawler
from connector.atlassian.crawl_items import ItemCrawler
from connector.atlassian.crawl_spaces import SpaceCrawler
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.leftovers import LeftoverCrawler
from connector.atlassian.legacy import CALLS_OF_REFERENCE, REFERENCE, ReferenceProfile
from connector.atlassian.room import Profile, Room
from connector.domain.errors import SettingError
from connector.domain.reading import ContentPage, Fate, SiteOutline, SpaceGrants

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
    endpoints.COUNT,
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
OPTIONAL_CALLS: tuple[Endpoint, ...] = (endpoints.PAGE_ANCESTORS, endpoints.AUDIT)


class CurrentProfile:
    """v2 for spaces, grants and what is archived; v1 search for all other content."""

    def __init__(self, room: Room) -> None:
        self._directory = DirectoryCrawler(room.walker, room.site, room.people.groups)
        self._spaces = SpaceCrawler(room.walker)
        leftovers = LeftoverCrawler(room.walker, room.restrictions, room.granted)
        self._content = ContentCrawler(room.search, leftovers)
        self._items = ItemCrawler(room.walker)
        self._asker = Asker(room.walker)

    async def outline(self) -> SiteOutline:
        """Return the frame of the site."""
        return await self._directory.outline()

    async def grants(self, space: Space, role_mode: str) -> SpaceGrants:
        """Return the grants on a space."""
        return await self._spaces.grants(space, role_mode)

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
        return await self._asker.content_fates(content_ids)

    async def space_fates(self, space_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of spaces that are missing."""
        return await self._asker.space_fates(space_ids)


@dataclass(frozen=True, slots=True)
class Kind:
    """A profile: the calls it may make, and how it is put to work on a site."""

    calls: tuple[Endpoint, ...]
    at_work: Callable[[Room], Profile]

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes without which some of its calls are refused."""
        return frozenset(call.scope for call in self.calls)


PROFILES: Mapping[str, Kind] = {
    CURRENT: Kind(CALLS_OF_CURRENT, CurrentProfile),
    REFERENCE: Kind(CALLS_OF_REFERENCE, ReferenceProfile),
}


def profile_named(name: str) -> Kind:
    """Return a profile."""
    if name not in PROFILES:
        known = ", ".join(sorted(PROFILES))
        raise SettingError(
            f"There is no scope profile {name!r}.", f"Choose one of: {known}."
        )
    return PROFILES[name]

"""Reads one Confluence site for the use cases: the adapter behind ``SiteReader``."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

import httpx

from casb_sdk import Level, Site, Space
from connector.atlassian import endpoints
from connector.atlassian.asking import Asker
from connector.atlassian.capabilities import SearchCapabilities
from connector.atlassian.client import Bearer, ConfluenceClient
from connector.atlassian.crawl_audit import AuditCrawler
from connector.atlassian.crawl_changes import ChangeCrawler
from connector.atlassian.crawl_people import PeopleCrawler
from connector.atlassian.crawl_restrictions import RestrictionCrawler
from connector.atlassian.paging import Walker
from connector.atlassian.profiles import CURRENT, profile_named
from connector.atlassian.rate_limits import RateLimit
from connector.atlassian.room import Profile, Room, Seeds
from connector.atlassian.search import ContentSearch
from connector.atlassian.slots import MOST_AT_A_SITE
from connector.atlassian.throttle import Clock, Sleep, Throttle
from connector.atlassian.transport import AiohttpTransport
from connector.atlassian.waiting import PATIENCE, Random, Waits
from connector.domain.member_pages import READ_ANEW, MemberPages
from connector.domain.points import Allowance, QuotaWait, Unlimited
from connector.domain.reading import (
    AccountsReading,
    AuditReading,
    ContentPage,
    Fate,
    GroupReading,
    RestrictionReading,
    SiteOutline,
    SpaceGrants,
    Spending,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """How a site is read.

    ``granted`` holds the scopes of the grant; optional calls are made only where
    their scope is among them. ``seeds`` say where to begin on a site that lists
    nothing. ``patience`` is the longest pause, in seconds, that is sat out before
    AtlassianUnavailableError says when to come back; Atlassian's quota is waited for
    as long as it takes where ``waits_for_quota`` is set. Points come from
    ``allowance``, which is closed with the reader.
    """

    concurrency: int = 4
    profile: str = CURRENT
    granted: Collection[str] = ()
    capabilities: SearchCapabilities = field(default_factory=SearchCapabilities)
    patience: float = PATIENCE
    seeds: Seeds = field(default_factory=Seeds)
    waits_for_quota: bool = False
    allowance: Allowance = field(default_factory=Unlimited)


@dataclass(frozen=True, slots=True)
class World:
    """The network, the time and the chance; a test brings its own."""

    transport: httpx.AsyncBaseTransport | None = None
    clock: Clock = time.time
    sleep: Sleep = asyncio.sleep
    random: Random = random.random


class ConfluenceReader:
    """Reads one site; see ``SiteReader`` for what it promises."""

    def __init__(
        self, client: ConfluenceClient, profile: Profile, room: Room, *, searches: bool
    ) -> None:
        self._client = client
        self._profile = profile
        self._room = room
        self._asker = Asker(room.walker)
        self._changes = ChangeCrawler(room.walker, room.search, may_search=searches)
        self._audit = AuditCrawler(room.walker, room.granted)

    @classmethod
    def open(
        cls,
        api_url: str,
        site: Site,
        bearer: Bearer,
        options: ReaderOptions | None = None,
        world: World | None = None,
    ) -> "ConfluenceReader":
        """Return a reader of a site; the caller closes it."""
        options, world = options or ReaderOptions(), world or World()
        kind = profile_named(options.profile)
        client = _client(api_url, site, bearer, options, world)
        hosts = {urlsplit(url).netloc.lower() for url in (api_url, site.url)}
        walker = Walker(client, frozenset(hosts))
        room = Room(
            walker,
            site,
            PeopleCrawler(walker, asks_v2=endpoints.USERS_BULK in kind.calls),
            RestrictionCrawler(client),
            ContentSearch(walker, options.capabilities),
            options.granted,
            options.seeds,
        )
        searches = endpoints.SEARCH in kind.calls
        return cls(client, kind.at_work(room), room, searches=searches)

    async def outline(self) -> SiteOutline:
        """Return the spaces, groups and roles of the site."""
        return await self._profile.outline()

    async def grants(self, space: Space, role_mode: str) -> SpaceGrants:
        """Return who was given what on a space."""
        return await self._profile.grants(space, role_mode)

    async def group_members(
        self, group_id: str, pages: MemberPages = READ_ANEW
    ) -> GroupReading:
        """Return the members of a group, going on behind the pages that are kept."""
        return await self._room.people.group_members(group_id, pages)

    async def accounts(self, account_ids: Collection[str]) -> AccountsReading:
        """Return what Confluence knows of some accounts."""
        return await self._room.people.accounts(account_ids)

    def content(
        self, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncGenerator[ContentPage, None]:
        """Yield the content of some spaces page by page, from where it left off.

        An item can come twice: the later one counts. An ancestor says less than a
        listed item of the same id, and an unreadable one less than any other.
        """
        return self._profile.content(spaces, resume)

    async def restrictions(self, content_id: str) -> RestrictionReading:
        """Return the whole restriction lists of one item."""
        return await self._room.restrictions.restrictions(content_id)

    async def items(self, content_ids: Collection[str]) -> ContentPage:
        """Return single items that are there, with all that stands above them."""
        return await self._profile.items(content_ids)

    async def content_fates(self, content_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of items that are missing."""
        return await self._profile.content_fates(content_ids)

    async def space_fates(self, space_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of spaces that are missing."""
        return await self._profile.space_fates(space_ids)

    async def anonymous_verdict(self, content_id: str) -> Verdict:
        """Return whether anonymous people may use Confluence at all."""
        return await self._asker.anonymous_verdict(content_id)

    async def verdict(self, account_id: str, content_id: str, level: Level) -> Verdict:
        """Return whether an account reaches an item at a level."""
        return await self._asker.verdict(account_id, content_id, level)

    async def count_items(self, spaces: Sequence[Space]) -> int | None:
        """Return how many items some spaces have, None where the site does not say."""
        return await self._asker.count(spaces, self.capabilities.query)

    def changes(
        self, since: datetime, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncGenerator[ContentPage, None]:
        """Yield what was made or changed since, newest first; of all spaces for none.

        What search does not list is not told of: archived spaces, archived items.
        """
        return self._changes.changes(since, spaces, resume)

    async def group_size(self, group_id: str) -> int | None:
        """Return how many members a group has, None where the site does not say."""
        return await self._room.people.group_size(group_id)

    async def audit(self, since: datetime) -> AuditReading:
        """Return what the audit log says since a moment, the newest event first."""
        return await self._audit.audit(since)

    @property
    def spending(self) -> Spending:
        """What this reader has spent so far."""
        return self._client.ledger.spending

    @property
    def waiting(self) -> QuotaWait | None:
        """Until when it waits for Atlassian's quota, if it does."""
        return self._client.waiting

    @property
    def rate_limits(self) -> tuple[RateLimit, ...]:
        """What the last answers said about rate limits."""
        return tuple(self._client.ledger.limits.values())

    @property
    def learnt(self) -> str:
        """What it found out about how the site answers, for the next reader."""
        return self.capabilities.to_text()

    @property
    def capabilities(self) -> SearchCapabilities:
        """What was learnt about the site's search, to be kept for the next scan."""
        return self._room.search.capabilities

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _client(
    api_url: str, site: Site, bearer: Bearer, options: ReaderOptions, world: World
) -> ConfluenceClient:
    slots = max(1, min(options.concurrency, MOST_AT_A_SITE))
    return ConfluenceClient(
        world.transport or AiohttpTransport(api_url, MOST_AT_A_SITE),
        f"{api_url.rstrip('/')}/ex/confluence/{quote(site.cloud_id, safe='')}",
        bearer,
        Throttle(
            slots,
            world.clock,
            world.sleep,
            patience=options.patience,
            waits_for_quota=options.waits_for_quota,
            allowance=options.allowance,
        ),
        Waits(world.random),
        world.clock,
    )

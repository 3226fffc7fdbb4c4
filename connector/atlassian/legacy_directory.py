"""Reads the frame of a site and the grants on its spaces without any v2 call."""

from dataclasses import dataclass

from casb_sdk import Coverage, Gap, GapKind, Space
from connector.atlassian import endpoints
from connector.atlassian import legacy_payloads as payloads
from connector.atlassian.capabilities import BASIC_TYPES, CONTENT_TYPES
from connector.atlassian.client import Call
from connector.atlassian.crawl_directory import CURRENT, DirectoryCrawler, Draft
from connector.atlassian.failures import GONE, CallFailedError
from connector.atlassian.legacy_normalise import grants_shown, space_from_v1
from connector.atlassian.legacy_seeds import SeedCrawler
from connector.atlassian.normalise import text_of
from connector.atlassian.paging import Walker
from connector.domain.reading import NOT_IN_PROFILE, SpaceGrants

LIMIT = ("limit", "1000")
UNLISTED_TYPES = tuple(type_ for type_ in CONTENT_TYPES if type_ not in BASIC_TYPES)


@dataclass(frozen=True, slots=True)
class LegacyDirectory(DirectoryCrawler):
    """The frame of a site by the old listing; by the seeds where that is gone."""

    seeds: SeedCrawler

    async def _spaces(self, draft: Draft, status: str) -> None:
        call = Call(endpoints.LEGACY_SPACES, params=(("status", status), LIMIT))
        pages = 0
        try:
            async for page in self.walker.pages(call, payloads.SPACES):
                pages += 1
                for space in filter(None, map(space_from_v1, page.rows)):
                    draft.spaces[space.id] = space
        except CallFailedError as error:
            is_gone = error.status == GONE
            if status == CURRENT and not pages and not is_gone:
                raise error.as_fatal() from error
            draft.book.gap(GapKind.SPACES, status, error.reason)
            if status == CURRENT and is_gone:
                await self._seeded_spaces(draft)

    async def _seeded_spaces(self, draft: Draft) -> None:
        for space in await self.seeds.spaces(draft.book):
            draft.spaces.setdefault(space.id, space)

    async def _roles(self, draft: Draft) -> None:
        """Say what none of the seven scopes can tell (confluence-api 2.1)."""
        draft.book.gap(GapKind.ROLE, "", NOT_IN_PROFILE)
        draft.book.note(f"role_mode_unread:{NOT_IN_PROFILE}")
        for type_ in UNLISTED_TYPES:
            draft.book.gap(GapKind.CONTENT_TYPE, type_, NOT_IN_PROFILE)


@dataclass(frozen=True, slots=True)
class LegacySpaces:
    """The grants on the spaces of one site, one call a space."""

    walker: Walker
    seeds: SeedCrawler

    async def grants(self, space: Space) -> SpaceGrants:
        """Return the grants of a space; what was not shown is a gap."""
        call = Call(
            endpoints.LEGACY_SPACES,
            params=(("spaceKey", space.key), ("expand", "permissions")),
        )
        try:
            body = await self.walker.client.fetch(call, payloads.PRICED_SPACES)
        except CallFailedError as error:
            if error.status == GONE and (seeded := await self.seeds.grants(space)):
                return seeded
            return _unread(space, error.reason)
        for row in body.results:
            if text_of(row.id) == space.id:
                return grants_shown(row)
        return _unread(space, "not_listed")


def _unread(space: Space, reason: str) -> SpaceGrants:
    gap = Gap(GapKind.GRANTS, space.id, reason)
    return SpaceGrants(space.id, coverage=Coverage((gap,)))

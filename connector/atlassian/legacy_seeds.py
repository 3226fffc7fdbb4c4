"""Finds the spaces of the items and keys an operator named, where nothing lists them.

Only what is below a known item still answers (confluence-api 3): an item below names
its space and, on some sites, the grants on it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from casb_sdk import GapKind, Space
from connector.atlassian import endpoints
from connector.atlassian import legacy_payloads as payloads
from connector.atlassian.client import Call
from connector.atlassian.failures import CallFailedError
from connector.atlassian.legacy_normalise import grants_shown, space_from_v1
from connector.atlassian.legacy_payloads import V1SpaceRow
from connector.atlassian.normalise import text_of
from connector.atlassian.notebook import Notebook
from connector.atlassian.paging import Walker
from connector.atlassian.room import Seeds
from connector.domain.reading import SpaceGrants
from connector.domain.together import together

EMPTY = "nothing_below"
ONE_WITH_GRANTS = (("expand", "space,space.permissions"), ("limit", "1"))


@dataclass(slots=True)
class SeedCrawler:
    """The seeds of one site; each is looked up once, whoever asks first."""

    walker: Walker
    seeds: Seeds
    _book: Notebook = field(default_factory=Notebook)
    _spaces: dict[str, Space] = field(default_factory=dict)
    _grants: dict[str, SpaceGrants] = field(default_factory=dict)
    _tops: dict[str, list[str]] = field(default_factory=dict)
    _is_located: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def spaces(self, book: Notebook) -> Sequence[Space]:
        """Return the spaces of the seeds; note the seeds that lead nowhere."""
        await self._locate()
        for gap in self._book.coverage.gaps:
            book.gap(gap.kind, gap.id, gap.reason)
        return tuple(self._spaces.values())

    async def grants(self, space: Space) -> SpaceGrants | None:
        """Return the grants that an item of a space showed with it, if any."""
        await self._locate()
        return self._grants.get(space.id)

    async def tops(self, space: Space) -> Sequence[str]:
        """Return the items of a space below which content can be listed."""
        await self._locate()
        tops = dict.fromkeys((*self._tops.get(space.id, ()), space.homepage_id))
        return tuple(top for top in tops if top)

    async def _locate(self) -> None:
        async with self._turn:
            if self._is_located:
                return
            await together(
                [
                    *map(self._from_item, sorted(self.seeds.content_ids)),
                    *map(self._from_key, sorted(self.seeds.space_keys)),
                ]
            )
            self._is_located = True

    async def _from_item(self, content_id: str) -> None:
        call = Call(
            endpoints.DESCENDANTS,
            {"id": content_id, "type": "page"},
            ONE_WITH_GRANTS,
        )
        if space := await self._space(call, GapKind.CONTENT, content_id):
            self._tops.setdefault(space.id, []).append(content_id)

    async def _from_key(self, key: str) -> None:
        call = Call(
            endpoints.LEGACY_CONTENT, params=(("spaceKey", key), *ONE_WITH_GRANTS)
        )
        await self._space(call, GapKind.SPACES, key)

    async def _space(self, call: Call, kind: GapKind, seed: str) -> Space | None:
        try:
            listing = await self.walker.client.fetch(call, payloads.LOCATED)
        except CallFailedError as error:
            self._book.gap(kind, seed, error.reason)
            return None
        row = next((row.space for row in listing.results), None)
        space = space_from_v1(row)
        if row is None or space is None:
            self._book.gap(kind, seed, EMPTY)
            return None
        self._spaces.setdefault(space.id, space)
        self._note_grants(row)
        return space

    def _note_grants(self, row: V1SpaceRow) -> None:
        if row.permissions is not None:
            self._grants.setdefault(text_of(row.id), grants_shown(row))

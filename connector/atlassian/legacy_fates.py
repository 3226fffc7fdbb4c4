"""Asks the old API, item by item, what became of what a scan misses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from casb_sdk.content import id_order
from connector.atlassian import endpoints
from connector.atlassian import legacy_payloads as payloads
from connector.atlassian.asking import GONE as GONE_STATUSES
from connector.atlassian.chunks import chunks
from connector.atlassian.client import Call
from connector.atlassian.failures import CallFailedError
from connector.atlassian.normalise import text_of
from connector.atlassian.paging import Walker
from connector.domain.reading import Fate
from connector.domain.together import together

NOT_FOUND = 404
MOST_ITEMS = 200
"""Each costs a call: those beyond wait for the next scan."""

SPACES_PER_CALL = 100

Fates = dict[str, Fate]


@dataclass(frozen=True, slots=True)
class LegacyFates:
    """What became of items and spaces of one site; unasked where nobody says."""

    walker: Walker

    async def content_fates(self, content_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of items; the first tells whether asking is any use."""
        fates: Fates = dict.fromkeys(content_ids, Fate.UNASKED)
        asked = sorted(filter(str.isdigit, content_ids), key=id_order)[:MOST_ITEMS]
        if not asked:
            return fates
        fates[asked[0]] = await self._fate(asked[0])
        if fates[asked[0]] is Fate.UNASKED:
            return fates
        rest = await together(map(self._fate, asked[1:]))
        return fates | dict(zip(asked[1:], rest, strict=True))

    async def space_fates(self, space_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return which spaces are listed; v1 does not tell deleted from hidden."""
        fates: Fates = dict.fromkeys(space_ids, Fate.UNASKED)
        asked = sorted(filter(str.isdigit, space_ids), key=id_order)
        for chunk in chunks(asked, SPACES_PER_CALL):
            fates |= await self._spaces(chunk)
        return fates

    async def _fate(self, content_id: str) -> Fate:
        call = Call(endpoints.LEGACY_ITEM, {"id": content_id}, (("status", "any"),))
        try:
            row = await self.walker.client.fetch(call, payloads.STATUS)
        except CallFailedError as error:
            is_hidden = error.status == NOT_FOUND
            return Fate.NOT_VISIBLE if is_hidden else Fate.UNASKED
        return Fate.DELETED if row.status in GONE_STATUSES else Fate.PRESENT

    async def _spaces(self, space_ids: Collection[str]) -> Fates:
        ids = tuple(("spaceId", id_) for id_ in space_ids)
        call = Call(endpoints.LEGACY_SPACES, params=(*ids, ("limit", "1000")))
        listed: set[str] = set()
        try:
            async for page in self.walker.pages(call, payloads.SPACES):
                listed |= {text_of(row.id) for row in page.rows}
        except CallFailedError:
            return {}
        return {
            id_: Fate.PRESENT if id_ in listed else Fate.NOT_VISIBLE
            for id_ in space_ids
        }

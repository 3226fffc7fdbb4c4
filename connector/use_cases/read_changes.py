"""Reads the items that changed: those search names, and those the audit log names."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from casb_sdk import ContentItem, Space, SpaceSnapshot
from connector.domain.audit_trail import Named, titles_in
from connector.domain.freshness import SpaceAge
from connector.domain.ports import SiteReader
from connector.domain.store_ports import Begin
from connector.use_cases.changed_content import changed_items, readings_of_changes
from connector.use_cases.lease import Lease

WALK = "changes:"
WALKED = "changed"


@dataclass(frozen=True, slots=True)
class ReadChanges:
    """Keeps changed items in the ledger, each page as it comes.

    The cursor of the unit says how far that is: ``changes:TOKEN`` goes on with what
    search names, ``changed`` with what the audit log does.
    """

    begin: Begin
    site_id: str
    lease: Lease
    reader: SiteReader

    async def of_search(self, since: datetime, spaces: Sequence[Space]) -> None:
        """Read what search says changed since; of all spaces for none."""
        if self.lease.unit.cursor == WALKED:
            return
        resume = self.lease.unit.cursor.removeprefix(WALK) or None
        part = 0
        async for page in self.reader.changes(since, spaces, resume):
            cursor = f"{WALK}{page.resume}" if page.resume else WALKED
            token = f"{self.lease.unit.attempts}:{part}"
            readings = tuple(readings_of_changes(page, token))
            await self.lease.stage(readings, cursor=cursor)
            part += 1
        if self.lease.unit.cursor != WALKED:
            await self.lease.stage(cursor=WALKED)

    async def of_titles(self, named: Named, space_ids: Sequence[str]) -> frozenset[str]:
        """Read the items the audit log names; return spaces where one is not found."""
        if not named.items:
            return frozenset()
        ids, unplaced = await asyncio.to_thread(self._placed, named, space_ids)
        if ids:
            page = await self.reader.items(ids)
            found = {each.item.id for each in page.found}
            unplaced |= {space_id for id_, space_id in ids.items() if id_ not in found}
            await self.lease.stage(tuple(readings_of_changes(page, "audit")))
        return unplaced

    async def listed(
        self, ages: Mapping[str, SpaceAge], spaces: Sequence[Space]
    ) -> Mapping[str, int]:
        """Return how many items search should list in each of some spaces."""
        return await asyncio.to_thread(self._listed, ages, spaces)

    async def counts(self) -> Mapping[str, int]:
        """Return how many changed items were read, by space."""
        changed = await asyncio.to_thread(self._changed)
        return {space_id: len(items) for space_id, items in changed.items()}

    def _changed(self) -> Mapping[str, Mapping[str, ContentItem]]:
        with self.begin(write=False) as stores:
            return changed_items(stores, self.lease.unit.scan_id)

    def _listed(
        self, ages: Mapping[str, SpaceAge], spaces: Sequence[Space]
    ) -> Mapping[str, int]:
        changed = self._changed()
        expected = {}
        for space in spaces:
            items = changed.get(space.id, {})
            more = len(_new(items, self._snapshot(space.id))) if items else 0
            expected[space.id] = ages[space.id].listed + more
        return expected

    def _placed(
        self, named: Named, space_ids: Sequence[str]
    ) -> tuple[dict[str, str], frozenset[str]]:
        """Return the named items with their spaces, and spaces that have no such one.

        A title that comes without a space may be in any of them, or gone.
        """
        wanted: dict[str, set[str]] = {}
        for space_id, title in titles_in(named, space_ids):
            wanted.setdefault(space_id, set()).add(title)
        changed = self._changed()
        ids: dict[str, str] = {}
        unplaced: set[str] = set()
        for space_id in wanted.keys() & set(space_ids):
            content = self._snapshot(space_id).content
            titles = dict(zip(content.ids, content.titles, strict=True))
            titles |= {id_: i.title for id_, i in changed.get(space_id, {}).items()}
            found = {id_ for id_, title in titles.items() if title in wanted[space_id]}
            ids |= dict.fromkeys(found - changed.get(space_id, {}).keys(), space_id)
            if named.items.get(space_id, frozenset()) - {titles[id_] for id_ in found}:
                unplaced.add(space_id)
        return ids, frozenset(unplaced)

    def _snapshot(self, space_id: str) -> SpaceSnapshot:
        with self.begin(write=False) as stores:
            found = stores.snapshots.space(self.site_id, space_id)
        if found is None:
            raise LookupError(f"the snapshot of {space_id} went away")
        return found


def _new(changed: Mapping[str, ContentItem], before: SpaceSnapshot) -> Collection[str]:
    """Return the changed items that search lists now and did not list before."""
    content = before.content
    known = {
        id_
        for row, id_ in enumerate(content.ids)
        if row not in content.states and content.statuses[row] == "current"
    }
    now = {id_ for id_, item in changed.items() if item.status == "current"}
    return now - known

"""A shard of a scan: read some spaces in a stream, then judge them one by one."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_

from casb_sdk import Coverage, Space, SpaceSnapshot
from casb_sdk.model import NodeState
from connector.domain.reading import ContentPage, RestrictionReading, SpaceGrants
from connector.domain.store_ports import Begin
from connector.domain.together import meanwhile, together
from connector.use_cases.assemble_space import (
    Draft,
    ShardMargin,
    coverage_of_space,
    renewed,
)
from connector.use_cases.heard_listing import HeardListing
from connector.use_cases.judge_space import JudgeSpace
from connector.use_cases.kept_content import KeptContent
from connector.use_cases.lease import Lease
from connector.use_cases.names import Names
from connector.use_cases.readings import ReadingKind, reading, readings_of_page
from connector.use_cases.restore_facts import RestoreFacts
from connector.use_cases.scan_facts import ScanFacts

READ = "read:"
FILL = "fill:"
JUDGE = "judge:"
TO_BE_SEEN = frozenset({NodeState.LISTED, NodeState.ANCESTOR})


@dataclass(frozen=True, slots=True)
class ScanShard:
    """Reads, completes and judges the spaces of one shard.

    The cursor says how far the unit has come: ``read:TOKEN`` goes on with the
    listing, ``fill:`` asks for what the listing left out, ``judge:N`` has judged
    the first N spaces. One space at a time is in the making, whatever the number
    of units at work. Spaces that the scan keeps are not listed: their shard begins
    with ``fill:``.
    """

    begin: Begin
    judge: JudgeSpace
    restore: RestoreFacts
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def __call__(self, lease: Lease, facts: ScanFacts) -> None:
        """Do what is left of the shard."""
        spaces = _spaces_of(lease.unit.space_ids, facts)
        heard = HeardListing(whole=not lease.unit.cursor)
        if not lease.unit.cursor or lease.unit.cursor.startswith(READ):
            await self._read(spaces, lease, facts, heard)
        if lease.unit.cursor == FILL:
            await self._fill(spaces, lease, facts, heard)
        await self.restore.until_ready(facts)
        margin = await self._margin(lease, facts)
        done = int(lease.unit.cursor.removeprefix(JUDGE))
        for number, space in enumerate(spaces[done:], start=done + 1):
            async with self._turn:
                snapshot = await self._complete(space, margin, lease, facts)
                await self.judge(snapshot, facts, lease, f"{JUDGE}{number}")

    async def _read(
        self,
        spaces: Sequence[Space],
        lease: Lease,
        facts: ScanFacts,
        heard: HeardListing,
    ) -> None:
        async with meanwhile() as ahead:
            async for page in self._listed(spaces, lease, facts):
                heard.take(page)
                for space_id, ids in cut_of(page).items():
                    ask = self._ask_ahead(space_id, ids, lease, facts, heard)
                    ahead.create_task(ask)
        if lease.unit.cursor != FILL:
            await lease.stage(cursor=FILL)

    async def _listed(
        self, spaces: Sequence[Space], lease: Lease, facts: ScanFacts
    ) -> AsyncGenerator[ContentPage, None]:
        """Yield the pages of the listing, each of them kept."""
        resume = lease.unit.cursor.removeprefix(READ) or None
        part = 0
        async with aclosing(facts.reader.content(spaces, resume)) as pages:
            async for page in pages:
                facts.describe(page.accounts)
                facts.name_groups(page.groups)
                cursor = FILL if page.resume is None else f"{READ}{page.resume}"
                token = f"{lease.unit.id}:{lease.unit.attempts}:{part}"
                readings = tuple(readings_of_page(page, token, lease.unit.space_ids))
                await lease.stage(readings, cursor=cursor)
                facts.items += len(page.found)
                yield page
                part += 1

    async def _ask_ahead(
        self,
        space_id: str,
        content_ids: Sequence[str],
        lease: Lease,
        facts: ScanFacts,
        heard: HeardListing,
    ) -> None:
        """Read long lists while the listing goes on: each takes many calls in a row."""
        names = await _read_restrictions(space_id, content_ids, lease, facts)
        heard.asked.update(content_ids)
        heard.named |= names

    async def _fill(
        self,
        spaces: Sequence[Space],
        lease: Lease,
        facts: ScanFacts,
        heard: HeardListing,
    ) -> None:
        """Ask early for what judging will need, while other units still read."""
        margin = await self._margin(lease, facts)
        kept, turn = self._kept(lease, facts), asyncio.Lock()

        async def fill(space: Space) -> Names:
            if space.id in facts.plan.kept - facts.plan.changed:
                # Judging asks for the little that the last scan did not know.
                return Names()
            if heard.whole:
                missing = heard.missing(space.id, margin)
                return await _read_restrictions(space.id, missing, lease, facts)
            # Kept content is large, so one space at a time is in memory.
            async with turn:
                names, missing = await asyncio.to_thread(kept.needs, space.id, margin)
            return names | await _read_restrictions(space.id, missing, lease, facts)

        async def heard_names() -> Names:
            await facts.read_groups(heard.names.groups, lease)
            return heard.names

        found = await together([*map(fill, spaces), heard_names()])
        names = reduce(or_, found)
        await facts.read_groups(names.groups, lease)
        members = frozenset(facts.members_of(names.groups))
        await facts.look_up(names.users | members, lease)
        await lease.stage(cursor=f"{JUDGE}0")

    async def _margin(self, lease: Lease, facts: ScanFacts) -> ShardMargin:
        kept = self._kept(lease, facts)
        margin = await asyncio.to_thread(kept.margin, lease.unit.space_ids)
        facts.describe(margin.accounts)
        facts.name_groups(margin.groups)
        return margin

    async def _complete(
        self, space: Space, margin: ShardMargin, lease: Lease, facts: ScanFacts
    ) -> SpaceSnapshot:
        kept = self._kept(lease, facts)
        draft, names, read = await asyncio.to_thread(kept.whole, space.id, margin)
        _take_in(read, facts)
        await facts.read_groups(names.groups, lease)
        members = frozenset(facts.members_of(names.groups))
        await facts.look_up(names.users | members, lease)
        grants = facts.grants[space.id]
        await _ask_about_anonymous(space, grants, draft, lease, facts)
        coverage = coverage_of_space(
            Coverage.merged([margin.coverage, *(answer.coverage for answer in read)]),
            space.id,
            lease.unit.space_ids,
            draft.items.keys(),
        )
        snapshot = await asyncio.to_thread(draft.snapshot, space, grants, coverage)
        if facts.kept is None or space.id not in facts.plan.kept:
            return snapshot
        before = facts.kept.spaces[space.id].coverage
        changed = await asyncio.to_thread(kept.changed, space.id)
        ids = changed | {answer.content_id for answer in read}
        return replace(snapshot, coverage=renewed(before, snapshot.coverage, ids))

    def _kept(self, lease: Lease, facts: ScanFacts) -> KeptContent:
        site_id, scan_id = self.judge.terms.site_id, lease.unit.scan_id
        return KeptContent(self.begin, scan_id, site_id, facts.plan.kept)


async def _read_restrictions(
    space_id: str, content_ids: Sequence[str], lease: Lease, facts: ScanFacts
) -> Names:
    """Read the restrictions the listing left out; return who stands in any."""

    async def read_one(content_id: str) -> RestrictionReading:
        read = await facts.reader.restrictions(content_id)
        kept = reading(ReadingKind.RESTRICTION, space_id, read, content_id)
        await lease.stage([kept])
        return read

    read = await together(map(read_one, content_ids))
    _take_in(read, facts)
    return Names.of(each for a in read for each in (a.read, a.update))


async def _ask_about_anonymous(
    space: Space, grants: SpaceGrants, draft: Draft, lease: Lease, facts: ScanFacts
) -> None:
    if facts.must_ask_anonymous(grants):
        listed = (id_ for id_, it in draft.items.items() if it.state in TO_BE_SEEN)
        if content_id := min(listed, default=space.homepage_id):
            await facts.ask_anonymous(content_id, lease)


def _take_in(read: Sequence[RestrictionReading], facts: ScanFacts) -> None:
    for answer in read:
        facts.describe(answer.accounts)
        facts.name_groups(answer.groups)


def cut_of(page: ContentPage) -> dict[str, list[str]]:
    """Return the items of a page whose lists came cut, by space."""
    cut: dict[str, list[str]] = {}
    for found in page.found if page.cut else ():
        if found.item.id in page.cut:
            cut.setdefault(found.space_id, []).append(found.item.id)
    return cut


def _spaces_of(space_ids: Sequence[str], facts: ScanFacts) -> tuple[Space, ...]:
    by_id = {space.id: space for space in facts.framed.spaces}
    return tuple(by_id[space_id] for space_id in space_ids)

"""The first unit of a scan: spaces and their grants, groups that matter, people."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from casb_sdk import Space, SubjectType
from connector.domain.installation import SiteSettings
from connector.domain.reading import SiteOutline
from connector.domain.renewing import RenewalPlan
from connector.domain.scan import Reading, Unit, UnitKind, plan_shards
from connector.domain.store_ports import Stores
from connector.domain.together import together
from connector.use_cases.expect_cost import expected_cost
from connector.use_cases.lease import Lease
from connector.use_cases.readings import ReadingKind, reading
from connector.use_cases.renew_site import RenewSite
from connector.use_cases.restore_facts import RestoreFacts
from connector.use_cases.scan_facts import ScanFacts
from connector.use_cases.scan_shard import FILL
from connector.use_cases.subjects import subjects

SITE_UNIT = "site"


@dataclass(frozen=True, slots=True)
class ReadDirectory:
    """Reads who there is and who was given what; cuts the content into shards.

    ``outline`` is that of the site where it was read just now. An incremental scan
    finds out with ``renew`` what it reads again.
    """

    settings: SiteSettings
    only_spaces: frozenset[str]
    restore: RestoreFacts
    outline: SiteOutline | None = None
    renew: RenewSite | None = None

    async def __call__(self, lease: Lease, facts: ScanFacts) -> None:
        """Read the directory, going on where an earlier run stopped."""
        await self._frame(lease, facts)
        await together(
            [
                facts.read_groups(facts.groups_with_access(), lease),
                self._read_grants(lease, facts),
                renew_groups(lease, facts, self.restore),
            ]
        )
        await facts.read_groups(facts.groups_with_grants(), lease)
        await facts.look_up(people_with_grants(facts), lease)
        facts.ready.set()

    def in_scope(self, spaces: Iterable[Space]) -> tuple[Space, ...]:
        """Return the spaces this scan is about."""
        return tuple(
            space
            for space in spaces
            if self.settings.covers(space.key)
            and (not self.only_spaces or space.key in self.only_spaces)
        )

    async def _frame(self, lease: Lease, facts: ScanFacts) -> None:
        if facts.outline is not None:
            return
        outline = self.outline or await facts.reader.outline()
        spaces = self.in_scope(outline.spaces)
        plan = RenewalPlan()
        if self.renew is not None:
            plan = await self.renew(outline, spaces, lease, facts)

        def add_units(stores: Stores) -> Iterable[Reading]:
            counts = stores.snapshots.item_counts(outline.site.cloud_id)
            listed = [space for space in spaces if space.id not in plan.kept]
            kept = [space for space in spaces if space.id in plan.kept]
            shards, rest = plan_shards(listed, counts), plan_shards(kept, counts)
            units = units_of(lease.unit.scan_id, shards, rest)
            stores.ledger.add_units(lease.unit.scan_id, units)
            ids = [space.id for space in spaces]
            kind = stores.ledger.scan(lease.unit.scan_id).kind
            expected = expected_cost(stores, outline.site.cloud_id, ids, kind=kind)
            return [
                reading(ReadingKind.OUTLINE, SITE_UNIT, outline),
                reading(ReadingKind.FORECAST, SITE_UNIT, expected),
                reading(ReadingKind.PLAN, SITE_UNIT, plan),
            ]

        await lease.stage_with(add_units)
        facts.frame(outline)
        await self.restore.adopt(plan, facts)

    async def _read_grants(self, lease: Lease, facts: ScanFacts) -> None:
        await together(
            _read_grants_of(space, lease, facts)
            for space in self.in_scope(facts.framed.spaces)
            if space.id not in facts.grants
        )


def units_of(
    scan_id: str, plan: Sequence[tuple[str, ...]], kept: Sequence[tuple[str, ...]] = ()
) -> Iterator[Unit]:
    """Yield the shards of a plan as units, and the unit that ends the scan.

    Shards of spaces that are ``kept`` begin behind the listing.
    """
    for number, space_ids in enumerate(plan):
        yield Unit(scan_id, f"shard-{number:04}", UnitKind.SHARD, space_ids)
    for number, space_ids in enumerate(kept):
        yield Unit(scan_id, f"kept-{number:04}", UnitKind.SHARD, space_ids, FILL)
    yield Unit(scan_id, SITE_UNIT, UnitKind.SITE)


def people_with_grants(facts: ScanFacts) -> frozenset[str]:
    """Return the accounts that hold a grant themselves or through a group."""
    groups = facts.groups_with_grants() | facts.groups_with_access()
    people = subjects(facts.grants.values(), SubjectType.USER)
    return people | frozenset(facts.members_of(groups))


async def _read_grants_of(space: Space, lease: Lease, facts: ScanFacts) -> None:
    grants = await facts.reader.grants(space, facts.framed.role_mode)
    await lease.stage([reading(ReadingKind.GRANTS, space.id, grants)])
    facts.grants[space.id] = grants


async def renew_groups(lease: Lease, facts: ScanFacts, restore: RestoreFacts) -> None:
    """Read groups again that are old or small, and those whose size differs now."""
    await facts.read_groups_anew(facts.plan.groups & facts.kept_groups, lease)
    same = await asyncio.to_thread(restore.keys, ReadingKind.GROUP_SIZE)
    kept = facts.kept
    sizes = {id_: kept.size_of(id_) for id_ in facts.kept_groups - same} if kept else {}

    async def renew(group_id: str, known: int) -> None:
        size = await facts.reader.group_size(group_id)
        if size == known:
            await lease.stage([reading(ReadingKind.GROUP_SIZE, group_id, size)])
        else:
            await facts.read_groups_anew([group_id], lease)

    await together(renew(group_id, known) for group_id, known in sorted(sizes.items()))

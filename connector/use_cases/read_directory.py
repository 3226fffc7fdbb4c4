"""The first unit of a scan: spaces and their grants, groups that matter, people."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from casb_sdk import Space, SubjectType
from connector.domain.installation import SiteSettings
from connector.domain.reading import SiteOutline
from connector.domain.scan import Reading, Unit, UnitKind, plan_shards
from connector.domain.store_ports import Stores
from connector.domain.together import together
from connector.use_cases.expect_cost import expected_cost
from connector.use_cases.lease import Lease
from connector.use_cases.readings import ReadingKind, reading
from connector.use_cases.scan_facts import ScanFacts, subjects

SITE_UNIT = "site"


@dataclass(frozen=True, slots=True)
class ReadDirectory:
    """Reads who there is and who was given what; cuts the content into shards.

    ``outline`` is that of the site where it was read just now.
    """

    settings: SiteSettings
    only_spaces: frozenset[str]
    outline: SiteOutline | None = None

    async def __call__(self, lease: Lease, facts: ScanFacts) -> None:
        """Read the directory, going on where an earlier run stopped."""
        await self._frame(lease, facts)
        await together(
            [
                facts.read_groups(facts.groups_with_access(), lease),
                self._read_grants(lease, facts),
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

        def add_units(stores: Stores) -> Iterable[Reading]:
            counts = stores.snapshots.item_counts(outline.site.cloud_id)
            units = units_of(lease.unit.scan_id, plan_shards(spaces, counts))
            stores.ledger.add_units(lease.unit.scan_id, units)
            ids = [space.id for space in spaces]
            expected = expected_cost(stores, outline.site.cloud_id, ids)
            return [
                reading(ReadingKind.OUTLINE, SITE_UNIT, outline),
                reading(ReadingKind.FORECAST, SITE_UNIT, expected),
            ]

        await lease.stage_with(add_units)
        facts.frame(outline)

    async def _read_grants(self, lease: Lease, facts: ScanFacts) -> None:
        await together(
            _read_grants_of(space, lease, facts)
            for space in self.in_scope(facts.framed.spaces)
            if space.id not in facts.grants
        )


def units_of(scan_id: str, plan: Sequence[tuple[str, ...]]) -> Iterator[Unit]:
    """Yield the shards of a plan as units, and the unit that ends the scan."""
    for number, space_ids in enumerate(plan):
        yield Unit(scan_id, f"shard-{number:04}", UnitKind.SHARD, space_ids)
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

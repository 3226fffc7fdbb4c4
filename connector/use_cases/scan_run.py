"""One scan in this process: how each kind of unit is done, and how far it is."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from connector.domain.points import QuotaWait
from connector.domain.reading import Spending
from connector.domain.scan import MOST_DEATHS, ScanReport, Unit, UnitKind, UnitStatus
from connector.domain.store_ports import Begin
from connector.use_cases.finish_scan import FinishScan
from connector.use_cases.give_up_scan import GiveUpScan
from connector.use_cases.lease import Lease
from connector.use_cases.purse import Purse
from connector.use_cases.read_directory import ReadDirectory
from connector.use_cases.readings import ReadingKind
from connector.use_cases.restore_facts import RestoreFacts
from connector.use_cases.scan_facts import ScanFacts
from connector.use_cases.scan_shard import ScanShard
from connector.use_cases.terms import Terms

DONE = "done"


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far a scan has come; ``units`` grows once the spaces are known.

    ``phase`` is the kind of unit that is under way, or ``done``; calls and points
    are those of this run. ``waiting`` is set while Atlassian's quota is used up.
    """

    phase: str
    units_done: int
    units: int
    spaces_done: int
    spaces: int
    items: int
    calls: int
    points: int
    waiting: QuotaWait | None = None


@dataclass(frozen=True, slots=True)
class ScanRun:
    """What this process knows of a scan, and who does its units."""

    begin: Begin
    facts: ScanFacts
    terms: Terms
    restore: RestoreFacts
    directory: ReadDirectory
    shard: ScanShard
    finish: FinishScan
    purse: Purse
    lease: timedelta
    _done: set[str] = field(default_factory=set)

    async def resume(self) -> None:
        """Take in what an earlier run of the scan has read."""
        self._done.update(await asyncio.to_thread(self._done_units))
        await self.restore(self.facts)

    async def do_unit(self, unit: Unit, owner: str) -> None:
        """Do one unit to its end."""
        lease = Lease(self.begin, unit, owner, self.terms.now, self.lease)
        if unit.deaths >= MOST_DEATHS and unit.kind is not UnitKind.SHARD:
            give_up = GiveUpScan(self.begin, self.terms, self.purse)
            await asyncio.to_thread(give_up, lease, self.facts.reader.spending)
            return
        if unit.kind is UnitKind.DIRECTORY:
            await self.directory(lease, self.facts)
        elif unit.kind is UnitKind.SHARD:
            if self.facts.outline is None:
                await self.restore(self.facts)
            await self.shard(lease, self.facts)
        else:
            await self._finish(lease)
            return
        spent = self.facts.reader.spending
        await asyncio.to_thread(self._finish_unit, lease, spent)
        self._done.add(unit.id)

    def covers(self, keys: frozenset[str]) -> bool:
        """Return whether these spaces, empty for all, are what the scan is about."""
        only, outline = self.directory.only_spaces, self.facts.outline
        if only or outline is None:
            return only == keys
        return keys <= {space.key for space in outline.spaces}

    async def settle(self) -> None:
        """Tell the ledger what was spent since the last unit was done."""
        await asyncio.to_thread(self._pay, self.facts.reader.spending)

    async def progress(self) -> ScanProgress:
        """Return how far the scan has come."""
        units, report, judged = await asyncio.to_thread(self._so_far)
        spending, outline = self.facts.reader.spending, self.facts.outline
        waiting = [unit.kind for unit in units if unit.status is UnitStatus.WAITING]
        return ScanProgress(
            phase=waiting[0].value if waiting else DONE,
            units_done=len(units) - len(waiting),
            units=len(units),
            spaces_done=report.spaces if report else judged,
            spaces=len(self.directory.in_scope(outline.spaces)) if outline else 0,
            items=self.facts.items,
            calls=spending.calls,
            points=spending.points,
            waiting=self.facts.reader.waiting,
        )

    async def _finish(self, lease: Lease) -> None:
        if not await asyncio.to_thread(self._done_units) <= self._done:
            await self.restore(self.facts)
        await self.finish(lease, self.facts, self.purse)

    def _finish_unit(self, lease: Lease, spent: Spending) -> None:
        with self.purse.paying(spent) as stores:
            stores.ledger.finish_unit(lease.unit, lease.owner)

    def _pay(self, spent: Spending) -> None:
        with self.purse.paying(spent):
            pass

    def _done_units(self) -> frozenset[str]:
        with self.begin(write=False) as stores:
            units = stores.ledger.units(self.terms.scan_id)
        return frozenset(unit.id for unit in units if unit.status is UnitStatus.DONE)

    def _so_far(self) -> tuple[Sequence[Unit], ScanReport | None, int]:
        scan_id = self.terms.scan_id
        with self.begin(write=False) as stores:
            judged = stores.ledger.reading_keys(scan_id, ReadingKind.SPACE_REPORT)
            units = stores.ledger.units(scan_id)
            return units, stores.ledger.report(scan_id), len(judged)

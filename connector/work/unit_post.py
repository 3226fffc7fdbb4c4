"""Does single units that an engine hands out, whatever becomes of their scan."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.domain.errors import DatabaseAwayError, NotFoundError
from connector.domain.scan import Scan, ScanStatus, Unit, UnitStatus
from connector.domain.store_ports import Begin
from connector.work.owners import is_dead_neighbour, owner_name
from connector.work.resting import Resting, units_done
from connector.work.unit_desk import UnitDesk
from connector.work.unit_work import RESTS, DoUnit, UnitWork

SOON = timedelta(seconds=2)
"""Before a unit that is not possible yet, or in other hands, is handed out again."""
LEASE = timedelta(seconds=90)
"""How long the units of a machine that vanished stay out."""


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A scan as this process works on it."""

    do_unit: DoUnit
    close: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class _Held:
    run: asyncio.Future[OpenRun]
    users: int = 0


@dataclass(slots=True)
class UnitPost:
    """One process's hands for the units of any scan.

    A scan is opened for the first unit of it and closed after the last one at work.
    """

    begin: Begin
    now: Callable[[], datetime]
    open_run: Callable[[Scan], Awaitable[OpenRun]]
    lease: timedelta = LEASE
    rests: tuple[timedelta, ...] = RESTS
    soon: timedelta = SOON
    owner: str = field(default_factory=owner_name)
    _held: dict[str, _Held] = field(default_factory=dict)

    async def do(self, scan_id: str, unit_id: str) -> timedelta | None:
        """Do a unit; returns when it has to be handed out again, None for never.

        A unit that somebody else does is "not now": only the ledger says what is done.
        """
        try:
            scan, unit, done = await asyncio.to_thread(self._look, scan_id, unit_id)
        except NotFoundError:  # Its site was erased.
            return None
        if unit is None or not _is_to_do(scan, unit):
            return None
        if scan.rest_until and scan.rest_until > self.now():
            return scan.rest_until - self.now()
        claimed = await asyncio.to_thread(self._claim, unit)
        if claimed is None:
            return self.soon
        trouble = await self._work(scan, claimed)
        if trouble is not None:
            resting = Resting(self.begin, self.now)
            await asyncio.to_thread(resting.after, trouble, scan, done)
        return await self._until_again(scan_id, unit_id)

    async def _work(self, scan: Scan, unit: Unit) -> BaseException | None:
        desk = UnitDesk(self.begin, self.now, self.lease, self.owner, scan.id)
        try:
            async with self._run_of(scan) as run:
                return await UnitWork(desk, run.do_unit, self.rests)(unit)
        except asyncio.CancelledError:
            await desk.give_back(unit)
            raise
        except Exception as trouble:  # noqa: BLE001 - handed on, as of the whole scan
            await desk.give_back(unit)
            return None if isinstance(trouble, DatabaseAwayError) else trouble

    @asynccontextmanager
    async def _run_of(self, scan: Scan) -> AsyncIterator[OpenRun]:
        held = self._held.get(scan.id)
        if held is None:
            held = _Held(asyncio.ensure_future(self.open_run(scan)))
            self._held[scan.id] = held
        held.users += 1
        try:
            yield await asyncio.shield(held.run)
        finally:
            held.users -= 1
            if not held.users:
                del self._held[scan.id]
                await _closed(held.run)

    async def _until_again(self, scan_id: str, unit_id: str) -> timedelta | None:
        scan, unit, _ = await asyncio.to_thread(self._look, scan_id, unit_id)
        if unit is None or not _is_to_do(scan, unit):
            return None
        rest = scan.rest_until - self.now() if scan.rest_until else self.soon
        return max(rest, self.soon)

    def _look(self, scan_id: str, unit_id: str) -> tuple[Scan, Unit | None, int]:
        with self.begin(write=False) as stores:
            units = {unit.id: unit for unit in stores.ledger.units(scan_id)}
            scan = stores.ledger.scan(scan_id)
            return scan, units.get(unit_id), units_done(stores, scan_id)

    def _claim(self, unit: Unit) -> Unit | None:
        with self.begin() as stores:
            stores.ledger.disown(unit.scan_id, is_dead_neighbour)
            return stores.ledger.claim_one(unit, self.owner, self.now(), self.lease)


def _is_to_do(scan: Scan, unit: Unit) -> bool:
    return scan.status is ScanStatus.RUNNING and unit.status is UnitStatus.WAITING


async def _closed(opening: asyncio.Future[OpenRun]) -> None:
    """Close a run that was opened, or let go of one that was not."""
    try:
        run = await opening
    except (Exception, asyncio.CancelledError):  # noqa: BLE001 - told to who used it
        return
    await run.close()

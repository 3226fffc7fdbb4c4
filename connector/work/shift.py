"""One worker's time on one scan: take units, do them side by side, see how they end."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from connector.domain.errors import (
    AtlassianUnavailableError,
    CasbError,
    ConsentError,
    NotNowError,
    UnitInterruptedError,
    UsageError,
)
from connector.domain.scan import Unit, UnitKind
from connector.work.unit_desk import UnitDesk

logger = logging.getLogger(__name__)

MAX_FAILURES = 3
BEATS_PER_LEASE = 3
SHORTEST_PAUSE = 0.01

DoUnit = Callable[[Unit, str], Awaitable[None]]


@dataclass(slots=True)
class Shift:
    """The units under way; a unit has so many failures before it is given up.

    Failures are counted here and not from the ledger's attempts: there a unit that
    was interrupted three times by an outage looks like one that failed.
    """

    desk: UnitDesk
    do_unit: DoUnit
    at_once: int
    idle: float
    _tasks: dict[asyncio.Task[None], Unit] = field(default_factory=dict)
    _failures: Counter[str] = field(default_factory=Counter)
    _pause: float = SHORTEST_PAUSE

    async def work(self) -> None:
        """Do units until the scan is over; raises what ends the whole scan."""
        heart = asyncio.ensure_future(self._beat())
        try:
            while await self.desk.is_open():
                await self._claim_more()
                await self._wait(heart)
                await self._settle()
        finally:
            heart.cancel()
            await asyncio.gather(heart, return_exceptions=True)
            await self._abandon()

    async def _claim_more(self) -> None:
        free = self.at_once - len(self._tasks)
        if free <= 0:
            return
        for unit in await self.desk.claim(free):
            self._tasks[asyncio.create_task(self._do(unit))] = unit
            self._pause = SHORTEST_PAUSE

    async def _do(self, unit: Unit) -> None:
        await self.do_unit(unit, self.desk.owner)

    async def _wait(self, heart: asyncio.Future[None]) -> None:
        """Wait for the first unit to end, and look again before long anyway."""
        await asyncio.wait(
            {heart, *self._tasks},
            timeout=self._pause,
            return_when=asyncio.FIRST_COMPLETED,
        )
        self._pause = min(self._pause * 2, self.idle)
        if heart.done():
            heart.result()

    async def _settle(self) -> None:
        fatal: BaseException | None = None
        for task in [task for task in self._tasks if task.done()]:
            self._pause = SHORTEST_PAUSE
            error = _error_of(task)
            if error is not None and await self._ends_scan(self._tasks[task], error):
                fatal = fatal or error
            del self._tasks[task]
        if fatal is not None:
            raise fatal

    async def _ends_scan(self, unit: Unit, error: BaseException) -> bool:
        """Hand a failed unit in; return whether its error concerns the whole scan."""
        if isinstance(error, (NotNowError, UnitInterruptedError)):
            logger.info("unit %s of %s: %s", unit.id, unit.scan_id, error)
            await self.desk.give_back(unit)
            return False
        text = str(error) or type(error).__name__
        if _concerns_all(error):
            await self.desk.give_back(unit, text)
            return True
        logger.error("unit %s of %s failed", unit.id, unit.scan_id, exc_info=error)
        self._failures[unit.id] += 1
        is_last = self._failures[unit.id] >= MAX_FAILURES
        if is_last and unit.kind is UnitKind.SHARD:
            await self.desk.park(unit, text)
            return False
        await self.desk.give_back(unit, text)
        return is_last

    async def _beat(self) -> None:
        """Keep the leases alive while slow requests run."""
        while True:
            await asyncio.sleep(self.desk.lease.total_seconds() / BEATS_PER_LEASE)
            for task, unit in list(self._tasks.items()):
                try:
                    await self.desk.extend(unit)
                except UnitInterruptedError:
                    task.cancel()
                except CasbError as error:
                    logger.warning("the lease of %s stays as it is: %s", unit.id, error)

    async def _abandon(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for unit in self._tasks.values():
            await self.desk.give_back(unit)


def _concerns_all(error: BaseException) -> bool:
    is_ordinary = isinstance(error, Exception)
    return not is_ordinary or isinstance(
        error, (ConsentError, AtlassianUnavailableError, UsageError)
    )


def _error_of(task: asyncio.Task[None]) -> BaseException | None:
    if task.cancelled():
        return UnitInterruptedError("It was cancelled.")
    return task.exception()

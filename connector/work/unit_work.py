"""One unit in a worker's hands: kept alive meanwhile, handed in however it ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from connector.domain.errors import (
    AtlassianUnavailableError,
    ConsentError,
    DatabaseAwayError,
    NotNowError,
    UnitInterruptedError,
    UsageError,
)
from connector.domain.scan import MOST_DEATHS, Unit, UnitKind
from connector.work.unit_desk import UnitDesk

logger = logging.getLogger(__name__)

RESTS = (timedelta(seconds=2), timedelta(seconds=10))
"""How long a unit rests after each failure; after one more it is given up."""
BEATS_PER_LEASE = 3

NO_FAULT_OF_THE_UNIT = (NotNowError, UnitInterruptedError, DatabaseAwayError)

T = TypeVar("T")
DoUnit = Callable[[Unit, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class UnitWork:
    """How one worker does a unit it has claimed.

    A unit that fails rests and is tried again, then parked with its error, so that
    the rest of the scan comes to its end. So is a shard that brings down every worker;
    a unit without which no scan ends is done once more, and sees itself what it is.
    """

    desk: UnitDesk
    do_unit: DoUnit
    rests: Sequence[timedelta] = RESTS

    async def __call__(self, unit: Unit) -> BaseException | None:
        """Do a unit and hand it in; returns trouble that concerns the whole scan."""
        if unit.deaths >= MOST_DEATHS and unit.kind is UnitKind.SHARD:
            await self.desk.park(unit, f"{unit.deaths} workers in a row died of it.")
            return None
        try:
            error = await self._do(unit)
        except asyncio.CancelledError:
            await self.desk.give_back(unit)
            raise
        if error is None:
            return None
        return await _to_the_end(self._hand_in(unit, error))

    async def _do(self, unit: Unit) -> BaseException | None:
        doing = asyncio.ensure_future(self.do_unit(unit, self.desk.owner))
        heart = asyncio.ensure_future(self._beat(unit, doing))
        try:
            await asyncio.wait({doing})
        finally:
            doing.cancel()
            heart.cancel()
            await asyncio.gather(doing, heart, return_exceptions=True)
        if doing.cancelled():
            return UnitInterruptedError("It was taken away.")
        return doing.exception()

    async def _beat(self, unit: Unit, doing: asyncio.Future[None]) -> None:
        """Keep the lease alive while slow requests run."""
        while True:
            await asyncio.sleep(self.desk.lease.total_seconds() / BEATS_PER_LEASE)
            try:
                await self.desk.extend(unit)
            except UnitInterruptedError:
                doing.cancel()
                return
            except Exception:
                logger.warning("the lease of %s stays as it is", unit.id, exc_info=True)

    async def _hand_in(self, unit: Unit, error: BaseException) -> BaseException | None:
        if isinstance(error, NO_FAULT_OF_THE_UNIT):
            logger.info("unit %s of %s: %s", unit.id, unit.scan_id, error)
            await self.desk.give_back(unit)
            return None
        text = str(error) or type(error).__name__
        if _concerns_all(error):
            await self.desk.give_back(unit, text)
            return error
        logger.error("unit %s of %s failed", unit.id, unit.scan_id, exc_info=error)
        if unit.failures < len(self.rests):
            await self.desk.give_back(unit, text, self.rests[unit.failures])
            return None
        if unit.kind is UnitKind.SHARD:
            await self.desk.park(unit, text)
            return None
        await self.desk.give_back(unit, text)
        return error


async def _to_the_end(handing_in: Coroutine[Any, Any, T]) -> T:
    """Hand a unit in although we are cancelled: it would stay out until its lease ends.

    A thread that has not begun yet is cancelled together with who waits for it.
    """
    task = asyncio.ensure_future(handing_in)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _concerns_all(error: BaseException) -> bool:
    is_ordinary = isinstance(error, Exception)
    return not is_ordinary or isinstance(
        error, (ConsentError, AtlassianUnavailableError, UsageError)
    )

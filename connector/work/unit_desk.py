"""Where a worker gets the units of one scan and hands them in again."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.domain.errors import CasbError
from connector.domain.scan import ScanStatus, Unit
from connector.domain.store_ports import Begin, Stores

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UnitDesk:
    """The ledger of one scan, as one worker uses it; waits in threads."""

    begin: Begin
    now: Callable[[], datetime]
    lease: timedelta
    owner: str
    scan_id: str

    async def is_open(self) -> bool:
        """Return whether the scan still runs."""
        return await asyncio.to_thread(self._is_open)

    async def disown(self, is_dead: Callable[[str], bool]) -> None:
        """Free the units of workers that died."""
        await asyncio.to_thread(self._disown, is_dead)

    async def claim(self, limit: int) -> Sequence[Unit]:
        """Take up to so many units; what is taken while cancelled is given back."""
        claiming = asyncio.ensure_future(asyncio.to_thread(self._claim, limit))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            for unit in await claiming:
                await self.give_back(unit)
            raise

    async def extend(self, unit: Unit) -> None:
        """Keep a unit for another while."""
        await asyncio.to_thread(self._extend, unit)

    async def give_back(
        self, unit: Unit, error: str = "", rest: timedelta | None = None
    ) -> None:
        """Hand a unit in unfinished; one that was taken away is let go.

        With ``rest`` it failed, and nobody takes it for that long.
        """
        try:
            await asyncio.to_thread(self._give_back, unit, error, rest)
        except CasbError as trouble:
            logger.info("unit %s was not given back: %s", unit.id, trouble)

    async def park(self, unit: Unit, error: str) -> None:
        """Give a unit up for this scan; one that was taken away is let go."""
        try:
            await asyncio.to_thread(self._park, unit, error)
        except CasbError as trouble:
            logger.info("unit %s was not parked: %s", unit.id, trouble)

    def _is_open(self) -> bool:
        with self.begin(write=False) as stores:
            return stores.ledger.scan(self.scan_id).status is ScanStatus.RUNNING

    def _disown(self, is_dead: Callable[[str], bool]) -> None:
        with self.begin() as stores:
            stores.ledger.disown(self.scan_id, is_dead)

    def _claim(self, limit: int) -> Sequence[Unit]:
        with self.begin() as stores:
            return tuple(
                stores.ledger.claim(
                    self.scan_id, self.owner, self.now(), self.lease, limit
                )
            )

    def _extend(self, unit: Unit) -> None:
        with self.begin() as stores:
            stores.ledger.extend(unit, self.owner, self.now() + self.lease)

    def _give_back(self, unit: Unit, error: str, rest: timedelta | None) -> None:
        until = None if rest is None else self.now() + rest
        with self.begin() as stores:
            current = self._as_it_is(stores, unit)
            stores.ledger.release(current, self.owner, error, rest_until=until)

    def _park(self, unit: Unit, error: str) -> None:
        with self.begin() as stores:
            stores.ledger.park(self._as_it_is(stores, unit), self.owner, error)

    def _as_it_is(self, stores: Stores, unit: Unit) -> Unit:
        """Return a claimed unit with the cursor it has come to since."""
        for stored in stores.ledger.units(self.scan_id):
            if stored.id == unit.id:
                return replace(unit, cursor=stored.cursor)
        return unit

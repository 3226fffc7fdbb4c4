"""A unit of work while one worker holds it: every write goes through its lease."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.domain.scan import Reading, Unit
from connector.domain.store_ports import Begin, Stores

LEASE = timedelta(minutes=5)
"""Longer than the longest wait Atlassian may ask for between two heartbeats."""

Write = Callable[[Stores], Iterable[Reading]]
"""Writes into a transaction and returns what is to be kept besides."""


@dataclass(slots=True)
class Lease:
    """The right to work on a unit, and the unit as far as it has come.

    Staging is serialised: the pages of one unit are kept one after the other. What
    comes in meanwhile is kept together by whoever is next.
    """

    begin: Begin
    unit: Unit
    owner: str
    now: Callable[[], datetime]
    duration: timedelta = LEASE
    _waiting: list[Reading] = field(default_factory=list)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def stage(
        self, readings: Iterable[Reading] = (), *, cursor: str | None = None
    ) -> None:
        """Keep readings and step the cursor: both or nothing."""
        if cursor is not None:
            await self.stage_with(lambda _: readings, cursor=cursor)
            return
        self._waiting += readings
        async with self._turn:
            if self._waiting:
                await self._stage(lambda _: (), None)

    async def stage_with(self, write: Write, *, cursor: str | None = None) -> None:
        """Write, keep what comes of it and step the cursor: all of it or nothing."""
        async with self._turn:
            await self._stage(write, cursor)

    async def _stage(self, write: Write, cursor: str | None) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            self.unit = await asyncio.to_thread(self._keep, write, waiting, cursor)
        except BaseException:
            # Keeping a reading twice does no harm, not keeping it does.
            self._waiting = waiting + self._waiting
            raise

    def _keep(
        self, write: Write, waiting: Sequence[Reading], cursor: str | None
    ) -> Unit:
        until = self.now() + self.duration
        step = self.unit.cursor if cursor is None else cursor
        with self.begin() as stores:
            readings = [*waiting, *write(stores)]
            return stores.ledger.stage(self.unit, self.owner, readings, step, until)

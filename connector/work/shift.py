"""One worker's time on one scan: take units, do them side by side, see how they end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from connector.work.unit_desk import UnitDesk
from connector.work.unit_work import UnitWork

SHORTEST_PAUSE = 0.01


@dataclass(slots=True)
class Shift:
    """The units under way; ``room`` says how many there may be at the moment."""

    desk: UnitDesk
    work: UnitWork
    room: Callable[[], int]
    idle: float
    _tasks: set[asyncio.Task[BaseException | None]] = field(default_factory=set)
    _pause: float = SHORTEST_PAUSE

    async def run(self) -> None:
        """Do units until the scan is over; raises what ends the whole scan."""
        try:
            while await self.desk.is_open():
                await self._claim_more()
                await self._wait()
                self._settle()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _claim_more(self) -> None:
        free = self.room() - len(self._tasks)
        if free <= 0:
            return
        for unit in await self.desk.claim(free):
            self._tasks.add(asyncio.create_task(self.work(unit)))
            self._pause = SHORTEST_PAUSE

    async def _wait(self) -> None:
        """Wait for the first unit to end, and look again before long anyway."""
        if self._tasks:
            await asyncio.wait(
                self._tasks, timeout=self._pause, return_when=asyncio.FIRST_COMPLETED
            )
        else:
            await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 2, self.idle)

    def _settle(self) -> None:
        ended = {task for task in self._tasks if task.done()}
        self._tasks -= ended
        if ended:
            self._pause = SHORTEST_PAUSE
        for trouble in [task.result() for task in ended if not task.cancelled()]:
            if trouble is not None:
                raise trouble

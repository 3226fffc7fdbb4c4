"""Works on all open scans side by side, each with its share of the room."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from connector.domain.errors import DatabaseAwayError
from connector.domain.scan import Scan, Urgency
from connector.domain.store_ports import Begin
from connector.work.local import AT_ONCE
from connector.work.resting import Resting, units_done

WEIGHTS = {Urgency.SCHEDULED: 1, Urgency.INTERACTIVE: 3}

GoOn = Callable[[Scan, Callable[[], int]], Awaitable[object]]
"""Works on a scan to its end, with no more units at once than there is room for."""


@dataclass(slots=True)
class Part:
    """A scan under way, and how many of its units were done when that began."""

    scan: Scan
    done_before: int
    doing: asyncio.Task[object]


@dataclass(slots=True)
class Crew:
    """The scans under way in this process.

    A scan that runs into trouble rests and is gone on with later; the others go on.
    One that lost the database is gone on with as soon as that is there again.
    ``look_every``, in seconds, is how soon a new scan is noticed, and a wish to stop.
    """

    begin: Begin
    now: Callable[[], datetime]
    go_on: GoOn
    room: int = AT_ONCE
    look_every: float = 1.0
    _under_way: dict[str, Part] = field(default_factory=dict)

    def is_wanted(self) -> bool:
        """Return whether a scan waits for somebody to work on it."""
        return bool(self._open())

    async def work(self, keep_going: Callable[[], bool]) -> int:
        """Work until no scan is open; returns how many came to their end."""
        ended = 0
        try:
            while keep_going():
                await self._start_more()
                if not self._under_way:
                    break
                tasks = [part.doing for part in self._under_way.values()]
                await asyncio.wait(
                    tasks,
                    timeout=self.look_every,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                ended += await self._settle()
        finally:
            await self._abandon()
        return ended

    async def _start_more(self) -> None:
        for scan, done in await asyncio.to_thread(self._open):
            if part := self._under_way.get(scan.id):
                part.scan = scan
            else:
                doing = asyncio.ensure_future(self._do(scan))
                self._under_way[scan.id] = Part(scan, done, doing)

    async def _do(self, scan: Scan) -> object:
        return await self.go_on(scan, lambda: self._share_of(scan.id))

    def _share_of(self, scan_id: str) -> int:
        scans = [part.scan for part in self._under_way.values()]
        return share_of(self._under_way[scan_id].scan, scans, self.room)

    async def _settle(self) -> int:
        ended = 0
        for part in [part for part in self._under_way.values() if part.doing.done()]:
            del self._under_way[part.scan.id]
            trouble = part.doing.exception()
            if trouble is None:
                ended += 1
            elif not isinstance(trouble, DatabaseAwayError):
                await asyncio.to_thread(
                    Resting(self.begin, self.now).after,
                    trouble,
                    part.scan,
                    part.done_before,
                )
        return ended

    def _open(self) -> list[tuple[Scan, int]]:
        """Return the open scans and how many units of each are done."""
        with self.begin(write=False) as stores:
            scans = stores.ledger.open_scans(self.now())
            return [(scan, units_done(stores, scan.id)) for scan in scans]

    async def _abandon(self) -> None:
        tasks = [part.doing for part in self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._under_way.clear()


def share_of(scan: Scan, under_way: Collection[Scan], room: int) -> int:
    """Return how many units of a scan may be under way; one at least.

    Every site has the same share; those a person waits for have three.
    """
    whole = sum(WEIGHTS[each.urgency] for each in under_way)
    return max(1, room * WEIGHTS[scan.urgency] // whole)

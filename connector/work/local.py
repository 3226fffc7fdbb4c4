"""The embedded worker: several units of a scan at once on one event loop."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.domain.scan import Unit
from connector.domain.store_ports import Begin
from connector.malloc import share_one_arena
from connector.work.collector import rare_looks
from connector.work.owners import is_dead, owner_name
from connector.work.shift import Shift
from connector.work.switching import quick_turns
from connector.work.unit_desk import UnitDesk
from connector.work.unit_work import RESTS, UnitWork

AT_ONCE = 24
"""Units under way in one process; most of them wait for Atlassian."""


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Claims units from the ledger and does them until the scan is over.

    A unit that fails is tried again and then parked with its error; trouble that
    concerns the whole scan ends it for now, and the next run goes on. What a killed
    worker of this machine left is taken over at once. ``room`` says how many units
    may be under way, ``idle`` is the longest pause between two looks at the ledger. An
    ``owner`` runs a scan once at a time, so a unit it holds at the start was left over.
    """

    begin: Begin
    now: Callable[[], datetime]
    lease: timedelta = timedelta(minutes=5)
    room: Callable[[], int] = lambda: AT_ONCE
    idle: float = 0.5
    rests: Sequence[timedelta] = RESTS
    owner: str = field(default_factory=owner_name)

    async def run(
        self, scan_id: str, do_unit: Callable[[Unit, str], Awaitable[None]]
    ) -> None:
        """Hand out the units of a scan until none is left."""
        desk = UnitDesk(self.begin, self.now, self.lease, self.owner, scan_id)
        await desk.disown(lambda owner: owner == self.owner or is_dead(owner))
        work = UnitWork(desk, do_unit, self.rests)
        share_one_arena()
        with quick_turns(), rare_looks():
            await Shift(desk, work, self.room, self.idle).run()

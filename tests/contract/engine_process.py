"""A worker of an engine, in a process: ``python -m … ENGINE URL ROOM SITES``.

SITES is JSON: the shards of each site, and what happens in each of them. Says its
number when it is ready, and works until it is told to stop by a line on stdin.
"""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import orjson

from connector.domain.errors import AtlassianUnavailableError
from connector.domain.scan import (
    Reading,
    Scan,
    ScanReport,
    ScanStatus,
    Unit,
    UnitKind,
    UnitStatus,
)
from connector.store.database import Database
from connector.use_cases.lease import Lease
from connector.work.crew import Crew
from connector.work.job_worker import JobWorker, Rhythm
from connector.work.local import LocalEngine
from connector.work.procrastination import Announcer, jobs_app
from connector.work.unit_post import OpenRun, UnitPost
from tests.contract.other_worker import say

LEASE = timedelta(seconds=1.2)
RESTS = (timedelta(seconds=0.1), timedelta(seconds=0.1))
SOON = timedelta(seconds=0.1)
LOOK_EVERY = 0.05
RHYTHM = Rhythm(
    heartbeat=0.3,
    stalled_after=1.2,
    poll=0.3,
    farewell=0.5,
    restart=0.2,
    mend="* * * * * *",
    announce="* * * * * *",
)


@dataclass(frozen=True, slots=True)
class Toy:
    """Does units that stage pages, and fail or kill as a test wants.

    Of a shard, ``pages`` and ``pause`` say how many it has and how long one takes;
    ``fails`` is ``always``, or ``once`` as soon as every shard is in hands; ``kills``
    ends the process.
    """

    database: Database
    sites: Mapping[str, Mapping[str, Mapping[str, Any]]]

    async def do_unit(self, unit: Unit, owner: str) -> None:
        """Do a unit to its end."""
        database = self.database
        lease = Lease(database.begin, unit, owner, database.now, LEASE)
        if unit.kind is UnitKind.SHARD:
            with database.begin(write=False) as stores:
                site_id = stores.ledger.scan(unit.scan_id).site_id
            await self._read(lease, self.sites[site_id][unit.id])
        end = self._end if unit.kind is UnitKind.SITE else self._finish
        await asyncio.to_thread(end, lease)

    async def _read(self, lease: Lease, shard: Mapping[str, Any]) -> None:
        if shard.get("kills"):
            os.kill(os.getpid(), signal.SIGKILL)
        if shard.get("fails") == "once" and lease.unit.attempts == 1:
            await asyncio.to_thread(self._wait_for_hands, lease.unit.scan_id)
            raise AtlassianUnavailableError("Atlassian is away.")
        for page in range(int(lease.unit.cursor or 0), shard["pages"]):
            await asyncio.sleep(shard["pause"])
            part = f"{lease.unit.id}/{page}/{os.getpid()}"
            # Each try has a name of its own, so that a page kept twice shows.
            reading = Reading("page", lease.unit.id, part.encode(), f"{time.time()}")
            await lease.stage([reading], cursor=str(page + 1))
            if shard.get("fails") == "always":
                raise ValueError("odd")

    def _wait_for_hands(self, scan_id: str) -> None:
        is_untouched = True
        while is_untouched:
            time.sleep(LOOK_EVERY)
            with self.database.begin(write=False) as stores:
                units = stores.ledger.units(scan_id)
            shards = (unit for unit in units if unit.kind is UnitKind.SHARD)
            is_untouched = any(not shard.attempts for shard in shards)

    def _finish(self, lease: Lease) -> None:
        unit = lease.unit
        with self.database.begin() as stores:
            if unit.kind is UnitKind.DIRECTORY:
                site_id = stores.ledger.scan(unit.scan_id).site_id
                stores.ledger.add_units(
                    unit.scan_id, units_of(unit.scan_id, self.sites[site_id])
                )
            stores.ledger.finish_unit(unit, lease.owner)

    def _end(self, lease: Lease) -> None:
        scan_id = lease.unit.scan_id
        with self.database.begin() as stores:
            stores.ledger.finish_unit(lease.unit, lease.owner)
            units = stores.ledger.units(scan_id)
            parked = tuple(u.id for u in units if u.status is UnitStatus.PARKED)
            read = stores.ledger.readings(scan_id, "page")
            notes = tuple(each.payload.decode() for each in read)
            scan, now = stores.ledger.scan(scan_id), self.database.now()
            done = replace(scan, status=ScanStatus.DONE, finished_at=now)
            stores.ledger.finish(ScanReport(done, notes=notes, parked=parked))


def units_of(scan_id: str, shards: Mapping[str, object]) -> list[Unit]:
    """Return the units that a directory adds."""
    units = [Unit(scan_id, shard, UnitKind.SHARD) for shard in shards]
    return [*units, Unit(scan_id, "site", UnitKind.SITE)]


async def work_locally(toy: Toy, room: int, stop: threading.Event) -> None:
    """Work on open scans as the rota does: again and again, whatever goes wrong."""
    begin, now = toy.database.begin, toy.database.now

    async def go_on(scan: Scan, share: Callable[[], int]) -> None:
        engine = LocalEngine(begin, now, LEASE, share, idle=0.1, rests=RESTS)
        await engine.run(scan.id, toy.do_unit)

    while not stop.is_set():
        crew = Crew(begin, now, go_on, room=room, look_every=0.1)
        try:
            await crew.work(lambda: not stop.is_set())
        except Exception as error:  # noqa: BLE001 - as the rota does
            sys.stderr.write(f"{error!r}\n")
        await asyncio.sleep(0.05)


async def work_on_jobs(toy: Toy, url: str, room: int, stop: threading.Event) -> None:
    """Work on jobs until told to stop."""
    begin, now = toy.database.begin, toy.database.now

    async def open_run(_: Scan) -> OpenRun:
        return OpenRun(toy.do_unit, close)

    async def close() -> None:
        pass

    def free_units() -> Iterator[tuple[Scan, Sequence[Unit]]]:
        with begin(write=False) as stores:
            for scan in stores.ledger.open_scans(now()):
                yield scan, stores.ledger.free_units(scan.id, now())

    post = UnitPost(begin, now, open_run, LEASE, RESTS, SOON)
    worker = JobWorker(jobs_app(url), post.do, free_units, room, RHYTHM)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait_for_the_end() -> None:
        stop.wait()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    await worker.work(ended)


def main(engine: str, url: str, room: int, sites: str) -> None:
    """Work until told to stop."""
    is_local = engine != "procrastinate"
    if is_local:
        database = Database.open(url)
    else:
        database = Database.open(url, announce=Announcer(jobs_app(url)))
    toy, stop = Toy(database, orjson.loads(sites)), threading.Event()

    def wait_for_a_word() -> None:
        sys.stdin.readline()
        stop.set()

    threading.Thread(target=wait_for_a_word, daemon=True).start()
    say(str(os.getpid()))
    if is_local:
        asyncio.run(work_locally(toy, room, stop))
    else:
        asyncio.run(work_on_jobs(toy, url, room, stop))
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])

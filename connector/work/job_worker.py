"""A worker of Procrastinate: does units, and mends what dead workers left behind."""

import asyncio
import logging
from asyncio import FIRST_COMPLETED
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from procrastinate import App, JobContext
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Status

from connector.domain.scan import Scan, Unit
from connector.work.procrastination import (
    BRING_FORWARD,
    QUEUE,
    TASK,
    UnitToDo,
    forward,
    units_to_do,
)

logger = logging.getLogger(__name__)

SAFE_WAIT = timedelta(seconds=30)

DoUnit = Callable[[str, str], Awaitable[timedelta | None]]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a worker does what it does again and again, in seconds.

    ``mend`` and ``announce`` are written like cron's, with seconds as the sixth part.
    ``farewell`` is how long units may go on that are under way when the worker stops,
    ``restart`` how long it waits when the database went away.
    """

    heartbeat: float = 5.0
    stalled_after: float = 20.0
    poll: float = 5.0
    farewell: float = 5.0
    restart: float = 5.0
    mend: str = "* * * * * */10"
    announce: str = "* * * * * */10"


@dataclass(frozen=True, slots=True)
class JobWorker:
    """A worker: takes jobs, and mends what dead workers and lost jobs left behind.

    ``free_units`` returns the units nobody is at, by scan.
    """

    app: App
    do_unit: DoUnit
    free_units: Callable[[], Iterable[tuple[Scan, Sequence[Unit]]]]
    at_once: int
    rhythm: Rhythm = Rhythm()

    async def work(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what is under way then is given back.

        Procrastinate ends its worker when the database goes away; ours outlives that.
        """
        self._register()
        working = asyncio.ensure_future(self._work_again_and_again())
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({working, stopping}, return_when=FIRST_COMPLETED)
        stopping.cancel()
        working.cancel()
        [ended] = await asyncio.gather(working, return_exceptions=True)
        if isinstance(ended, Exception):
            logger.warning("the worker did not end well", exc_info=ended)

    async def _work_again_and_again(self) -> None:
        while True:
            try:
                async with self.app.open_async():
                    await self._work()
            except Exception:
                logger.warning("the worker was interrupted", exc_info=True)
            await asyncio.sleep(self.rhythm.restart)
            logger.warning("the worker begins again")

    async def _work(self) -> None:
        await self.app.run_worker_async(
            queues=[QUEUE],
            concurrency=self.at_once,
            delete_jobs="always",
            install_signal_handlers=False,
            fetch_job_polling_interval=self.rhythm.poll,
            shutdown_graceful_timeout=self.rhythm.farewell,
            update_heartbeat_interval=self.rhythm.heartbeat,
            stalled_worker_timeout=self.rhythm.stalled_after,
        )

    def _register(self) -> None:
        self.app.task(name=TASK, queue=QUEUE, pass_context=True)(self._do)
        for name, cron, do in (
            ("casb.mend_stalled", self.rhythm.mend, self._mend_stalled),
            ("casb.announce_lost", self.rhythm.announce, self._announce_lost),
        ):
            task = self.app.task(name=name, queue=QUEUE, queueing_lock=name)(do)
            self.app.periodic(cron=cron)(task)

    async def _do(self, context: JobContext, scan_id: str, unit_id: str) -> None:
        """Do a unit; one that is not done after that is enqueued anew for later.

        A job is never tried again by the engine: it would stay at work for ever where
        a newer one of the same unit is in its way.
        """
        priority = context.job.priority
        try:
            wait = await self.do_unit(scan_id, unit_id)
        except asyncio.CancelledError:
            await self._enqueue(UnitToDo(scan_id, unit_id, priority))
            raise
        except Exception:
            logger.exception("the unit %s of %s could not be done", unit_id, scan_id)
            wait = SAFE_WAIT
        if wait is not None:
            await self._enqueue(UnitToDo(scan_id, unit_id, priority, wait))

    async def _enqueue(self, to_do: UnitToDo) -> None:
        with suppress(AlreadyEnqueued):
            await to_do.deferrer(self.app).defer_async(**to_do.arguments)

    async def _mend_stalled(self, timestamp: int) -> None:
        """Hand out the jobs of workers that send no heartbeat any more."""
        manager = self.app.job_manager
        for job in await manager.get_stalled_jobs(
            queue=QUEUE, seconds_since_heartbeat=self.rhythm.stalled_after
        ):
            try:
                await manager.retry_job(job)
            except UniqueViolation:  # A newer job of the same unit is there.
                await manager.finish_job(job, Status.FAILED, delete_job=True)

    async def _announce_lost(self, timestamp: int) -> None:
        """See to it that free units are handed out, whatever became of their jobs."""
        for scan, units in await asyncio.to_thread(lambda: list(self.free_units())):
            wanted = units_to_do(scan, units)
            rows = await self.app.connector.execute_query_all_async(
                BRING_FORWARD, **forward(wanted)
            )
            known = {row["lock"] for row in rows}
            for to_do in wanted:
                if to_do.lock not in known:
                    await self._enqueue(to_do)

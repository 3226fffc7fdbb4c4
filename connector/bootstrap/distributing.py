"""This process as one of many workers that share the units of all scans."""

import asyncio
import threading
from collections.abc import Iterator, Sequence

from connector.bootstrap.announcing import open_jobs, seconds_since_heartbeat
from connector.bootstrap.application import Application
from connector.bootstrap.scanning_on import BackgroundScans
from connector.domain.scan import Scan, Unit
from connector.malloc import share_one_arena
from connector.work.collector import rare_looks
from connector.work.local import AT_ONCE
from connector.work.switching import quick_turns
from connector.work.unit_post import UnitPost


def work_on_units(application: Application, stop: threading.Event) -> None:
    """Do units of any scan until told to stop.

    Raises SettingError and SchemaError where there is nothing to work with.
    """
    seconds_since_heartbeat(application.settings)
    share_one_arena()
    with quick_turns(), rare_looks():
        asyncio.run(_work(application, stop))


async def _work(application: Application, stop: threading.Event) -> None:
    from connector.work.job_worker import JobWorker  # noqa: PLC0415 - an extra

    post = UnitPost(
        application.begin, application.now, BackgroundScans(application).open
    )
    worker = JobWorker(
        open_jobs(application.settings),
        post.do,
        lambda: _free_units(application),
        AT_ONCE,
    )
    ended = asyncio.Event()
    watching = asyncio.ensure_future(_watch(stop, ended))
    try:
        await worker.work(ended)
    finally:
        watching.cancel()


async def _watch(stop: threading.Event, ended: asyncio.Event) -> None:
    while not stop.is_set():  # noqa: ASYNC110 - another thread sets it
        await asyncio.sleep(0.2)
    ended.set()


def _free_units(application: Application) -> Iterator[tuple[Scan, Sequence[Unit]]]:
    now = application.now()
    with application.begin(write=False) as stores:
        for scan in stores.ledger.open_scans(now):
            yield scan, stores.ledger.free_units(scan.id, now)

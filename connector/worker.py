"""The worker: one process, or a thread of `casb serve`, that does the work.

With CASB_WORK=local one process owns the work; the others of a kind wait for it.
"""

import logging
import threading
from dataclasses import dataclass

from connector.bootstrap.announcing import is_distributed
from connector.bootstrap.application import Application, open_application
from connector.bootstrap.distributing import work_on_units
from connector.bootstrap.installing import release_scopes
from connector.bootstrap.jobs import ownership, plan_jobs, rota
from connector.settings import Settings
from connector.work.ownership import SERVE, WORKER, described, named_owner
from connector.work.rota import Done, Tell

logger = logging.getLogger("casb.worker")

SECONDS_BETWEEN_TRIES = 5.0


@dataclass(frozen=True, slots=True)
class Shift:
    """How a worker's time went: how many jobs were done, or who does them instead."""

    held_by: str = ""
    jobs: int = 0


def run_worker(settings: Settings, stop: threading.Event, kind: str = SERVE) -> None:
    """Do the work whenever no other process does, until told to stop.

    For a process of `casb serve`, or a thread of anything: nothing that goes wrong
    leaves it.
    """
    with open_application(settings) as application:
        while not stop.is_set():
            try:
                work(application, stop, kind, log_it)
            except Exception:
                logger.exception("the worker was interrupted and starts again")
            stop.wait(SECONDS_BETWEEN_TRIES)


def work(
    application: Application,
    stop: threading.Event,
    kind: str,
    tell: Tell,
    *,
    is_once: bool = False,
) -> Shift:
    """Do the work until told to stop, or what is due of it; or say who does it."""
    plan_jobs(application)
    release_scopes(application)()
    if is_distributed(application.settings):
        return _share(application, stop, tell, is_once=is_once)
    owning = ownership(application, kind)
    holder = owning.take()
    if holder != owning.owner:
        return Shift(described(holder))
    with owning.kept(stop) as ended:
        jobs = rota(application, owning.owner, tell)
        if is_once:
            return Shift(jobs=jobs.run_due(ended))
        jobs.work(ended)
    return Shift()


def _share(
    application: Application, stop: threading.Event, tell: Tell, *, is_once: bool
) -> Shift:
    """Do jobs beside other workers, and units of scans until told to stop."""
    jobs = rota(application, named_owner(WORKER), tell)
    if is_once:
        return Shift(jobs=jobs.run_due(stop))
    looking_after = threading.Thread(target=jobs.work, args=[stop], name="jobs")
    looking_after.start()
    try:
        work_on_units(application, stop)
    finally:
        stop.set()
        looking_after.join()
    return Shift()


def log_it(done: Done) -> None:
    """Write what was done into the log."""
    if done.error:
        logger.warning("%s: %s", done.name, done.error)
    elif done.said:
        logger.info("%s: %s", done.name, done.said)

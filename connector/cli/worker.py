"""`casb worker`."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import rich_click as click

from connector.bootstrap.application import open_application
from connector.cli.options import json_option, settings
from connector.cli.output import note, print_json_line, say, warn
from connector.work.ownership import WORKER
from connector.work.rota import Done
from connector.worker import work

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@json_option
def worker(*, once: bool, as_json: bool) -> None:
    """Scan the sites and look after them: check them, keep their tokens fresh.

    With CASB_WORK=local one process does the work: while `casb serve` runs it does so,
    and this command says so and ends. With CASB_WORK=procrastinate any number of
    workers on any machines share it. SIGTERM ends one within seconds; what was under
    way is gone on with later.

    Example: `casb worker`

    Example: `casb worker --once`
    """
    loaded = settings()
    with open_application(loaded) as application, stopped_by_signals() as stop:
        if not once:
            note("Working; Ctrl-C stops.")
        tell = _as_json if as_json else _as_text
        shift = work(application, stop, WORKER, tell, is_once=once)
        while not (once or shift.held_by or stop.is_set()):
            # The right to work was lost, as after a long pause of this machine.
            shift = work(application, stop, WORKER, tell)
    if shift.held_by:
        note(f"{shift.held_by} does the work already; nothing is left to do here.")
    elif once and not as_json and not shift.jobs:
        note("Nothing is due.")


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _as_text(done: Done) -> None:
    if done.error:
        warn(f"{done.name}: {done.error}")
    elif done.said:
        say(f"{done.at:%Y-%m-%d %H:%M:%S} UTC  {done.name}: {done.said}")


def _as_json(done: Done) -> None:
    print_json_line(
        {
            "job": done.name,
            "at": done.at.isoformat(),
            "did": done.said or None,
            "error": done.error or None,
        }
    )

"""The processes of `casb serve`: gunicorn and, beside it, the worker."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess

from flask import Flask
from gunicorn.app.base import BaseApplication

from connector.app import create_app
from connector.bootstrap.application import lasting_application
from connector.cli.logs import DebugFile, start_debug_file, start_logs
from connector.cli.output import warn
from connector.cli.worker import stopped_by_signals
from connector.domain.errors import CasbError
from connector.settings import Settings
from connector.web import gunicorn_conf
from connector.worker import run_worker

LOOK_SECONDS = 0.5
FAREWELL_SECONDS = 30.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0


class StoppedError(Exception):
    """Somebody asked this process to end."""


def serve_until_stopped(settings: Settings, bind: str, *, with_worker: bool) -> None:
    """Run gunicorn, and the worker; a worker that dies is started again."""
    signal.signal(signal.SIGTERM, _be_stopped)
    web = Kept(_serve, settings, bind)
    worker = Kept(_work, settings) if with_worker else None
    try:
        web.start()
        while web.is_alive:
            if worker is not None:
                worker.keep_up()
            time.sleep(LOOK_SECONDS)
        raise CasbError("The web server ended.", "Its messages above say why.")
    except (KeyboardInterrupt, StoppedError):
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for process in filter(None, (web, worker)):
            process.tell_to_end()
        for process in filter(None, (web, worker)):
            process.end()


class Kept:
    """A process beside this one, which can be started again when it dies."""

    def __init__(
        self, target: Callable[..., None], settings: Settings, *arguments: object
    ) -> None:
        self._target = target
        self._arguments = (settings, DebugFile.path, *arguments)
        self._process: BaseProcess | None = None
        self._wait = FIRST_WAIT
        self._again_at = 0.0

    @property
    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self._process is not None and self._process.is_alive()

    def start(self) -> None:
        """Start the process."""
        process = starting().Process(target=self._target, args=self._arguments)
        self._process = process
        self._process.start()

    def keep_up(self) -> None:
        """Start the process, or start it again a while after it has died."""
        if self.is_alive or time.monotonic() < self._again_at:
            return
        if self._process is None or self._again_at:
            self._again_at = 0.0
            self.start()
            return
        warn(f"The worker ended; it is started again in {self._wait:.0f} seconds.")
        self._again_at = time.monotonic() + self._wait
        self._wait = min(2 * self._wait, LONGEST_WAIT)

    def tell_to_end(self) -> None:
        """Ask the process to end."""
        if self._process is not None:
            self._process.terminate()

    def end(self) -> None:
        """See the process off; it gets half a minute to finish what it does."""
        if self._process is None:
            return
        self._process.join(FAREWELL_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def starting() -> ForkContext | SpawnContext:
    """Return how to start a process: one that is forked need not import all again.

    Beside threads, such as those of the demonstration's cloud, nothing can be forked.
    """
    if threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


def _serve(settings: Settings, debug_file: str, bind: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # A parent that forks has its own.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # Logs are no results.
    _follow_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    _start_logs(settings, debug_file)
    Web(settings, bind).run()


def _work(settings: Settings, debug_file: str) -> None:
    with stopped_by_signals() as stop:
        _follow_parent(stop.set)
        _start_logs(settings, debug_file)
        run_worker(settings, stop)


def _start_logs(settings: Settings, debug_file: str) -> None:
    start_logs(settings.log, with_details=True)
    if debug_file != DebugFile.path:
        start_debug_file(debug_file)


def _follow_parent(end: Callable[[], object]) -> None:
    """End together with the process that started this one, however it went."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        end()

    threading.Thread(target=watch, daemon=True).start()


def _be_stopped(_signal: int, _frame: object) -> None:
    raise StoppedError


class Web(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """Gunicorn, set up in this process; each of its workers opens the database."""

    def __init__(self, settings: Settings, bind: str) -> None:
        self._settings = settings
        self._bind = bind
        super().__init__()

    def load_config(self) -> None:
        """Take our configuration."""
        for name, value in vars(gunicorn_conf).items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)
        if self._bind:
            self.cfg.set("bind", self._bind)

    def load(self) -> Flask:
        """Return the application, in a worker."""
        return create_app(lasting_application(self._settings))

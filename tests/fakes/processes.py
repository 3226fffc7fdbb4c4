"""Processes that run a module of ours, forked from one that has imported for them.

Importing the database takes a process most of a second; the tests start many. What
they are forked from has opened no database and started no thread.
"""

import multiprocessing
import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Literal, TextIO

IMPORTED = [
    "casb_sdk.cloud",
    "connector.atlassian.tokens",
    "connector.cli.demo",
    "connector.cli.scanning",
    "connector.cli.serving",
    "connector.cli.worker",
    "connector.export.sender",
    "connector.store.database",
    "connector.work.job_worker",
    "connector.work.procrastination",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "hypothesis.strategies",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "tests.fakes.still",
]

forking = multiprocessing.get_context("forkserver")
forking.set_forkserver_preload(IMPORTED)


class OtherProcess:
    """A process, what is said to it and what it says."""

    def __init__(
        self, process: ForkServerProcess, stdin: TextIO, stdout: TextIO
    ) -> None:
        self._process = process
        self.stdin = stdin
        self.stdout = stdout

    def tell(self, word: str = "") -> None:
        """Write a line to the process."""
        self.stdin.write(f"{word}\n")
        self.stdin.flush()

    def said(self) -> str:
        """Wait for its next line; an empty one if it has ended."""
        return self.stdout.readline().strip()

    def kill(self) -> None:
        """Kill it with the signal nobody can catch."""
        self._process.kill()

    def wait(self, seconds: float) -> int:
        """Wait until it has ended; return its code, that of a signal below zero."""
        self._process.join(seconds)
        assert self._process.exitcode is not None, "the process goes on"
        return self._process.exitcode


@contextmanager
def running(module: str, *arguments: str) -> Iterator[OtherProcess]:
    """Run a module as ``python -m`` does; it does not survive the block."""
    theirs_in, ours_in = forking.Pipe(duplex=False)
    ours_out, theirs_out = forking.Pipe(duplex=False)
    ends = (theirs_in, theirs_out)
    process = forking.Process(target=_run, args=(module, arguments, *ends))
    process.start()
    for end in ends:
        end.close()
    with _text(ours_in, "w") as stdin, _text(ours_out, "r") as stdout:
        try:
            yield OtherProcess(process, stdin, stdout)
        finally:
            process.kill()
            process.join()


def _run(
    module: str, arguments: tuple[str, ...], stdin: Connection, stdout: Connection
) -> None:
    sys.argv = [module, *arguments]
    sys.stdin, sys.stdout = _text(stdin, "r"), _text(stdout, "w")
    runpy.run_module(module, run_name="__main__")


def _text(end: Connection, mode: Literal["r", "w"]) -> TextIO:
    """Return an end of a pipe as a text; it alone closes it."""
    file = os.fdopen(os.dup(end.fileno()), mode)
    end.close()
    return file

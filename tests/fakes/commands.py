"""Commands as processes: forked from one that has imported for them, or as installed.

Both run what is installed under a name, in a folder and an environment of its own. To
import for it anew costs two seconds of a processor: only a test that is about how a
command starts pays them.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO, Protocol

from tests.fakes.processes import forking

BINARIES = Path(sys.executable).parent
COMPILED = {"PYTHONPYCACHEPREFIX": sys.pycache_prefix} if sys.pycache_prefix else {}
"""Where what a command imports was compiled before, unless beside the sources."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to run, with nothing but this environment, and the files it prints to."""

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    out: Path
    err: Path
    program: str = "casb"


class Process(Protocol):
    """What runs a command."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...


Start = Callable[[Order], Process]


@dataclass(frozen=True, slots=True)
class Forked:
    """A process that was forked, for those who know `subprocess.Popen`."""

    _process: ForkServerProcess

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return its code once it has ended, that of a signal below zero."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, and return its code."""
        self._process.join(timeout)
        assert self._process.exitcode is not None, "the process goes on"
        return self._process.exitcode

    def send_signal(self, sig: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)


def forked(order: Order) -> Process:
    """Run a command in a process forked from one that has imported for it."""
    process = forking.Process(target=_run, args=(order,))
    process.start()
    return Forked(process)


def as_installed(order: Order) -> Process:
    """Run the command of the installation."""
    with _opened(order.out) as out, _opened(order.err) as err:
        return subprocess.Popen(  # noqa: S603 - our own command
            [BINARIES / order.program, *order.arguments],
            cwd=order.folder,
            env={**COMPILED, **order.environment},
            stdout=out,
            stderr=err,
        )


@dataclass(frozen=True, slots=True)
class Command:
    """A command that runs, or has."""

    order: Order
    process: Process = field(repr=False)

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self.process.pid

    @property
    def out(self) -> str:
        """What it has printed."""
        return self.order.out.read_text("utf-8")

    @property
    def err(self) -> str:
        """What it has said on stderr."""
        return self.order.err.read_text("utf-8")

    def poll(self) -> int | None:
        """Return its code once it has ended, that of a signal below zero."""
        return self.process.poll()

    def wait(self, seconds: float) -> int:
        """Wait until it has ended, and return its code."""
        return self.process.wait(seconds)

    def tell(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it with the signal nobody can catch, and see it off."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def running_command(order: Order, start: Start = forked) -> Iterator[Command]:
    """Run a command; it does not survive the block."""
    command = Command(order, start(order))
    try:
        yield command
    finally:
        command.kill()


def _opened(path: Path) -> IO[bytes]:
    return path.open("ab", buffering=0)


def _run(order: Order) -> None:
    environment = os.environ  # noqa: TID251 - that of a process which has yet to begin
    environment.clear()
    environment.update(order.environment)
    os.chdir(order.folder)
    for path, stream in ((order.out, sys.stdout), (order.err, sys.stderr)):
        with _opened(path) as file:
            os.dup2(file.fileno(), stream.fileno())
    sys.argv = [order.program, *order.arguments]
    [program] = entry_points(group="console_scripts", name=order.program)
    sys.exit(program.load()())

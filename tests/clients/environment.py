"""The environment of a client, and the processes that run in it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.gate import PATIENCE_SECONDS, Gate

ENVIRONMENTS = Path(sys.prefix) / "clients"
NURSERY = Path(__file__).with_name("nursery.py")
OUTPUT, COMPLAINTS = "output", "complaints"


@dataclass(frozen=True, slots=True)
class Environment:
    """A client as installed, and a process that has imported it."""

    programs: Path
    nursery: subprocess.Popen[str]

    def run(
        self, folder: Path, arguments: Sequence[str], variables: Mapping[str, str]
    ) -> str:
        """Run a script of the client in a folder, to its end; return what it said."""
        output, complaints = folder / OUTPUT, folder / COMPLAINTS
        told = {
            "argv": list(arguments),
            "folder": str(folder),
            "environment": dict(variables),
            "streams": [str(output), str(complaints)],
        }
        assert self.nursery.stdin
        assert self.nursery.stdout
        self.nursery.stdin.write(json.dumps(told) + "\n")
        self.nursery.stdin.flush()
        code = int(self.nursery.stdout.readline())
        said = output.read_text("utf-8")
        assert code == 0, said + complaints.read_text("utf-8")
        return said

    def kill_behind(
        self,
        gate: Gate,
        pages: int,
        folder: Path,
        command: Sequence[str],
        variables: Mapping[str, str],
    ) -> None:
        """Run a command as a person would, and kill it while it waits for a page."""
        with gate.closed_behind(pages), (folder / OUTPUT).open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - the command of our own page
                command,
                cwd=folder,
                env={**self.variables, **variables},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            is_waiting = gate.holds.wait(PATIENCE_SECONDS)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert is_waiting, (folder / OUTPUT).read_text("utf-8")

    @property
    def variables(self) -> dict[str, str]:
        """The variables of a shell in which the environment is active."""
        return {"PATH": f"{self.programs}:{os.defpath}"}


@contextmanager
def environment(name: str, *modules: str) -> Iterator[Environment]:
    """Let a client be run until the block is left; some modules are imported once."""
    programs = ENVIRONMENTS / name / "bin"
    if not programs.exists():
        pytest.fail(f"{programs} is not there: run `make clients`.")
    with subprocess.Popen(  # noqa: S603 - our own script
        [str(programs / "python"), str(NURSERY), *modules],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"HOME": str(programs.parent), "PATH": os.defpath},
    ) as nursery:
        yield Environment(programs, nursery)

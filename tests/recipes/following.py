"""The commands of the pages that follow the feed, run as their products run them."""

import fcntl
import os
import shlex
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from tests.fakes.stores import TOKEN_KEY
from tests.recipes.pages import block, conf_block, yaml_block
from tests.recipes.served_world import Row, ServedWorld

FOLLOWING, SECOPS = "follow-from-the-command-line", "push-into-google-secops"
HAVE = "/var/lib/casb/"
SETTINGS = "/etc/casb.env"
PATIENCE_SECONDS = 75.0
BINARIES = Path(sys.executable).parent


def service(folder: Path) -> list[str]:
    """Return what systemd starts."""
    unit = conf_block(FOLLOWING, "ExecStart")["Service"]
    assert unit["EnvironmentFile"] == SETTINGS
    return shlex.split(unit["ExecStart"].replace(HAVE, f"{folder}/"))


def splunk(folder: Path) -> list[str]:
    """Return what Splunk starts: the script, in a file."""
    text = block("pull-into-splunk", "sh", "casb export")
    script = folder / "casb_changes.sh"
    text = text.replace(HAVE, f"{folder}/")
    script.write_text(text.replace(SETTINGS, str(folder / "casb.env")), "utf-8")
    script.chmod(0o700)
    return [str(script)]


def vector(folder: Path) -> list[str]:
    """Return what Vector starts for any receiver."""
    return _vector(FOLLOWING, folder)


def secops(folder: Path) -> list[str]:
    """Return what Vector starts for Google SecOps."""
    return _vector(SECOPS, folder)


def _vector(page: str, folder: Path) -> list[str]:
    source = yaml_block(page, "type: exec")["sources"]["casb"]
    assert source["mode"] == "streaming"
    assert source["streaming"]["respawn_on_exit"]
    return [part.replace(HAVE, f"{folder}/") for part in source["command"]]


@dataclass
class Follower:
    """A product that starts a command and takes what it writes.

    What comes out of one process after the other is one file; a line that cannot be
    read is skipped, as log shippers do, and kept in ``torn``.
    """

    world: ServedWorld
    folder: Path
    command: Callable[[Path], list[str]]
    taken: bytearray = field(default_factory=bytearray)
    torn: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.said = self.folder / "said.txt"
        self.environment = {
            "PATH": f"{BINARIES}:{os.defpath}",
            "HOME": str(self.folder),
            "CASB_DATABASE_URL": f"sqlite:///{self.world.path}",
            "CASB_TOKEN_KEYS": TOKEN_KEY,
            "CASB_PUBLIC_URL": self.world.url,
        }
        lines = [f"{name}='{value}'\n" for name, value in self.environment.items()]
        (self.folder / "casb.env").write_text("".join(lines), "utf-8")

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the command until the block is left, then kill it."""
        with self.said.open("wb") as said:
            process = subprocess.Popen(  # noqa: S603 - a command out of our own pages
                self.command(self.folder),
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=said,
            )
        assert process.stdout is not None
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE_SECONDS)
            self.taken += process.stdout.read()
            process.stdout.close()

    def killed_after(self, size: int) -> None:
        """Take so many bytes, and kill the process when nobody takes the next."""
        with self.running() as process:
            assert process.stdout is not None
            pipe = process.stdout.fileno()
            while len(self.taken) < size:
                self.taken += os.read(pipe, 10_000)
            waiting, before = _waiting_in(pipe), -1
            while waiting != before or not waiting:
                time.sleep(0.5)
                waiting, before = _waiting_in(pipe), waiting

    def until(self, count: int, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Take until so many different rows came; something happens meanwhile."""
        with self.running() as process:
            reader = threading.Thread(target=self._take, args=[process])
            reader.start()
            meanwhile()
            end = time.monotonic() + PATIENCE_SECONDS
            while self._different() < count and time.monotonic() < end:
                assert process.poll() is None, self.said.read_text("utf-8")
                time.sleep(0.1)
            process.send_signal(signal.SIGKILL)
            reader.join(PATIENCE_SECONDS)

    def rows(self) -> list[Row]:
        """Return what can be read."""
        rows, self.torn = [], []
        for line in bytes(self.taken).splitlines():
            try:
                rows += [orjson.loads(line)] if line else []
            except orjson.JSONDecodeError:
                self.torn.append(line)
        return rows

    def _different(self) -> int:
        return len(set(map(orjson.dumps, self.rows())))

    def _take(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        while some := os.read(process.stdout.fileno(), 65_536):
            self.taken += some


def _waiting_in(pipe: int) -> int:
    answer = fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))
    return int.from_bytes(answer, sys.byteorder)

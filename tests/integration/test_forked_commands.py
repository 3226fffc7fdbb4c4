"""What commands are forked from, and that they do as those that are installed."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.fakes.commands import Order, Start, as_installed, forked, running_command
from tests.fakes.stores import migrated_file

__all__ = ["migrated_file"]

PATIENCE = 60.0
STANDARD = {"0", "1", "2"}
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def order(folder: Path, *arguments: str, **settings: str) -> Order:
    environment = {"PATH": os.defpath, "CASB_SCAN_EVERY": "7h", **settings}
    return Order(arguments, folder, environment, folder / "out", folder / "err")


def ended(start: Start, folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run `casb` to its end; return its code and what it said."""
    folder.mkdir()
    with running_command(order(folder, *arguments), start) as command:
        code = command.wait(PATIENCE)
    return code, command.out, command.err


@pytest.mark.parametrize("arguments", [("settings", "--json"), ("no-such-verb",)])
def test_a_forked_command_does_what_an_installed_one_does(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    both = [
        ended(start, tmp_path / start.__name__, *arguments)
        for start in (forked, as_installed)
    ]

    told, installed = (
        (code, out.replace(name, ""), err.replace(name, ""))
        for (code, out, err), name in zip(both, ("forked", "as_installed"), strict=True)
    )
    assert told == installed
    assert told[1] or told[2]


@ON_LINUX
def test_what_is_forked_from_has_no_thread_and_no_file_open(
    tmp_path: Path, migrated_file: Path
) -> None:
    database = f"sqlite:///{migrated_file}"

    with running_command(order(tmp_path, "worker", CASB_DATABASE_URL=database)) as some:
        status = Path(f"/proc/{some.pid}/stat").read_text()
        parent = Path("/proc") / status.rpartition(")")[2].split()[1]
        threads = list((parent / "task").iterdir())
        files = [
            each for each in (parent / "fd").iterdir() if each.name not in STANDARD
        ]
        opened = {str(file.readlink()) for file in files}
        some.kill()

    assert len(threads) == 1
    assert {name for name in opened if name.startswith("/")} <= {os.devnull}
    assert some.poll() == -signal.SIGKILL

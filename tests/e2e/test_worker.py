"""`casb worker` works alone, ends when it is told to, and is replaced when killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from casb_sdk.cloud import RunningCloud
from connector.bootstrap.application import open_application
from connector.settings import load_settings
from connector.worker import run_worker
from tests.e2e.conftest import ACME
from tests.e2e.operator import Operator

CASB = Path(sys.executable).parent / "casb"
PATIENCE = 60.0

Process = subprocess.Popen[str]


@contextmanager
def worker(operator: Operator, *arguments: str) -> Iterator[Process]:
    """Run `casb worker` as a process of its own; it does not survive the block."""
    settings = {f"CASB_{name}": text for name, text in operator.settings.items()}
    process = subprocess.Popen(  # noqa: S603 - our own command
        [CASB, "worker", *arguments],
        cwd=operator.folder,
        env={"PATH": os.defpath, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def owner_of_the_work(operator: Operator) -> str:
    """Return the number of the process that owns the work."""
    environment = {f"CASB_{name}": text for name, text in operator.settings.items()}
    environment["CASB_DATABASE_URL"] = f"sqlite:///{operator.folder / 'casb.db'}"
    settings = load_settings(environment, operator.folder)
    with (
        open_application(settings) as application,
        application.begin(write=False) as stores,
    ):
        owners = [run.owner for run in stores.jobs.all() if run.name == "work"]
    return owners[0].split(":")[1] if owners and owners[0] else ""


def wait_until_it_owns_the_work(operator: Operator, process: Process) -> None:
    until = time.monotonic() + PATIENCE
    while owner_of_the_work(operator) != str(process.pid):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)


def test_once_does_what_is_due_and_ends(connected: Operator) -> None:
    first = connected.casb("worker", "--once")
    second = connected.casb("worker", "--once")

    assert first.code == second.code == 0
    assert "Nothing is due." in second.said


@pytest.mark.timeout(180)
def test_a_second_worker_says_who_works_and_ends(connected: Operator) -> None:
    with worker(connected) as first:
        wait_until_it_owns_the_work(connected, first)

        second = connected.casb("worker")

        first.send_signal(signal.SIGTERM)
        began = time.monotonic()
        _, said = first.communicate(timeout=PATIENCE)

    assert second.code == 0
    assert f"casb worker (process {first.pid} on" in second.said
    assert "does the work already" in second.said
    assert first.returncode == 0, said
    assert time.monotonic() - began < 15
    assert "Traceback" not in said
    assert owner_of_the_work(connected) == ""


@pytest.mark.timeout(180)
def test_the_work_of_a_killed_worker_is_anybodys(connected: Operator) -> None:
    with worker(connected) as killed:
        wait_until_it_owns_the_work(connected, killed)
        killed.kill()
        killed.wait()

    heir = connected.casb("worker", "--once")

    assert heir.code == 0
    assert "does the work already" not in heir.said


def test_the_worker_of_casb_serve_looks_after_the_sites(
    connected: Operator, cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(connected.folder)
    environment = {f"CASB_{name}": text for name, text in connected.settings.items()}
    connected.casb("sites", "pause", ACME)
    connected.casb("sites", "resume", ACME)
    stop, asked = threading.Event(), cloud.ledger.total_calls
    thread = threading.Thread(
        target=run_worker, args=[load_settings(environment, connected.folder), stop]
    )

    thread.start()
    until = time.monotonic() + PATIENCE
    while cloud.ledger.total_calls == asked:
        assert time.monotonic() < until
        time.sleep(0.1)
    stop.set()
    thread.join(PATIENCE)

    assert not thread.is_alive()

"""`casb worker` works alone, ends when it is told to, and is replaced when killed."""

import signal
import threading
import time

import pytest

from casb_sdk.cloud import RunningCloud
from connector.settings import load_settings
from connector.worker import run_worker
from tests.e2e.conftest import ACME
from tests.e2e.operator import Operator
from tests.e2e.working import (
    PATIENCE,
    owner_of_the_work,
    wait_until_it_owns_the_work,
    worker,
)
from tests.fakes.commands import as_installed


def test_once_does_what_is_due_and_ends(connected: Operator) -> None:
    first = connected.casb("worker", "--once")
    second = connected.casb("worker", "--once")

    assert first.code == second.code == 0
    assert "Nothing is due." in second.said


@pytest.mark.timeout(180)
def test_a_second_worker_says_who_works_and_ends(connected: Operator) -> None:
    with worker(connected, start=as_installed) as first:
        wait_until_it_owns_the_work(connected, first)

        second = connected.casb("worker")

        first.tell(signal.SIGTERM)
        began = time.monotonic()
        code = first.wait(PATIENCE)

    assert second.code == 0
    assert f"casb worker (process {first.pid} on" in second.said
    assert "does the work already" in second.said
    assert code == 0, first.err
    assert time.monotonic() - began < 15
    assert "Traceback" not in first.err
    assert owner_of_the_work(connected) == ""


@pytest.mark.timeout(180)
def test_the_work_of_a_killed_worker_is_anybodys(connected: Operator) -> None:
    with worker(connected) as killed:
        wait_until_it_owns_the_work(connected, killed)
        killed.kill()

    heir = connected.casb("worker", "--once")

    assert heir.code == 0
    assert "does the work already" not in heir.said


def test_the_worker_of_casb_serve_looks_after_the_sites(
    connected: Operator, cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(connected.folder)
    connected.casb("sites", "pause", ACME)
    connected.casb("sites", "resume", ACME)
    stop, asked = threading.Event(), cloud.ledger.total_calls
    thread = threading.Thread(
        target=run_worker,
        args=[load_settings(connected.environment, connected.folder), stop],
    )

    thread.start()
    until = time.monotonic() + PATIENCE
    while cloud.ledger.total_calls == asked:
        assert time.monotonic() < until
        time.sleep(0.1)
    stop.set()
    thread.join(PATIENCE)

    assert not thread.is_alive()

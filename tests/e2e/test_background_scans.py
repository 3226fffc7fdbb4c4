"""A worker scans by itself; `casb scan` leaves its scan to one that runs."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from casb_sdk.cloud import RunningCloud
from casb_sdk.cloud.generator import generate_site
from tests.e2e.operator import Ended, Operator
from tests.e2e.working import (
    PATIENCE,
    connected,
    slow_cloud,
    wait_until_it_owns_the_work,
    worker,
)

SITE = generate_site(7, 200, spaces=30, users=40, groups=12)
URL = SITE.directory.site.url


@pytest.fixture
def cloud() -> Iterator[RunningCloud]:
    with slow_cloud(SITE) as cloud:
        yield cloud


@pytest.fixture
def operator(cloud: RunningCloud, tmp_path: Path) -> Operator:
    """An operator whose site is connected and has never been scanned."""
    operator = Operator(tmp_path, CONCURRENCY="4", SCAN_EVERY="never")
    return connected(operator, cloud)


def last_scan(operator: Operator) -> dict[str, object]:
    shown = operator.casb("sites", "show", URL, "--json").json
    scan: dict[str, object] = shown["last_scan"] or {}
    return scan


def wait_until_called(cloud: RunningCloud, calls: int) -> None:
    until = time.monotonic() + PATIENCE
    while cloud.ledger.total_calls < calls:
        assert time.monotonic() < until
        time.sleep(0.01)


class Scan(threading.Thread):
    """`casb scan` at a terminal, while a test does other things."""

    def __init__(self, operator: Operator) -> None:
        super().__init__()
        self._operator = operator
        self._ended: Ended | None = None
        self.start()

    def run(self) -> None:
        self._ended = self._operator.casb("scan", URL, "--json")

    @property
    def ended(self) -> Ended:
        self.join(PATIENCE)
        assert self._ended is not None
        return self._ended


@pytest.mark.timeout(180)
def test_a_worker_scans_a_new_site_by_itself(operator: Operator) -> None:
    operator.settings["SCAN_EVERY"] = "24h"

    once = operator.casb("worker", "--once")
    again = operator.casb("worker", "--once")

    assert once.code == 0, once.err
    assert "schedule: 1 scan started" in once.out
    assert "scans: 1 scan done" in once.out
    assert last_scan(operator)["status"] == "done"
    assert operator.casb("findings", URL, "--json").json
    assert "scan" not in again.out


@pytest.mark.timeout(180)
def test_a_scan_is_left_to_the_worker_that_runs(
    operator: Operator, cloud: RunningCloud
) -> None:
    with worker(operator) as working:
        wait_until_it_owns_the_work(operator, working)

        ended = operator.casb("scan", URL, "--json")

    assert ended.code == 0, ended.err
    assert f"casb worker (process {working.pid} on" in ended.said
    assert ended.json["spaces"] == len(SITE.spaces)
    assert ended.json["calls"] == cloud.ledger.total_calls


@pytest.mark.timeout(240)
def test_a_scan_whose_worker_is_killed_is_gone_on_with_at_the_terminal(
    operator: Operator, cloud: RunningCloud
) -> None:
    with worker(operator) as working:
        wait_until_it_owns_the_work(operator, working)
        scan = Scan(operator)
        wait_until_called(cloud, 30)
        working.kill()
        ended = scan.ended

    assert ended.code == 0, ended.err
    assert "Nobody does the work any more: the scan goes on here." in ended.said
    assert json.loads(ended.out)["spaces"] == len(SITE.spaces)
    assert last_scan(operator)["status"] == "done"

"""Incremental scans that a worker does: by its schedule, and for `casb scan`."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from casb_sdk.cloud import RunningCloud
from casb_sdk.cloud.generator import generate_site
from tests.e2e.operator import Operator
from tests.e2e.working import (
    connected,
    slow_cloud,
    wait_until_it_owns_the_work,
    worker,
)

SITE = generate_site(7, 60, spaces=6, users=20, groups=6)
URL = SITE.directory.site.url


@pytest.fixture
def cloud() -> Iterator[RunningCloud]:
    with slow_cloud(SITE) as cloud:
        yield cloud


@pytest.fixture
def operator(cloud: RunningCloud, tmp_path: Path) -> Operator:
    """An operator whose site is connected and has never been scanned."""
    return connected(Operator(tmp_path, SCAN_EVERY="never"), cloud)


def last_report(operator: Operator) -> Any:
    return operator.casb("sites", "show", URL, "--json").json["last_complete_scan"]


def wait_until_a_second_old(scan: Any) -> None:
    """Let a scan come to the age at which the settings here ask for the next."""
    due = datetime.fromisoformat(scan["started_at"]) + timedelta(seconds=1)
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))


@pytest.mark.timeout(180)
def test_between_full_scans_the_worker_does_incremental_ones(
    operator: Operator,
) -> None:
    operator.settings |= {"SCAN_EVERY": "24h", "INCREMENTAL_EVERY": "1s"}
    full = operator.casb("scan", URL, "--json").json
    wait_until_a_second_old(full)

    once = operator.casb("worker", "--once")
    incremental = last_report(operator)

    assert "schedule: 1 scan started" in once.out
    assert (full["kind"], incremental["kind"]) == ("full", "incremental")
    assert incremental["renewal"]["kept"] == len(SITE.spaces)
    assert incremental["points"] < full["points"]
    assert incremental["coverage"]["restrictions_as_of"] == full["started_at"]


@pytest.mark.timeout(180)
def test_what_is_as_old_as_the_sweep_allows_is_read_again(operator: Operator) -> None:
    operator.settings |= {"INCREMENTAL_EVERY": "1s", "SWEEP_WITHIN": "1s"}
    wait_until_a_second_old(operator.casb("scan", URL, "--json").json)

    ended = operator.casb("scan", URL, "--incremental", "--json")

    assert ended.json["renewal"]["whole"] == {"sweep": len(SITE.spaces)}
    assert ended.json["coverage"]["restrictions_as_of"] == ended.json["started_at"]


@pytest.mark.timeout(180)
def test_an_incremental_scan_is_left_to_the_worker_that_runs(
    operator: Operator,
) -> None:
    operator.casb("scan", URL)
    with worker(operator) as working:
        wait_until_it_owns_the_work(operator, working)

        ended = operator.casb("scan", URL, "--incremental", "--json")

    assert ended.code == 0, ended.err
    assert f"casb worker (process {working.pid} on" in ended.said
    assert ended.json["kind"] == "incremental"
    assert ended.json["renewal"]["kept"] == len(SITE.spaces)

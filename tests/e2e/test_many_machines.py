"""Workers that share the units of scans over PostgreSQL and Procrastinate."""

import signal
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from casb_sdk.cloud import RunningCloud
from casb_sdk.cloud.generator import generate_site
from tests.contract.engine_room import wait_until
from tests.e2e.operator import Operator
from tests.e2e.serving import casb_serve
from tests.e2e.working import connected, slow_cloud, worker
from tests.fakes.postgresql import PostgreSQL, postgresql

__all__ = ["postgresql"]

SITE = generate_site(7, 200, spaces=40, users=40, groups=12)
URL = SITE.directory.site.url
LOOK_EVERY = 0.5
"""In seconds: a command costs as much of the machine as what it looks for."""


@pytest.fixture
def cloud() -> Iterator[RunningCloud]:
    with slow_cloud(SITE) as cloud:
        yield cloud


@pytest.fixture
def shared(
    cloud: RunningCloud,
    tmp_path: Path,
    postgresql: PostgreSQL,
) -> Operator:
    """An operator of many machines whose site is connected, never scanned."""
    url = postgresql.create(f"shared_{uuid.uuid4().hex}")
    operator = Operator(
        tmp_path, WORK="procrastinate", SCAN_EVERY="24h", DATABASE_URL=url
    )
    return connected(operator, cloud)


def found(operator: Operator) -> set[tuple[str, ...]]:
    """Return the findings, without what differs from one database to another."""
    rows: list[dict[str, Any]] = operator.casb("findings", URL, "--json").json
    return {(row["id"], row["severity"], row["title"]) for row in rows}


def last_scan(operator: Operator) -> dict[str, Any]:
    scan: dict[str, Any] = operator.casb("sites", "show", URL, "--json").json
    return scan["last_scan"] or {}


@pytest.mark.timeout(240)
def test_two_workers_scan_a_site_and_one_that_is_killed_is_not_missed(
    shared: Operator, cloud: RunningCloud, tmp_path: Path
) -> None:
    alone = Operator(tmp_path / "alone", SCAN_EVERY="never")
    alone.folder.mkdir()
    assert connected(alone, cloud).casb("scan", URL).code == 0
    cloud.ledger.reset()

    with ExitStack() as working:
        victim, heir = (working.enter_context(worker(shared)) for _ in range(2))
        wait_until(lambda: cloud.ledger.total_calls > 60)
        victim.kill()
        wait_until(lambda: last_scan(shared).get("status") == "done", LOOK_EVERY)
        scheduled = found(shared)

        asked = shared.casb("scan", URL, "--json")
        heir.tell(signal.SIGTERM)

        assert heir.wait(30) == 0

    assert scheduled
    assert scheduled == found(alone)
    assert asked.code == 0, asked.err
    assert "casb worker does the work" in asked.said
    assert asked.json["spaces"] == len(SITE.spaces)
    assert asked.json["parked"] == []
    assert found(shared) == scheduled


def work_says(operator: Operator) -> tuple[str, str]:
    """Return what `casb doctor` says about who does the work."""
    rows = operator.casb("doctor", "--json").json
    [row] = [row for row in rows if row["check"] == "work"]
    return row["health"], row["message"]


@pytest.mark.timeout(120)
def test_the_doctor_knows_whether_a_worker_is_alive(shared: Operator) -> None:
    before = work_says(shared)
    with worker(shared):
        wait_until(lambda: work_says(shared) != before, LOOK_EVERY)
        alive = work_says(shared)

    assert before == ("warning", "CASB_WORK=procrastinate, and no worker is alive.")
    assert alive[0] == "ok"


@pytest.mark.timeout(120)
def test_a_scan_whose_points_are_used_up_rests_and_keeps_no_worker_busy(
    shared: Operator,
) -> None:
    shared.settings["POINTS_PER_HOUR"] = "300"
    with worker(shared):
        wait_until(lambda: work_says(shared)[0] == "ok", LOOK_EVERY)

        ended = shared.casb("scan", URL)

    assert ended.code == 4
    assert "Atlassian's quota is used up until" in ended.said
    assert "It goes on by itself at" in ended.said


@pytest.mark.timeout(400)
def test_the_web_pages_leave_the_work_to_the_workers(shared: Operator) -> None:
    with casb_serve(shared) as served:
        health, message = work_says(shared)
        said = " ".join(served.said.split())

    assert "`casb worker` does the work, not this." in said
    assert (health, message) == (
        "warning",
        "CASB_WORK=procrastinate, and no worker is alive.",
    )


@pytest.mark.parametrize("command", [["scan", URL], ["worker"], ["serve"]])
def test_without_the_tables_of_the_jobs_nothing_begins(
    command: list[str], postgresql: PostgreSQL, cloud: RunningCloud, tmp_path: Path
) -> None:
    url = postgresql.create(f"local_{uuid.uuid4().hex}")
    operator = connected(Operator(tmp_path, DATABASE_URL=url), cloud)

    ended = operator.casb(*command, WORK="procrastinate")

    assert ended.code == 1
    assert "has no tables for CASB_WORK=procrastinate yet." in ended.said
    assert "Run `casb migrate`." in ended.said


def test_a_file_cannot_be_shared_by_many_machines(operator: Operator) -> None:
    ended = operator.casb("worker", WORK="procrastinate")

    assert ended.code == 2
    assert "needs a PostgreSQL database" in ended.said

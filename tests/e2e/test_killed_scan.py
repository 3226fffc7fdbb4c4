"""`casb scan` is killed again and again, and ends as if nothing had happened."""

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    Consent,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.cloud.generator import generate_site
from tests.e2e.operator import Operator, accept
from tests.fakes.commands import Command, Order, running_command

SITE = generate_site(5, 300, spaces=40, users=60, groups=20)
URL = SITE.directory.site.url
AT_ONCE = 4
SEED = 21
KILLS = 3
PATIENCE = 60.0
MOMENTS = {"started_at", "first_seen_at", "last_seen_at", "scan_id"}
AS_OF = "_as_of"

Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def cloud() -> Iterator[RunningCloud]:
    options = CloudOptions(consent=Consent.ACCEPT, latency=0.02)
    with SimulatedCloud([CloudSite(SITE)], options=options).running() as cloud:
        yield cloud


@pytest.fixture
def operator(cloud: RunningCloud, tmp_path: Path) -> Operator:
    """An operator whose site is connected and has never been scanned."""
    operator = Operator(tmp_path, CONCURRENCY=str(AT_ONCE)).migrated()
    operator.connected_to(cloud)
    setting = "internal_domains=acme.example"
    for arguments in (["install"], ["sites", "set", URL, setting]):
        ended = operator.casb(*arguments, browse=accept)
        assert ended.code == 0, ended.err
    return operator


@contextmanager
def scanning(operator: Operator, database: str, run: int) -> Iterator[Command]:
    """Run `casb scan` as a process of its own; it does not survive the block."""
    order = Order(
        ("scan", URL, "--json"),
        operator.folder,
        {"PATH": os.defpath, **operator.environment, "CASB_DATABASE_URL": database},
        operator.folder / f"scan-{run}.out",
        operator.folder / f"scan-{run}.err",
    )
    with running_command(order) as command:
        yield command


def kill_after(calls: int, process: Command, cloud: RunningCloud) -> None:
    """Kill a scan when the cloud has been called so often, in this run or before."""
    until = time.monotonic() + PATIENCE
    while cloud.ledger.total_calls < calls and process.poll() is None:
        assert time.monotonic() < until, "the scan has come to a halt"
        time.sleep(0.002)
    process.kill()
    assert process.poll() == -signal.SIGKILL, "it was quicker than the killer"


def finished(process: Command) -> Any:
    """Return the report of a scan that runs to its end."""
    assert process.wait(PATIENCE) == 0, process.err
    assert "Traceback" not in process.err
    return json.loads(process.out)


def findings(operator: Operator, database: str) -> dict[str, Row]:
    """Return the open findings by id, without when they were found."""
    rows = operator.casb("findings", "--json", DATABASE_URL=database).json
    found: dict[str, Row] = {
        row["id"]: {name: row[name] for name in row.keys() - MOMENTS} for row in rows
    }
    assert len(found) == len(rows)
    return found


def timeless(told: Any) -> Any:
    """Return a part of a report without the times from which it holds."""
    if not isinstance(told, dict):
        return told
    return {name: told[name] for name in told if not name.endswith(AS_OF)}


@pytest.mark.timeout(240)
def test_a_scan_killed_at_random_moments_ends_as_if_nothing_had_happened(
    operator: Operator, cloud: RunningCloud
) -> None:
    shutil.copy(operator.folder / "casb.db", operator.folder / "killed.db")
    whole, killed = (f"sqlite:///{name}.db" for name in ("casb", "killed"))
    cloud.ledger.reset()
    undisturbed = operator.casb("scan", URL, "--json", DATABASE_URL=whole).json
    one_scan = cloud.ledger.total_calls
    rng = random.Random(SEED)  # noqa: S311 - no secret
    moments = sorted(rng.randint(1, one_scan - AT_ONCE) for _ in range(KILLS))
    cloud.ledger.reset()

    for run, calls in enumerate(moments):
        with scanning(operator, killed, run) as process:
            kill_after(calls, process, cloud)
    with scanning(operator, killed, KILLS) as process:
        report = finished(process)

    assert findings(operator, killed) == findings(operator, whole)
    for name in ("spaces", "items", "coverage", "changes", "open_findings", "parked"):
        assert timeless(report[name]) == timeless(undisturbed[name]), name
    few = KILLS * (AT_ONCE + 1)
    assert cloud.ledger.total_calls <= 1.2 * one_scan + few

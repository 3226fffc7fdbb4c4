from datetime import UTC, datetime

import pytest

from connector.cli.progress import scan_progress
from connector.domain.points import QuotaWait
from connector.use_cases.scan_run import ScanProgress

WAIT = QuotaWait(datetime(2026, 11, 23, 14, tzinfo=UTC), 61_750, 65_000)


def progress(waiting: QuotaWait | None = None) -> ScanProgress:
    return ScanProgress("shard", 1, 4, 2, 8, 100, 40, 900, waiting)


def test_a_wait_for_the_quota_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with scan_progress() as report:
        for now in (progress(), progress(WAIT), progress(WAIT), progress()):
            report(now)

    assert capsys.readouterr().err.splitlines() == [
        "Reading spaces: 2 of 8 spaces, 40 calls, 900 points",
        "Waiting for Atlassian's quota until 14:00 UTC: "
        "61,750 of 65,000 points are spent",
        "Reading spaces: 2 of 8 spaces, 40 calls, 900 points",
    ]

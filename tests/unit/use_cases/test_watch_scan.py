"""What whoever watches a scan sees while others work on it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from casb_sdk import Site
from connector.domain.installation import Installation
from connector.domain.points import APP, Budget, Wish
from connector.domain.store_ports import Begin
from connector.use_cases.scan_run import ScanProgress
from connector.use_cases.watch_scan import WatchScan

NOW = datetime(2026, 11, 23, 12, 20, tzinfo=UTC)
HOUR = datetime(2026, 11, 23, 12, tzinfo=UTC)
NEXT_HOUR = HOUR + timedelta(hours=1)
ACME = Installation("i", Site("acme", "https://acme.atlassian.net"), "g")
POINTS = 10_000
FOR_SCANS = 9_500


def seen(begin: Begin, budget: Budget | None = None) -> ScanProgress:
    """Watch a scan until the end of the work and return the only thing seen."""
    watch = WatchScan(
        begin, lambda: NOW, lambda: False, lambda _: budget or Budget(POINTS)
    )
    told: list[ScanProgress] = []
    scan, _ = watch.start(ACME, frozenset())
    assert watch(scan.id, ACME, told.append) is None
    [progress] = told
    return progress


def take(begin: Begin, points: int, account: str = APP, hour: datetime = HOUR) -> None:
    with begin() as stores:
        assert stores.points.take(account, Wish(hour, points, points, POINTS))


def pause(account: str) -> Callable[[Begin], None]:
    def it(begin: Begin) -> None:
        with begin() as stores:
            stores.points.pause(account, NOW + timedelta(minutes=7))

    return it


def test_a_scan_that_has_points_does_not_wait(begin: Begin) -> None:
    take(begin, FOR_SCANS - 501)

    assert seen(begin).waiting is None


def test_a_scan_whose_hour_is_used_up_waits_for_the_next(begin: Begin) -> None:
    take(begin, FOR_SCANS - 500)

    wait = seen(begin).waiting

    assert wait is not None
    assert (wait.until, wait.taken, wait.points) == (NEXT_HOUR, 9_000, POINTS)


def test_an_hour_that_is_over_keeps_nobody_waiting(begin: Begin) -> None:
    take(begin, FOR_SCANS, hour=HOUR - timedelta(hours=1))

    assert seen(begin).waiting is None


def test_a_site_with_its_own_quota_waits_for_that(begin: Begin) -> None:
    take(begin, FOR_SCANS)
    own = Budget(100, "acme")
    assert seen(begin, own).waiting is None

    take(begin, 95, "acme")

    assert seen(begin, own).waiting is not None


@pytest.mark.parametrize("account", [APP, "acme"])
def test_a_pause_that_atlassian_asked_for_is_shown(begin: Begin, account: str) -> None:
    pause(account)(begin)

    wait = seen(begin).waiting

    assert wait is not None
    assert wait.until == NOW + timedelta(minutes=7)


def test_the_pause_of_another_site_is_not(begin: Begin) -> None:
    pause("other")(begin)

    assert seen(begin).waiting is None

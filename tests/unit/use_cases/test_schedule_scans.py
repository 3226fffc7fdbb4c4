"""Scans begin when they are due, and no other time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from casb_sdk import Directory, Site
from connector.domain.freshness import SiteAge
from connector.domain.installation import (
    Installation,
    InstallationState,
    SiteSettings,
)
from connector.domain.scan import Scan, ScanKind, ScanReport, ScanStatus, Urgency
from connector.domain.store_ports import Begin
from connector.use_cases.schedule_scans import ScheduleScans

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Calendar:
    """Sites, their scans and a clock."""

    def __init__(self, begin: Begin) -> None:
        self.begin = begin
        self.now = NOON
        self.schedule = ScheduleScans(begin, lambda: self.now, "24h")

    def site(
        self,
        site_id: str = "acme",
        state: InstallationState = InstallationState.ACTIVE,
        scan_every: str = "",
        incremental_every: str = "",
    ) -> None:
        site = Site(site_id, f"https://{site_id}.atlassian.net", site_id)
        settings = SiteSettings(
            scan_every=scan_every, incremental_every=incremental_every
        )
        with self.begin() as stores:
            stores.installations.save(
                Installation(site_id, site, "grant", state, settings=settings)
            )

    def latest(self, site_id: str = "acme") -> Scan:
        with self.begin(write=False) as stores:
            scan = stores.ledger.latest(site_id)
        assert scan is not None
        return scan

    def finish(self, site_id: str = "acme") -> None:
        with self.begin() as stores:
            done = replace(self.latest(site_id), status=ScanStatus.DONE)
            stores.ledger.finish(ScanReport(replace(done, finished_at=self.now)))

    def read_whole(self, site_id: str = "acme") -> None:
        """Let the running scan come to its end, with all of the site read."""
        directory, age = Directory(Site(site_id)), SiteAge(self.now, self.now)
        with self.begin() as stores:
            stores.snapshots.save_directory(site_id, "scan", directory, age)
        self.finish(site_id)


@pytest.fixture
def calendar(begin: Begin) -> Calendar:
    return Calendar(begin)


def test_a_new_site_is_scanned_at_once_and_whole(calendar: Calendar) -> None:
    calendar.site()

    assert calendar.schedule.is_wanted()
    assert calendar.schedule() == 1

    scan = calendar.latest()
    assert (scan.status, scan.urgency) == (ScanStatus.RUNNING, Urgency.SCHEDULED)
    assert scan.only_spaces == frozenset()


def test_the_next_scan_begins_a_day_after_the_last_one_began(
    calendar: Calendar,
) -> None:
    calendar.site()
    calendar.schedule()
    calendar.now += 3 * HOUR
    calendar.finish()

    calendar.now = NOON + DAY - timedelta(microseconds=1)
    early = calendar.schedule.is_wanted(), calendar.schedule()
    calendar.now = NOON + DAY

    assert early == (False, 0)
    assert (calendar.schedule.is_wanted(), calendar.schedule()) == (True, 1)


def test_a_scan_that_is_not_over_is_not_begun_again(calendar: Calendar) -> None:
    calendar.site()
    calendar.schedule()
    calendar.now += 9 * DAY

    assert not calendar.schedule.is_wanted()
    assert calendar.schedule() == 0


def test_a_cancelled_scan_is_made_up_for_when_the_next_one_is_due(
    calendar: Calendar,
) -> None:
    calendar.site()
    calendar.schedule()
    with calendar.begin() as stores:
        stores.ledger.cancel(calendar.latest().id, calendar.now)

    assert calendar.schedule() == 0
    calendar.now += DAY
    assert calendar.schedule() == 1


def test_a_site_may_have_a_schedule_of_its_own(calendar: Calendar) -> None:
    calendar.site("often", scan_every="1h")
    calendar.site("rarely", scan_every="7d")
    calendar.schedule()
    calendar.finish("often")
    calendar.finish("rarely")

    calendar.now += HOUR

    assert calendar.schedule() == 1
    assert calendar.latest("often").status is ScanStatus.RUNNING
    assert calendar.latest("rarely").status is ScanStatus.DONE


def test_never_means_that_only_people_start_scans(calendar: Calendar) -> None:
    calendar.site("acme", scan_every="never")

    assert calendar.schedule() == 0
    assert not calendar.schedule.is_wanted()


@pytest.mark.parametrize(
    "state", [state for state in InstallationState if not state.may_scan]
)
def test_a_site_that_may_not_be_scanned_is_left_alone(
    calendar: Calendar, state: InstallationState
) -> None:
    calendar.site(state=state)

    assert calendar.schedule() == 0


def test_two_schedulers_start_one_scan(calendar: Calendar, begin: Begin) -> None:
    calendar.site()
    other = ScheduleScans(begin, lambda: NOON, "24h")

    assert calendar.schedule() + other() == 1


def test_between_full_scans_there_are_incremental_ones(calendar: Calendar) -> None:
    calendar.site(incremental_every="6h")
    kinds = []
    for _ in range(9):
        calendar.schedule()
        kinds.append(calendar.latest().kind)
        calendar.read_whole()
        calendar.now += 6 * HOUR

    full, incremental = ScanKind.FULL, ScanKind.INCREMENTAL
    assert kinds == [full, *[incremental] * 3, full, *[incremental] * 3, full]


def test_a_full_scan_is_due_a_day_after_the_last_full_one_whatever_came_between(
    calendar: Calendar,
) -> None:
    calendar.site(incremental_every="23h")
    calendar.schedule()
    calendar.read_whole()
    calendar.now = NOON + 23 * HOUR
    calendar.schedule()
    calendar.read_whole()

    calendar.now = NOON + DAY

    assert calendar.schedule() == 1
    assert calendar.latest().kind is ScanKind.FULL


def test_an_incremental_scan_is_counted_from_the_last_scan_of_any_kind(
    calendar: Calendar,
) -> None:
    calendar.site(incremental_every="6h")
    calendar.schedule()
    calendar.read_whole()

    calendar.now = NOON + 6 * HOUR - timedelta(microseconds=1)
    early = calendar.schedule.is_wanted(), calendar.schedule()
    calendar.now = NOON + 6 * HOUR

    assert early == (False, 0)
    assert (calendar.schedule.is_wanted(), calendar.schedule()) == (True, 1)


def test_a_full_scan_that_falls_due_during_an_incremental_one_comes_after_it(
    calendar: Calendar,
) -> None:
    calendar.site(incremental_every="23h")
    calendar.schedule()
    calendar.read_whole()
    calendar.now = NOON + 23 * HOUR
    calendar.schedule()

    calendar.now = NOON + 25 * HOUR
    meanwhile = calendar.schedule()
    calendar.read_whole()

    assert meanwhile == 0
    assert calendar.schedule() == 1
    assert calendar.latest().kind is ScanKind.FULL


def test_without_an_interval_there_are_no_incremental_scans(
    calendar: Calendar,
) -> None:
    calendar.site()
    calendar.site("beta", incremental_every="never")
    calendar.schedule = replace(calendar.schedule, incremental_every="1h")
    calendar.schedule()
    for site_id in ("acme", "beta"):
        calendar.read_whole(site_id)

    calendar.now += 2 * HOUR

    assert calendar.schedule() == 1
    assert calendar.latest("acme").kind is ScanKind.INCREMENTAL
    assert calendar.latest("beta").status is ScanStatus.DONE


def test_a_site_that_was_never_read_whole_waits_for_its_next_full_scan(
    calendar: Calendar,
) -> None:
    calendar.site(incremental_every="1h")
    calendar.schedule()
    calendar.finish()

    calendar.now = NOON + 2 * HOUR
    early = calendar.schedule()
    calendar.now = NOON + DAY
    calendar.schedule()

    assert early == 0
    assert calendar.latest().kind is ScanKind.FULL


def test_a_site_never_scanned_by_itself_is_read_whole_before_it_is_incrementally(
    calendar: Calendar,
) -> None:
    calendar.site(scan_every="never", incremental_every="6h")
    kinds = []
    for _ in range(3):
        assert calendar.schedule() == 1
        kinds.append(calendar.latest().kind)
        calendar.read_whole()
        calendar.now += 6 * HOUR

    assert kinds == [ScanKind.FULL, ScanKind.INCREMENTAL, ScanKind.INCREMENTAL]


def test_a_scan_of_some_spaces_puts_nothing_off(begin: Begin) -> None:
    calendar = Calendar(begin)
    calendar.site()
    calendar.schedule()
    calendar.finish()
    calendar.now += DAY - HOUR
    with begin() as stores:
        stores.ledger.start("acme", ["DOCS"], calendar.now)
    calendar.finish()

    calendar.now += HOUR

    assert calendar.schedule() == 1
    assert not calendar.latest().only_spaces

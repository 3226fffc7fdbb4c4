"""Which scan is as good as another one, and how old what it judged by is."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.freshness import Renewal
from connector.domain.scan import Scan, ScanKind, ScanReport

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FULL, INCREMENTAL = ScanKind.FULL, ScanKind.INCREMENTAL
EVERY: frozenset[str] = frozenset()
DOCS = frozenset({"DOCS"})


def scan(kind: ScanKind = FULL, only: frozenset[str] = EVERY) -> Scan:
    return Scan("s", "acme", NOON, only, kind=kind)


@pytest.mark.parametrize(
    ("running", "only", "kind"),
    [
        (scan(), EVERY, FULL),
        (scan(), EVERY, INCREMENTAL),
        (scan(), DOCS, FULL),
        (scan(only=DOCS), DOCS, FULL),
        (scan(INCREMENTAL), EVERY, INCREMENTAL),
    ],
)
def test_a_scan_that_reads_as_much_answers_what_was_asked(
    running: Scan, only: frozenset[str], kind: ScanKind
) -> None:
    assert running.answers(only, kind)


@pytest.mark.parametrize(
    ("running", "only", "kind"),
    [
        (scan(only=DOCS), EVERY, FULL),
        (scan(only=DOCS), EVERY, INCREMENTAL),
        (scan(only=DOCS), frozenset({"HR"}), FULL),
        (scan(INCREMENTAL), EVERY, FULL),
        (scan(INCREMENTAL), DOCS, FULL),
    ],
)
def test_a_scan_that_reads_less_does_not(
    running: Scan, only: frozenset[str], kind: ScanKind
) -> None:
    assert not running.answers(only, kind)


def test_a_full_scan_judges_by_what_it_read_itself() -> None:
    report = ScanReport(scan())

    assert (report.restrictions_as_of, report.members_as_of) == (NOON, NOON)


def test_an_incremental_scan_judges_by_what_it_kept_too() -> None:
    day = timedelta(days=1)
    renewal = Renewal(restrictions_as_of=NOON - 3 * day, members_as_of=NOON - day)
    report = ScanReport(scan(INCREMENTAL), renewal=renewal)

    assert report.restrictions_as_of == NOON - 3 * day
    assert report.members_as_of == NOON - day

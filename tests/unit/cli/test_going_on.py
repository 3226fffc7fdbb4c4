"""What is said of a scan that runs while another is asked for."""

from datetime import UTC, datetime

from connector.cli.scan_running import EVERY_SPACE, going_on
from connector.domain.scan import Scan, ScanKind

MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)
FULL, INCREMENTAL = ScanKind.FULL, ScanKind.INCREMENTAL
DOCS = frozenset({"DOCS"})


def said(
    running: ScanKind, about: frozenset[str], asked: ScanKind, wanted: frozenset[str]
) -> str:
    scan = Scan("s", "acme", MORNING, about, kind=running)
    return going_on(scan, wanted, asked)


def test_the_same_scan_goes_on_where_it_stopped() -> None:
    assert said(FULL, EVERY_SPACE, FULL, EVERY_SPACE) == (
        "The scan of every space that began 2026-11-23 09:00 UTC is not finished: "
        "it goes on where it stopped."
    )
    assert said(INCREMENTAL, EVERY_SPACE, INCREMENTAL, EVERY_SPACE).startswith(
        "The incremental scan of every space that began 2026-11-23 09:00 UTC"
    )


def test_a_larger_scan_covers_a_smaller_one() -> None:
    assert "which covers DOCS" in said(FULL, EVERY_SPACE, FULL, DOCS)
    assert "goes on where" in said(FULL, EVERY_SPACE, INCREMENTAL, EVERY_SPACE)


def test_a_smaller_scan_goes_on_first_and_then_what_was_asked_is_done() -> None:
    first = "it goes on first, then {} is scanned."

    assert first.format("every space") in said(FULL, DOCS, FULL, EVERY_SPACE)
    assert first.format("every space") in said(
        INCREMENTAL, EVERY_SPACE, FULL, EVERY_SPACE
    )
    assert first.format("DOCS") in said(INCREMENTAL, EVERY_SPACE, FULL, DOCS)

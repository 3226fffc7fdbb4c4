"""The ledger keeps scans, what they read and what they spent."""

from dataclasses import replace

import pytest

from casb_sdk import Coverage, Gap, GapKind
from connector.domain.errors import NotFoundError, UnitInterruptedError
from connector.domain.forecast import Forecast, Range
from connector.domain.freshness import Renewal
from connector.domain.reading import Spending
from connector.domain.scan import (
    Reading,
    ScanKind,
    ScanReport,
    ScanStatus,
    Unit,
    UnitKind,
    UnitStatus,
)
from connector.domain.store_ports import Begin
from tests.contract.scanning import (
    IN_TIME,
    NOW,
    TOO_LATE,
    claim,
    finish,
    stage,
    staged,
    start_scan,
)

HOSTILE = "\0 \ud83d \ufdd0 ' \" \n \\ é 🙈"


def test_a_scan_starts_with_its_directory_unit(begin: Begin) -> None:
    with begin() as stores:
        scan, was_running = stores.ledger.start("acme", ["DOCS", "HR"], NOW)

    with begin(write=False) as stores:
        [unit] = stores.ledger.units(scan.id)
        assert stores.ledger.scan(scan.id) == scan
    assert not was_running
    assert scan.only_spaces == {"DOCS", "HR"}
    assert scan.started_at == NOW
    assert unit.kind is UnitKind.DIRECTORY


def test_a_site_has_one_running_scan(begin: Begin) -> None:
    with begin() as stores:
        first, _ = stores.ledger.start("acme", (), NOW)
        again, was_running = stores.ledger.start("acme", ["DOCS"], IN_TIME)
        other, _ = stores.ledger.start("umbrella", (), NOW)

    assert was_running
    assert again == first
    assert other.id != first.id


def test_a_scan_that_ended_makes_room_for_the_next(begin: Begin) -> None:
    first = start_scan(begin)
    with begin() as stores:
        stores.ledger.cancel(first, IN_TIME)
        second, was_running = stores.ledger.start("acme", (), NOW)

    with begin(write=False) as stores:
        assert stores.ledger.latest("acme") == second
        cancelled = stores.ledger.latest("acme", ScanStatus.CANCELLED)
        assert stores.ledger.latest("acme", ScanStatus.DONE) is None
        assert stores.ledger.latest("umbrella") is None
    assert not was_running
    assert cancelled
    assert cancelled.id == first
    assert cancelled.finished_at == IN_TIME


def test_a_site_has_one_running_scan_of_whatever_kind(begin: Begin) -> None:
    with begin() as stores:
        small, _ = stores.ledger.start("acme", (), NOW, kind=ScanKind.INCREMENTAL)
        full, was_running = stores.ledger.start("acme", (), IN_TIME)
        other, _ = stores.ledger.start("umbrella", (), NOW)
        again, _ = stores.ledger.start("umbrella", (), NOW, kind=ScanKind.INCREMENTAL)

    with begin(write=False) as stores:
        assert stores.ledger.scan(small.id).kind is ScanKind.INCREMENTAL
    assert was_running
    assert full == small
    assert again == other
    assert other.kind is ScanKind.FULL


def test_the_newest_scan_of_a_kind_is_found(begin: Begin) -> None:
    with begin() as stores:
        full, _ = stores.ledger.start("acme", (), NOW)
        stores.ledger.cancel(full.id, IN_TIME)
        small, _ = stores.ledger.start("acme", (), NOW, kind=ScanKind.INCREMENTAL)

    with begin(write=False) as stores:
        ledger = stores.ledger
        newest = ledger.latest("acme", kind=ScanKind.FULL)
        running = ledger.latest("acme", ScanStatus.RUNNING, ScanKind.INCREMENTAL)
        assert ledger.latest("acme") == running == small
        assert ledger.latest("acme", ScanStatus.RUNNING, ScanKind.FULL) is None
        assert ledger.latest("umbrella", kind=ScanKind.INCREMENTAL) is None
    assert newest
    assert newest.id == full.id


def test_a_scan_nobody_started_is_not_found(begin: Begin) -> None:
    with begin(write=False) as stores, pytest.raises(NotFoundError):
        stores.ledger.scan("nothing")


def test_units_keep_what_they_cover_and_the_order_they_came_in(begin: Begin) -> None:
    scan_id = start_scan(begin)
    shards = [
        Unit(scan_id, f"shard-{n}", UnitKind.SHARD, (str(n), HOSTILE), cursor=HOSTILE)
        for n in (2, 1)
    ]

    with begin() as stores:
        stores.ledger.add_units(scan_id, shards)

    with begin(write=False) as stores:
        _, *found = stores.ledger.units(scan_id)
    assert found == shards


def test_a_unit_added_again_stays_as_it_is(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [shard] = claim(begin, scan_id)
    finish(begin, shard)

    with begin() as stores:
        stores.ledger.add_units(scan_id, [Unit(scan_id, "shard", UnitKind.SHARD)])

    with begin(write=False) as stores:
        found = {unit.id: unit.status for unit in stores.ledger.units(scan_id)}
    assert found["shard"] is UnitStatus.DONE


def test_readings_come_back_oldest_first_by_kind_and_key(begin: Begin) -> None:
    scan_id = start_scan(begin)
    [unit] = claim(begin, scan_id)
    pages = [Reading("group", "g", b"%d" % n, part=str(n)) for n in range(40, 0, -1)]
    others = [Reading("group", HOSTILE, b"\0\xff"), Reading("grants", "g", b"")]

    with begin() as stores:
        stores.ledger.stage(unit, "me", [*pages, *others], "", TOO_LATE)

    with begin(write=False) as stores:
        assert list(stores.ledger.readings(scan_id, "group", "g")) == pages
        assert list(stores.ledger.readings(scan_id, "group")) == [*pages, others[0]]
        assert stores.ledger.reading_keys(scan_id, "group") == {"g", HOSTILE}
        assert list(stores.ledger.readings(scan_id, "group", "nobody")) == []


def test_a_thing_read_twice_is_kept_as_it_was_first(begin: Begin) -> None:
    scan_id = start_scan(begin)
    [unit] = claim(begin, scan_id)

    with begin() as stores:
        for payload in (b"first", b"second"):
            read = [Reading("group", "g", payload)]
            unit = stores.ledger.stage(unit, "me", read, "", TOO_LATE)

    with begin(write=False) as stores:
        [kept] = stores.ledger.readings(scan_id, "group")
    assert kept.payload == b"first"


def test_what_a_scan_spends_adds_up(begin: Begin) -> None:
    scan_id = start_scan(begin)
    one = Spending(3, 30, 1, {"search": 3}, {"search": 30})
    other = Spending(2, 4, 0, {"group": 2}, {"group": 4})

    with begin() as stores:
        stores.ledger.spend(scan_id, one)
        stores.ledger.spend(scan_id, other)

    with begin(write=False) as stores:
        assert stores.ledger.spent(scan_id) == one + other


def test_a_finished_scan_has_its_report_and_no_readings(begin: Begin) -> None:
    scan_id = start_scan(begin)
    [unit] = claim(begin, scan_id)
    stage(begin, unit, "page")
    with begin() as stores:
        stores.ledger.spend(scan_id, Spending(7, 70))
        assert stores.ledger.report(scan_id) is None
        running = stores.ledger.scan(scan_id)
    report = ScanReport(
        scan=replace(running, status=ScanStatus.DONE, finished_at=IN_TIME, error="x"),
        spaces=2,
        items=30,
        coverage=Coverage(
            (Gap(GapKind.GROUP, "g", "403"),), ("note",), {"status=odd": 2}
        ),
        spending=Spending(7, 70, 0, {"search": 7}, {"search": 70}),
        changes={"created": 3},
        open_findings={"high": 3},
        parked=("shard-1",),
        detector_failures=("boom",),
        notes=(HOSTILE,),
        forecast=Forecast(Range(1, 2, 3), Range(4, 5, 6)),
        renewal=Renewal({"new": 1}, 2, 3, 4, 5, audited=True, restrictions_as_of=NOW),
    )

    with begin() as stores:
        stores.ledger.finish(report)

    with begin(write=False) as stores:
        assert stores.ledger.report(scan_id) == report
        assert stores.ledger.scan(scan_id) == report.scan
        assert stores.ledger.spent(scan_id) == Spending(7, 70)
    assert staged(begin, scan_id) == []


def test_the_first_report_of_a_scan_counts(begin: Begin) -> None:
    scan_id = start_scan(begin)
    with begin() as stores:
        running = stores.ledger.scan(scan_id)
        done = replace(running, status=ScanStatus.DONE, finished_at=IN_TIME)
        stores.ledger.finish(ScanReport(done, items=1))

    with begin() as stores:
        stores.ledger.finish(ScanReport(replace(done, finished_at=TOO_LATE), items=2))

    with begin(write=False) as stores:
        report = stores.ledger.report(scan_id)
        assert stores.ledger.scan(scan_id) == done
    assert report
    assert report.items == 1


def test_a_report_does_not_bring_a_cancelled_scan_back(begin: Begin) -> None:
    scan_id = start_scan(begin)
    with begin() as stores:
        running = stores.ledger.scan(scan_id)
        was_running = stores.ledger.cancel(scan_id, IN_TIME)
        stores.ledger.finish(ScanReport(replace(running, status=ScanStatus.DONE)))

    with begin() as stores:
        cancelled = stores.ledger.scan(scan_id)
        was_running_still = stores.ledger.cancel(scan_id, TOO_LATE)
        assert stores.ledger.report(scan_id)
    assert was_running
    assert not was_running_still
    assert cancelled.status is ScanStatus.CANCELLED
    assert cancelled.finished_at == IN_TIME


def test_nothing_that_a_cancelled_scan_reads_counts(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [shard] = claim(begin, scan_id)
    shard = stage(begin, shard, "page-1")
    with begin() as stores:
        stores.ledger.cancel(scan_id, IN_TIME)

    with pytest.raises(UnitInterruptedError):
        stage(begin, shard, "page-2")
    with pytest.raises(UnitInterruptedError):
        finish(begin, shard)
    with pytest.raises(UnitInterruptedError), begin() as stores:
        stores.ledger.extend(shard, "me", TOO_LATE)

    assert staged(begin, scan_id) == []
    assert claim(begin, scan_id, now=TOO_LATE) == []

"""What a scan is expected to cost, by the last one of its kind."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from casb_sdk import Directory, Site, SpaceSnapshot
from casb_sdk.testing import SiteBuilder
from connector.domain.forecast import Forecast
from connector.domain.freshness import GroupAge, SiteAge
from connector.domain.reading import Spending
from connector.domain.scan import ScanKind, ScanReport, ScanStatus
from connector.domain.store_ports import Begin
from connector.use_cases.expect_cost import expected_cost

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FULL, INCREMENTAL = ScanKind.FULL, ScanKind.INCREMENTAL
GROUPS = {str(number): GroupAge(NOON) for number in range(7)}


@pytest.fixture
def spaces(begin: Begin) -> Sequence[SpaceSnapshot]:
    """Return the spaces of a site that was scanned, ten of a hundred pages each."""
    site = SiteBuilder()
    for number in range(10):
        site = site.space(f"S{number}")
        for page in range(100):
            site = site.page(f"{number}-{page}")
    spaces = site.snapshot().spaces
    with begin() as stores:
        for space in spaces:
            stores.snapshots.save_space("acme", "scan", space)
    return spaces


def read_whole(begin: Begin) -> None:
    age = SiteAge(NOON, NOON, groups=GROUPS)
    with begin() as stores:
        stores.snapshots.save_directory("acme", "scan", Directory(Site("acme")), age)


def scanned(begin: Begin, kind: ScanKind, calls: int) -> None:
    with begin() as stores:
        scan, _ = stores.ledger.start("acme", (), NOON, kind=kind)
        done = replace(scan, status=ScanStatus.DONE)
        stores.ledger.finish(ScanReport(done, spending=Spending(calls, calls * 100)))


def expected(begin: Begin, spaces: Sequence[SpaceSnapshot], kind: ScanKind) -> Forecast:
    ids = [space.space.id for space in spaces]
    with begin(write=False) as stores:
        return expected_cost(stores, "acme", ids, kind=kind)


def test_each_kind_is_expected_to_cost_what_the_last_of_it_did(
    begin: Begin, spaces: Sequence[SpaceSnapshot]
) -> None:
    read_whole(begin)
    for kind, calls in ((FULL, 900), (INCREMENTAL, 20), (FULL, 1_000)):
        scanned(begin, kind, calls)
    scanned(begin, INCREMENTAL, 30)

    full, incremental = (expected(begin, spaces, kind) for kind in (FULL, INCREMENTAL))

    assert (full.calls.likely, incremental.calls.likely) == (1_000, 30)
    assert (full.points.likely, incremental.points.likely) == (100_000, 3_000)
    assert {full.is_guess, incremental.is_guess} == {False}


def test_a_first_incremental_scan_costs_from_the_looking_to_a_full_one(
    begin: Begin, spaces: Sequence[SpaceSnapshot]
) -> None:
    read_whole(begin)
    scanned(begin, FULL, 1_000)

    full, first = (expected(begin, spaces, kind) for kind in (FULL, INCREMENTAL))

    assert first.is_guess
    # One list of spaces, one walk, one count, and the sizes of seven groups.
    assert first.calls.least == 3 + len(GROUPS)
    assert first.calls.least < first.calls.likely < first.calls.most
    assert first.calls.most == full.calls.most
    assert first.points.least < first.points.likely < first.points.most
    assert first.points.most == full.points.most


def test_an_incremental_scan_of_a_site_never_read_whole_is_a_full_one(
    begin: Begin, spaces: Sequence[SpaceSnapshot]
) -> None:
    scanned(begin, FULL, 1_000)

    assert expected(begin, spaces, INCREMENTAL) == expected(begin, spaces, FULL)

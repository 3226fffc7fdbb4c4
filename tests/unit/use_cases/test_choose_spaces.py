"""Spaces named by a person: a typo is told, whatever scan was interrupted before."""

from dataclasses import replace
from datetime import timedelta

import pytest

from casb_sdk import Coverage, Gap, GapKind, Level, SiteSnapshot
from connector.domain.errors import (
    AtlassianUnavailableError,
    NotFoundError,
    UsageError,
)
from connector.domain.points import Budget
from connector.domain.scan import Scan, ScanStatus
from connector.use_cases.estimate_scan import EstimateScan
from tests.fakes.reader import FakeReader, Trouble
from tests.unit.use_cases.scanning import AT_ONCE, World
from tests.unit.use_cases.sites import leaky

DOCS = frozenset({"DOCS"})
EVERY = frozenset[str]()


def reader(site: SiteSnapshot | None = None, **trouble: int) -> FakeReader:
    return FakeReader(site or leaky().snapshot(), Trouble(**trouble))  # type: ignore[arg-type]


async def interrupt(world: World, only: frozenset[str] = EVERY) -> Scan:
    """Leave a scan behind that knows the spaces and has not come to its end."""
    with pytest.raises(AtlassianUnavailableError):
        await world.scan_with(reader(from_call=3), only)
    scan = running(world)
    assert scan is not None
    return scan


def running(world: World) -> Scan | None:
    with world.begin(write=False) as stores:
        return stores.ledger.latest("acme", ScanStatus.RUNNING)


@pytest.mark.parametrize("before", [None, EVERY, DOCS], ids=["none", "site", "space"])
async def test_an_unknown_space_is_named_and_nothing_is_started_or_ended(
    world: World, before: frozenset[str] | None
) -> None:
    old = None if before is None else await interrupt(world, before)
    asked = reader()

    with pytest.raises(NotFoundError, match="has no space NOSUCH") as told:
        await world.scan_with(asked, DOCS | {"NOSUCH"}, later=AT_ONCE)

    assert told.value.exit_code == 2
    assert asked.calls == ["outline"]
    assert running(world) == old


async def test_an_interrupted_scan_that_lists_the_space_costs_no_look(
    world: World,
) -> None:
    old = await interrupt(world)
    asked = reader()
    told: list[Scan] = []

    report = await world.scan_with(asked, DOCS, later=AT_ONCE, resuming=told.append)

    assert told == [old]
    assert "outline" not in asked.calls
    assert (report.scan.id, report.spaces) == (old.id, 3)


async def test_an_interrupted_scan_of_another_space_is_told_and_ended_first(
    world: World,
) -> None:
    old = await interrupt(world, frozenset({"APPS"}))
    asked = reader()
    told: list[Scan] = []

    report = await world.scan_with(asked, DOCS, later=AT_ONCE, resuming=told.append)

    assert told == [old]
    assert report.scan.only_spaces == DOCS
    with world.begin(write=False) as stores:
        ended = stores.ledger.report(old.id)
    assert ended is not None
    assert ended.scan.status is ScanStatus.DONE


async def test_a_space_made_since_the_interruption_is_scanned_all_the_same(
    world: World,
) -> None:
    old = await interrupt(world)
    later = leaky().space("NEW").allows("gus", Level.EDIT).page("Fresh").snapshot()

    report = await world.scan_with(
        reader(later), frozenset({"NEW"}), later=timedelta(minutes=1)
    )

    assert report.scan.id != old.id
    assert (report.scan.only_spaces, report.spaces) == (frozenset({"NEW"}), 1)
    assert "NEW" in {each.finding.resource.space_key for each in world.open}


async def test_a_look_at_the_spaces_is_part_of_the_scan_and_not_repeated(
    world: World,
) -> None:
    asked = reader()

    report = await world.scan_with(asked, DOCS)

    assert asked.calls.count("outline") == 1
    assert report.spending.calls == len(asked.calls)


async def test_each_of_two_scans_in_a_row_pays_for_its_own_calls(world: World) -> None:
    first = await world.scan(leaky(), only=frozenset({"APPS"}))
    old = await interrupt(world, frozenset({"APPS"}))

    report = await world.scan_with(reader(), DOCS, later=AT_ONCE)

    with world.begin(write=False) as stores:
        paid = stores.ledger.spent(old.id).calls + report.spending.calls
    made = sum(len(each.calls) for each in world.readers[1:])
    assert first.spending.calls == len(world.readers[0].calls)
    assert paid == made


async def test_a_space_that_the_settings_leave_out_is_named(world: World) -> None:
    world.set(spaces_exclude=DOCS)

    with pytest.raises(UsageError, match="leave out DOCS"):
        await world.scan_with(reader(), DOCS)

    assert running(world) is None


async def test_a_listing_of_spaces_that_broke_calls_no_space_unknown(
    world: World,
) -> None:
    whole = leaky().snapshot()
    broken = Coverage((Gap(GapKind.SPACES, "", "503"),))
    directory = replace(whole.directory, coverage=broken)

    report = await world.scan_with(
        reader(replace(whole, directory=directory)), frozenset({"UNREAD"})
    )

    assert report.spaces == 0
    assert not report.coverage.is_complete


async def test_an_estimate_names_an_unknown_space_too(world: World) -> None:
    asked = reader()
    estimate = EstimateScan(world.begin, lambda _: asked, lambda _: Budget(), 10)

    with pytest.raises(NotFoundError, match="has no space NOSUCH"):
        await estimate(world.installation(asked), frozenset({"NOSUCH"}))

    assert asked.is_closed

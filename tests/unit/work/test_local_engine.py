"""The embedded worker: what becomes of units that fail or wait."""

import asyncio

import pytest

from connector.domain.errors import (
    AtlassianUnavailableError,
    CasbError,
    ConsentError,
    NotNowError,
    UnitInterruptedError,
)
from connector.domain.scan import UnitStatus
from connector.work.unit_work import RESTS
from tests.unit.work.office import Office

FAILURES = len(RESTS) + 1


async def test_every_unit_is_done_once_and_the_site_last(office: Office) -> None:
    await office.run()

    assert sorted(office.done) == ["directory", "shard-0", "shard-1", "shard-2", "site"]
    assert office.done[-1] == "site"
    assert set(office.claims.values()) == {1}


async def test_no_more_units_are_at_work_than_allowed(office: Office) -> None:
    await office.run(at_once=2)

    assert office.at_once_most <= 2


async def test_a_unit_that_fails_is_tried_again(office: Office) -> None:
    office.fails = {"shard-1": [ValueError("odd")] * (FAILURES - 1)}

    await office.run()

    assert office.claims["shard-1"] == FAILURES
    assert office.units["shard-1"].status is UnitStatus.DONE


async def test_a_unit_goes_on_from_its_cursor(office: Office) -> None:
    office.fails = {"shard-1": [ValueError("odd")]}

    await office.run()

    assert office.units["shard-1"].cursor == "++"


async def test_a_shard_that_keeps_failing_is_parked_and_the_scan_goes_on(
    office: Office,
) -> None:
    office.fails = {"shard-1": [ValueError("odd")] * 9}

    await office.run()

    parked = office.units["shard-1"]
    assert parked.status is UnitStatus.PARKED
    assert parked.error == "odd"
    assert "site" in office.done


async def test_an_error_without_words_is_told_by_its_name(office: Office) -> None:
    office.fails = {"shard-1": [ValueError()] * 9}

    await office.run()

    assert office.units["shard-1"].error == "ValueError"


@pytest.mark.parametrize("unit_id", ["directory", "site"])
async def test_a_scan_without_its_directory_or_its_end_stops_for_now(
    office: Office, unit_id: str
) -> None:
    office.fails = {unit_id: [ValueError("odd")] * FAILURES}
    with pytest.raises(ValueError, match="odd"):
        await office.run()

    await office.run()

    assert office.units[unit_id].status is UnitStatus.DONE


@pytest.mark.parametrize(
    "error", [ConsentError("No consent."), AtlassianUnavailableError("Away.")]
)
async def test_trouble_of_the_whole_scan_ends_it_and_frees_every_unit(
    office: Office, error: CasbError
) -> None:
    office.fails = {"shard-0": [error]}
    office.waits = {"shard-1": asyncio.Event(), "shard-2": asyncio.Event()}
    with pytest.raises(type(error)):
        await office.run()

    free = {unit.id for unit in office.claim_all()}

    assert {"shard-0", "shard-1", "shard-2"} <= free


async def test_outages_do_not_count_as_failures_of_a_unit(office: Office) -> None:
    office.fails = {"shard-1": [AtlassianUnavailableError("Away.")] * 5}
    for _ in range(5):
        with pytest.raises(AtlassianUnavailableError):
            await office.run()
    office.fails = {"shard-1": [ValueError("odd")]}

    await office.run()

    assert office.units["shard-1"].status is UnitStatus.DONE


async def test_a_unit_that_waits_is_given_back_and_taken_again(
    office: Office,
) -> None:
    office.fails = {"shard-1": [NotNowError("Not now.")] * 7}

    await office.run()

    assert office.units["shard-1"].status is UnitStatus.DONE


async def test_a_unit_that_was_taken_away_is_let_go(office: Office) -> None:
    office.fails = {"shard-1": [UnitInterruptedError("Gone.")]}

    await office.run()

    assert office.units["shard-1"].status is UnitStatus.DONE

"""A scan whose directory or last unit kills every worker ends, and resolves nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from casb_sdk import Gap, GapKind, ResourceType
from connector.domain.errors import AtlassianUnavailableError
from connector.domain.finding_state import Status
from connector.domain.scan import MOST_DEATHS, Scan, ScanReport, ScanStatus
from tests.fakes.reader import FakeReader
from tests.unit.use_cases.scanning import World, expected, said
from tests.unit.use_cases.sites import leaky

DEADLY = "unit_parked"
LEASE = timedelta(minutes=5)


def kill_workers(world: World, unit_id: str, times: int = MOST_DEATHS) -> Scan:
    """Let so many workers die of a unit; starts a scan where none runs."""
    with world.begin() as stores:
        scan, _ = stores.ledger.start("acme", (), world.now)
        for _ in range(times):
            [unit] = stores.ledger.claim(scan.id, "dead", world.now, LEASE, 1)
            assert unit.id == unit_id
            stores.ledger.disown(scan.id, lambda owner: owner == "dead")
    return scan


class AwayAtTheEnd(FakeReader):
    """A reader that fails when the last unit asks for the spaces that are gone."""

    async def _call(self, *words: str) -> None:
        await super()._call(*words)
        if words[0] == "space_fates":
            raise AtlassianUnavailableError("Atlassian is away.")


async def with_a_deadly_end(world: World) -> ScanReport:
    """Scan a site that lost a space up to its last unit, and let that be deadly."""
    snapshot = leaky().snapshot()
    reader = AwayAtTheEnd(replace(snapshot, spaces=snapshot.spaces[1:]))
    with pytest.raises(AtlassianUnavailableError):
        await world.scan_with(reader)
    kill_workers(world, "site")
    return await world.scan_with(reader, later=timedelta(0))


async def test_a_deadly_directory_ends_the_scan_and_is_named_as_a_gap(
    world: World,
) -> None:
    await world.scan(leaky())
    kill_workers(world, "directory")

    report = await world.scan(leaky())

    assert report.scan.status is ScanStatus.FAILED
    assert report.coverage.gaps == (Gap(GapKind.SPACES, "directory", DEADLY),)
    assert report.parked == ("directory",)
    assert f"{MOST_DEATHS} workers" in report.scan.error
    assert not world.reader.calls


async def test_what_depends_on_a_deadly_directory_is_unseen_and_not_resolved(
    world: World,
) -> None:
    await world.scan(leaky())
    kill_workers(world, "directory")

    await world.scan(leaky())

    assert said(world.open) == expected(leaky())
    assert world.stale_reasons == {DEADLY}


async def test_one_death_less_and_the_directory_is_read(world: World) -> None:
    kill_workers(world, "directory", MOST_DEATHS - 1)

    report = await world.scan(leaky())

    assert report.scan.status is ScanStatus.DONE
    assert said(world.open) == expected(leaky())


async def test_the_scan_after_one_that_was_given_up_is_a_new_one(world: World) -> None:
    await world.scan(leaky())
    kill_workers(world, "directory")
    await world.scan(leaky())

    report = await world.scan(leaky())

    assert report.scan.status is ScanStatus.DONE
    assert world.stale_reasons == {""}


async def test_a_deadly_last_unit_keeps_what_was_judged_before_it(world: World) -> None:
    await world.scan(leaky())

    report = await with_a_deadly_end(world)

    assert report.scan.status is ScanStatus.FAILED
    assert report.spaces == len(leaky().snapshot().spaces) - 1
    assert Gap(GapKind.ACCOUNT, "site", DEADLY) in report.coverage.gaps


async def test_a_deadly_last_unit_resolves_nothing(world: World) -> None:
    await world.scan(leaky())

    await with_a_deadly_end(world)

    assert {tracked.status for tracked in world.findings} == {Status.OPEN}


async def test_what_a_deadly_last_unit_was_to_ask_about_is_unseen(world: World) -> None:
    await world.scan(leaky())
    lost = leaky().snapshot().spaces[0].space.id

    await with_a_deadly_end(world)

    unseen = {tracked.id for tracked in world.open if tracked.stale}
    assert unseen == {
        t.id
        for t in world.open
        if t.space_id == lost or t.finding.resource.type == ResourceType.ACCOUNT
    }
    assert any(tracked.space_id == lost for tracked in world.open)

"""What is judged stays judged; what was taken away writes nothing more."""

from dataclasses import replace

import pytest

from casb_sdk import Level
from casb_sdk.testing import SiteBuilder
from connector.domain.errors import AtlassianUnavailableError, ConflictError
from connector.domain.finding_state import ChangeType, Status
from tests.fakes.reader import FakeReader, Trouble
from tests.unit.use_cases.scanning import AT_ONCE, World, expected, said
from tests.unit.use_cases.sites import leaky


def three_spaces() -> SiteBuilder:
    site = SiteBuilder().guest("gus")
    for key in "ABC":
        site.space(key).allows("gus", Level.EDIT).page(f"P{key}")
    return site


def canceller(world: World) -> None:
    with world.begin() as stores:
        scan = stores.ledger.latest("acme")
        assert scan is not None
        assert stores.ledger.cancel(scan.id, world.now)


@pytest.mark.parametrize("call", [1, 4, 8, 12])
async def test_a_cancelled_scan_leaves_everything_consistent(
    world: World, call: int
) -> None:
    trouble = Trouble(at_call={call: lambda: canceller(world)})

    with pytest.raises(ConflictError, match="cancelled"):
        await world.scan(leaky(), trouble)

    assert said(world.open) <= expected(leaky())
    await world.scan(leaky())
    assert said(world.open) == expected(leaky())


async def test_a_scan_cancelled_at_its_very_end_ends_nothing(world: World) -> None:
    await world.scan(leaky())
    snapshot = leaky().snapshot()
    smaller = replace(snapshot, spaces=snapshot.spaces[1:])

    class LastMoment(FakeReader):
        async def _call(self, *words: str) -> None:
            await super()._call(*words)
            if words[0] == "space_fates":
                canceller(world)

    with pytest.raises(ConflictError, match="cancelled"):
        await world.scan_with(LastMoment(smaller))

    assert {tracked.status for tracked in world.findings} == {Status.OPEN}


async def test_a_space_that_was_judged_is_not_judged_again(world: World) -> None:
    world.set(verify=True)
    first = FakeReader(three_spaces().snapshot())
    await world.scan_with(first)
    verdicts = [n for n, c in enumerate(first.calls, 1) if c.startswith("verdict")]
    half_way = verdicts[len(verdicts) // 2]
    with pytest.raises(AtlassianUnavailableError):
        await world.scan(three_spaces(), Trouble(from_call=half_way))
    judged = {c.finding.space_id for c in world.recorder.changes}
    assert judged

    report = await world.scan_with(FakeReader(three_spaces().snapshot()), later=AT_ONCE)

    again = {c.finding.space_id for c in world.recorder.changes}
    assert not judged & again - {""}
    assert report.spaces == 3
    assert report.changes == {ChangeType.REFRESHED: len(world.open)}

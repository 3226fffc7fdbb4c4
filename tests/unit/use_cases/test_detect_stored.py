"""Detecting on stored facts brings findings up to date without a call."""

from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from casb_sdk import Site, Space, SpaceSnapshot
from connector.domain.errors import NotFoundError
from connector.domain.finding_state import Resolution, Status
from connector.domain.installation import Installation
from connector.domain.policy import DetectorPolicy
from connector.domain.store_ports import Stores
from connector.use_cases.detect_stored import SPACES_AT_ONCE, DetectStored
from tests.fakes.reader import Trouble
from tests.unit.use_cases.scanning import World, expected, said, types
from tests.unit.use_cases.sites import leaky

RESTING = "unknown-space-edit"


def detect(world: World) -> dict[str, int]:
    """Run the detectors on what the last scan saw."""
    now = world.now
    use_case = DetectStored(world.recorder, world.runner, types(), lambda: now)
    installation = Installation("i", Site("acme"), "g", settings=world.settings)
    world.recorder.changes.clear()
    return dict(use_case(installation))


def let_rest(world: World, *detectors: str) -> None:
    with world.begin() as stores:
        stores.policies.save_policy("acme", DetectorPolicy(frozenset(detectors)))


def test_a_site_that_was_never_scanned_has_nothing_to_detect_on(world: World) -> None:
    with pytest.raises(NotFoundError, match="no stored snapshot"):
        detect(world)


async def test_the_facts_of_today_say_what_the_scan_said(world: World) -> None:
    await world.scan(leaky())

    changes = detect(world)

    assert changes == {"refreshed": len(world.open)}
    assert said(world.open) == expected(leaky())


async def test_empty_spaces_are_judged_some_at_a_time(world: World) -> None:
    await world.scan(leaky())
    with world.begin() as stores:
        for n in range(SPACES_AT_ONCE):
            empty = SpaceSnapshot(Space(f"e{n}", f"E{n}", "Empty"))
            stores.snapshots.save_space("acme", "scan", empty)
    begun: list[bool] = []

    def begin(*, write: bool = True) -> AbstractContextManager[Stores]:
        begun.append(write)
        return world.begin(write=write)

    detect(replace(world, begin=begin))

    for_the_terms, for_the_site = 1, 1
    assert begun.count(True) == for_the_terms + 2 + for_the_site


async def test_a_detector_that_rests_ends_its_problems(world: World) -> None:
    await world.scan(leaky())
    let_rest(world, RESTING)

    detect(world)

    assert {t.resolution for t in world.of(RESTING)} == {Resolution.DETECTOR_RETIRED}


async def test_a_detector_that_is_back_has_its_problems_back(world: World) -> None:
    await world.scan(leaky())
    let_rest(world, RESTING)
    detect(world)
    let_rest(world)

    detect(world)

    assert said(world.open) == expected(leaky())


async def test_what_the_scan_could_not_judge_its_facts_cannot_judge_either(
    world: World,
) -> None:
    await world.scan(leaky())
    shared = leaky().id_of("Shared")
    space = leaky().space_id_of("APPS")
    await world.scan(leaky(), Trouble(hidden={shared}, hidden_spaces={space}))
    stale = {t.id: t.stale for t in world.open if t.stale}

    detect(world)

    assert stale
    assert {t.id: t.stale for t in world.open if t.stale} == stale
    assert {t.status for t in world.findings} == {Status.OPEN}


async def test_a_detector_that_rests_ends_even_what_is_stale(world: World) -> None:
    await world.scan(leaky())
    space = leaky().space_id_of("DOCS")
    await world.scan(leaky(), Trouble(hidden_spaces={space}))
    let_rest(world, RESTING)

    detect(world)

    assert {t.status for t in world.of(RESTING)} == {Status.RESOLVED}

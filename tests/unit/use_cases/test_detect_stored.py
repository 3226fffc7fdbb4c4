"""Detecting on stored facts brings findings up to date without a call."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest

from casb_sdk import Site, Space, SpaceSnapshot
from connector.domain.errors import NotFoundError
from connector.domain.finding_state import Resolution, Status
from connector.domain.installation import Installation
from connector.domain.policy import DetectorPolicy
from connector.domain.reading import Verdict
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


def add_empty_spaces(world: World, count: int) -> None:
    with world.begin() as stores:
        for n in range(count):
            empty = SpaceSnapshot(Space(f"e{n}", f"E{n}", "Empty"))
            stores.snapshots.save_space("acme", "scan", empty)


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
    add_empty_spaces(world, SPACES_AT_ONCE)
    begun: list[bool] = []

    def begin(*, write: bool = True) -> AbstractContextManager[Stores]:
        begun.append(write)
        return world.begin(write=write)

    detect(replace(world, begin=begin))

    for_the_terms, for_the_site = 1, 1
    assert begun.count(True) == for_the_terms + 2 + for_the_site


async def test_nothing_is_read_while_findings_are_written(world: World) -> None:
    await world.scan(leaky())
    add_empty_spaces(world, SPACES_AT_ONCE)
    reading = 0
    read_when_written: list[int] = []

    @contextmanager
    def begin(*, write: bool = True) -> Iterator[Stores]:
        nonlocal reading
        if write:
            read_when_written.append(reading)
        with world.begin(write=write) as stores:
            reading += not write
            yield stores
            reading -= not write

    detect(replace(world, begin=begin))

    assert read_when_written == [0] * len(read_when_written)
    assert len(read_when_written) >= 3


async def test_a_space_that_goes_before_its_turn_is_not_judged(world: World) -> None:
    await world.scan(leaky())
    gone = leaky().space_id_of("DOCS")
    before = [it for it in world.open if it.space_id == gone]
    reads = 0

    @contextmanager
    def begin(*, write: bool = True) -> Iterator[Stores]:
        nonlocal reads
        reads += not write
        if reads == 2:
            with world.begin() as stores:
                stores.snapshots.forget_spaces("acme", [gone])
        with world.begin(write=write) as stores:
            yield stores

    detect(replace(world, begin=begin))

    assert before
    assert [it for it in world.open if it.space_id == gone] == before


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


async def test_what_confluence_refused_stays_refused(world: World) -> None:
    world.set(verify=True)
    dead = Trouble(verdicts={"ghost": Verdict.NO_CONFLUENCE, "bot": Verdict.DENIED})
    await world.scan(leaky(), dead)
    after_the_scan = said(world.open)

    changes = detect(world)

    assert changes == {"refreshed": len(world.open)}
    assert said(world.open) == after_the_scan != expected(leaky())


async def test_what_confluence_refused_is_no_news_about_the_coverage(
    world: World,
) -> None:
    world.set(verify=True)
    dead = Trouble(verdicts={"ghost": Verdict.NO_CONFLUENCE, "bot": Verdict.DENIED})
    report = await world.scan(leaky(), dead)

    detect(world)

    notes = {note for t in world.open for note in t.finding.coverage_notes}
    assert not any("ghost" in note for note in notes | set(report.coverage.notes))


async def test_what_confluence_allows_again_is_refused_no_more(world: World) -> None:
    world.set(verify=True)
    await world.scan(leaky(), Trouble(verdicts={"ghost": Verdict.NO_CONFLUENCE}))
    await world.scan(leaky())

    detect(world)

    assert said(world.open) == expected(leaky())

"""Trying a detector says what it would find, asks nobody and keeps nothing."""

import pytest

from casb_sdk import Site
from connector.domain.errors import NotFoundError
from connector.domain.finding_state import Status
from connector.domain.installation import Installation
from connector.domain.policy import DetectorPolicy
from connector.domain.reading import Verdict
from connector.use_cases.dry_run import DryRun, Trial
from tests.fakes.reader import Trouble
from tests.unit.use_cases.scanning import World, types
from tests.unit.use_cases.sites import leaky, mended

RESTING = "app-space-edit"


def tried(world: World, detector_id: str = RESTING) -> Trial:
    now = world.now
    use_case = DryRun(world.recorder, world.runner, types(), lambda: now)
    installation = Installation("i", Site("acme"), "g", settings=world.settings)
    return use_case(installation, detector_id)


def let_rest(world: World) -> None:
    with world.begin() as stores:
        stores.policies.save_policy("acme", DetectorPolicy(frozenset({RESTING})))


def test_a_site_that_was_never_scanned_has_nothing_to_try_on(world: World) -> None:
    with pytest.raises(NotFoundError, match="no stored snapshot"):
        tried(world)


async def test_what_a_resting_detector_would_find_is_new_and_not_kept(
    world: World,
) -> None:
    let_rest(world)
    await world.scan(leaky())
    before, calls = world.findings, len(world.reader.calls)

    trial = tried(world)

    assert [t.finding.resource.space_key for t in trial.new] == ["APPS"]
    assert (trial.known, trial.gone) == ([], [])
    assert world.findings == before
    assert world.of(RESTING) == []
    assert len(world.reader.calls) == calls


@pytest.mark.parametrize("detector_id", sorted(types()))
async def test_what_every_detector_found_is_known(
    world: World, detector_id: str
) -> None:
    await world.scan(leaky())

    trial = tried(world, detector_id)

    assert {t.id for t in trial.known} == {t.id for t in world.of(detector_id)}
    assert trial.known
    assert (trial.new, trial.gone) == ([], [])


async def test_what_is_resolved_stays_so_and_is_not_told(world: World) -> None:
    await world.scan(leaky())
    await world.scan(mended())

    assert tried(world) == Trial([], [], [])
    assert {t.status for t in world.of(RESTING)} == {Status.RESOLVED}


async def test_what_confluence_refused_is_not_found_again(world: World) -> None:
    world.set(verify=True)
    await world.scan(leaky(), Trouble(verdicts={"bot": Verdict.NO_CONFLUENCE}))

    assert tried(world, "app-content-edit").new == []

"""What verifying says of a finding a full scan says as well, whatever has changed."""

import random
from collections import Counter

import pytest

from casb_sdk import SiteSnapshot
from casb_sdk.cloud.generator import generate_site
from casb_sdk.model import RoleMode
from connector.domain.finding_state import Status, TrackedFinding
from connector.domain.verification import Outcome, Verification
from tests.e2e.test_scan_equals_the_model import with_the_absent
from tests.unit.use_cases.mutating import mutated
from tests.unit.use_cases.scanning import World
from tests.unit.use_cases.verifying import connect, verify

SEEDS = range(4)
LIVELY = 8
LIVED = 40
CHANGES = 15
WHOLE = frozenset({Outcome.UPDATED, Outcome.REOPENED})


def site_of(seed: int) -> SiteSnapshot:
    modes = [RoleMode.PRE_ROLES, RoleMode.TRANSITION]
    mode = modes[seed % len(modes)]
    site = generate_site(seed, 60, 4, users=30, groups=8, role_mode=mode)
    return with_the_absent(site)


def what(tracked: TrackedFinding) -> tuple[object, ...]:
    """Return how a finding stands, without what time adds to it."""
    is_open = tracked.status is not Status.RESOLVED
    return tracked.status, tracked.resolution, is_open and tracked.evidence_digest


async def verified_and_scanned(
    world: World, seed: int
) -> list[tuple[Verification, TrackedFinding]]:
    """Return what verifying each finding said, and what a scan says right after."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    before = mutated(site_of(seed), rng, LIVED)
    connect(world, before)
    await world.scan(before)
    after = mutated(before, rng, CHANGES)
    verified = [await verify(world, tracked, after) for tracked in world.open]
    await world.scan(after)
    scanned = {tracked.id: tracked for tracked in world.findings}
    return [(said, scanned[said.before.id]) for said in verified]


@pytest.mark.parametrize("seed", SEEDS)
async def test_verifying_says_what_a_scan_says(world: World, seed: int) -> None:
    for said, scanned in await verified_and_scanned(world, seed):
        name = f"{said.before.type.id} {said.before.finding.resource}"
        assert said.outcome is not Outcome.UNREAD, name
        if said.outcome is Outcome.CONFIRMED:
            assert scanned.status is Status.OPEN, name
        elif said.outcome.is_settled:
            assert what(said.after) == what(scanned), name


async def test_the_changes_bring_about_every_outcome(world: World) -> None:
    said = [each for each, _ in await verified_and_scanned(world, LIVELY)]
    outcomes = Counter(each.outcome for each in said)

    assert outcomes.keys() >= {
        Outcome.CONFIRMED,
        Outcome.UPDATED,
        Outcome.RESOLVED,
        Outcome.UNSETTLED,
    }

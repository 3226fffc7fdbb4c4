"""Over HTTP as well, verifying a finding says what a scan says right after."""

import random

import pytest

from casb_sdk.model import RoleMode
from connector.domain.finding_state import Status
from connector.domain.verification import Outcome
from tests.e2e.scanning import Connect
from tests.e2e.test_scan_equals_the_model import site_of
from tests.e2e.verifying import verify
from tests.unit.use_cases.mutating import mutated
from tests.unit.use_cases.test_verify_equals_a_scan import what

LIVED = 30
CHANGES = 12


@pytest.mark.parametrize(
    ("seed", "mode"),
    [(11, RoleMode.PRE_ROLES), (12, RoleMode.TRANSITION), (13, RoleMode.ROLES)],
)
def test_verifying_says_what_a_scan_says(
    seed: int, mode: RoleMode, connect: Connect
) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    before = mutated(site_of(seed, mode, items=80, spaces=5), rng, LIVED)
    site = connect(before)
    site.scan()
    site.becomes(mutated(before, rng, CHANGES))

    verified = [verify(site, tracked) for tracked in site.open]
    site.scan()

    scanned = {tracked.id: tracked for tracked in site.findings()}
    for said in verified:
        now = scanned[said.before.id]
        name = f"{said.before.type.id} {said.before.finding.resource}"
        assert said.outcome is not Outcome.UNREAD, name
        if said.outcome is Outcome.CONFIRMED:
            assert now.status is Status.OPEN, name
        elif said.outcome.is_settled:
            assert what(said.after) == what(now), name

"""A scan starts where the life of the site allows it, and says why where not."""

from dataclasses import replace

import pytest

from connector.domain.errors import CasbError
from connector.domain.installation import Installation, InstallationState
from tests.fakes.reader import FakeReader
from tests.unit.use_cases.scanning import World
from tests.unit.use_cases.sites import leaky

State = InstallationState
CONSENT, FAILED = 3, 1
NOT_NOW = {
    State.VERIFYING: (FAILED, "casb sites check"),
    State.REAUTH_REQUIRED: (CONSENT, "casb install --site"),
    State.ACCESS_LOST: (CONSENT, "casb install --site"),
    State.SUSPENDED: (FAILED, "casb sites resume"),
    State.UNINSTALLING: (FAILED, "casb install --site"),
    State.UNINSTALLED: (CONSENT, "casb install --site"),
    State.PURGED: (CONSENT, "casb install --site"),
}


def has_scans(world: World) -> bool:
    with world.begin(write=False) as stores:
        site_id = leaky().snapshot().directory.site.cloud_id
        return stores.ledger.latest(site_id) is not None


def test_every_state_that_may_not_scan_says_what_to_do() -> None:
    assert {state for state in State if not state.may_scan} == NOT_NOW.keys()


@pytest.mark.parametrize("state", NOT_NOW)
async def test_a_site_that_may_not_be_scanned_says_why(
    world: World, state: InstallationState
) -> None:
    site = leaky().snapshot()
    waiting = Installation("i", site.directory.site, "g", state=state)

    with pytest.raises(CasbError) as refusal:
        await world.scanner(FakeReader(site))(waiting)

    code, remedy = NOT_NOW[state]
    assert refusal.value.exit_code == code
    assert remedy in refusal.value.remedy
    assert not has_scans(world)


@pytest.mark.parametrize("state", NOT_NOW)
async def test_no_scan_starts_on_a_site_that_changed_meanwhile(
    world: World, state: InstallationState
) -> None:
    site = leaky().snapshot()
    read = Installation("i", site.directory.site, "g")
    with world.begin() as stores:
        stores.installations.save(replace(read, state=state))

    with pytest.raises(CasbError):
        await world.scanner(FakeReader(site))(read)

    assert not has_scans(world)

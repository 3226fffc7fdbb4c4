"""A site goes: its tokens at once, its findings then, its data in time."""

from contextlib import AbstractContextManager

import pytest

from connector.domain import life
from connector.domain.errors import ConflictError
from connector.domain.finding_state import ChangeType, Resolution, Status
from connector.domain.installation import Installation
from connector.domain.scan import ScanStatus
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.uninstall_site import UninstallSite
from tests.fakes.atlassian_sites import ACME, BETA, SCOPES
from tests.unit.use_cases import scanning
from tests.unit.use_cases.caring import DAY, State, World
from tests.unit.use_cases.sites import leaky

WELL = life.Checked(SCOPES, 1, account_id="mara")


@pytest.fixture
def caring(begin: Begin) -> World:
    return World(begin)


@pytest.fixture
async def scanned(caring: World) -> Installation:
    """An installation with findings, snapshots, names and a directory."""
    site = leaky()
    await scanning.World(caring.begin).scan(site)
    return caring.install(site.snapshot().directory.site, WELL)


def test_the_tokens_go_at_once(caring: World) -> None:
    installed = caring.install(ACME.site, WELL)

    leaving = caring.uninstall.request(installed, "ada")

    assert (leaving.state, leaving.grant_id) == (State.UNINSTALLING, "")
    assert not caring.has_tokens()


def test_the_tokens_stay_while_another_site_uses_them(caring: World) -> None:
    acme = caring.install(ACME.site, WELL)
    beta = caring.install(BETA.site, WELL)

    caring.uninstall(acme)
    had_tokens = caring.has_tokens()
    caring.uninstall(beta)

    assert had_tokens
    assert not caring.has_tokens()


async def test_every_open_finding_is_withdrawn(
    caring: World, scanned: Installation
) -> None:
    before = [tracked.id for tracked in caring.findings]
    recorder = scanning.Recorder(caring.begin)

    gone = UninstallSite(recorder, caring.clock)(scanned)

    assert gone.state is State.UNINSTALLED
    assert sorted(c.finding.id for c in recorder.changes) == sorted(before)
    assert {c.type for c in recorder.changes} == {ChangeType.WITHDRAWN}
    assert {t.status for t in caring.findings} == {Status.RESOLVED}
    assert {t.resolution for t in caring.findings} == {Resolution.SITE_REMOVED}
    assert caring.told(scanned)[-2:] == ["app.pre_uninstall", "app.uninstalled"]


class Mortal(scanning.Recorder):
    """Opens so many transactions to write in and is dead from then on."""

    def __init__(self, begin: Begin, writes: int) -> None:
        super().__init__(begin)
        self.writes = writes

    def __call__(self, *, write: bool = True) -> AbstractContextManager[Stores]:
        self.is_dead = self.writes <= 0
        self.writes -= write
        return super().__call__(write=write)


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
async def test_an_uninstallation_killed_at_any_moment_is_finished(
    caring: World, scanned: Installation, writes: int
) -> None:
    mortal, heir = Mortal(caring.begin, writes), scanning.Recorder(caring.begin)

    with pytest.raises(ConflictError, match="killed"):
        UninstallSite(mortal, caring.clock)(scanned)
    had_tokens = caring.has_tokens()
    UninstallSite(heir, caring.clock).finish(scanned.id)
    UninstallSite(heir, caring.clock).finish(scanned.id)

    told = [change.finding.id for change in (*mortal.changes, *heir.changes)]
    assert not had_tokens
    assert sorted(told) == sorted(tracked.id for tracked in caring.findings)
    assert caring.state(scanned) is State.UNINSTALLED


def test_the_running_scan_is_cancelled(caring: World) -> None:
    installed = caring.install(ACME.site, WELL)
    with caring.begin() as stores:
        scan, _ = stores.ledger.start("acme-id", (), caring.now)

    caring.uninstall.request(installed)

    with caring.begin(write=False) as stores:
        assert stores.ledger.scan(scan.id).status is ScanStatus.CANCELLED


def test_uninstalling_twice_ends_nothing_twice(caring: World) -> None:
    installed = caring.install(ACME.site, WELL)
    caring.uninstall(installed)

    again = caring.uninstall(installed)

    assert again.state is State.UNINSTALLED
    assert caring.told(installed).count("app.uninstalled") == 1


async def test_a_site_installed_again_has_its_findings_under_their_old_ids(
    caring: World, scanned: Installation
) -> None:
    before = {tracked.id for tracked in caring.findings}
    caring.uninstall(scanned)

    world = scanning.World(caring.begin, now=caring.now)
    await world.scan(leaky())

    assert {tracked.id for tracked in world.open} == before
    assert {tracked.reopened_count for tracked in world.open} == {1}


async def test_a_purge_leaves_a_tombstone_and_nothing_else(
    caring: World, scanned: Installation
) -> None:
    site_id = scanned.site.cloud_id
    caring.uninstall(scanned, "Ada Lovelace")

    tombstone = caring.uninstall.purge(scanned.id)

    assert tombstone.state is State.PURGED
    assert caring.findings == []
    with caring.begin(write=False) as stores:
        assert stores.snapshots.directory(site_id) is None
        assert stores.snapshots.item_counts(site_id) == {}
        assert stores.ledger.latest(site_id) is None
        assert stores.installations.of_site(site_id) == []
        details = [entry.notice.detail for entry in stores.log.entries(site_id)]
    assert set(map(len, details)) == {0}


async def test_a_purge_spares_the_data_of_the_site_installed_again(
    caring: World, scanned: Installation
) -> None:
    caring.uninstall(scanned)
    again = Installation("again", scanned.site, "grant-2", installed_at=caring.now)
    with caring.begin() as stores:
        stores.installations.save(again)

    caring.uninstall.purge(scanned.id)

    assert caring.state(scanned) is State.PURGED
    assert caring.findings
    with caring.begin(write=False) as stores:
        assert stores.snapshots.directory(scanned.site.cloud_id) is not None
        assert stores.installations.find(scanned.site.cloud_id) == again


async def test_a_purge_waits_for_the_later_of_two_that_ended(
    caring: World, scanned: Installation
) -> None:
    caring.uninstall(scanned)
    caring.later(10 * DAY)
    again = Installation("again", scanned.site, "grant-2", installed_at=caring.now)
    with caring.begin() as stores:
        stores.installations.save(again)
    caring.uninstall(again)

    caring.uninstall.purge(scanned.id)
    in_between = len(caring.findings)
    caring.uninstall.purge_site(scanned.site.cloud_id)

    assert in_between > 0
    assert caring.findings == []
    assert caring.state(again) is State.PURGED

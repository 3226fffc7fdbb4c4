"""Verifies findings of a site in memory, over the real stores and detectors."""

from casb_sdk import SiteSnapshot
from casb_sdk.testing import SiteBuilder
from connector.domain.finding_state import TrackedFinding
from connector.domain.verification import Verification
from connector.use_cases.verify_now import VerifyNow
from tests.fakes.reader import FakeReader, Trouble
from tests.unit.use_cases.scanning import World, types


def connect(world: World, site: SiteBuilder | SiteSnapshot) -> None:
    """Keep the installation of a site, as whoever installs it does."""
    reader = FakeReader(_snapshot(site))
    with world.begin() as stores:
        stores.installations.save(world.installation(reader))


async def verify(
    world: World,
    tracked: TrackedFinding,
    site: SiteBuilder | SiteSnapshot,
    trouble: Trouble | None = None,
) -> Verification:
    """Verify a finding on a site as it is now."""
    return await verify_with(world, tracked, FakeReader(_snapshot(site), trouble))


async def verify_with(
    world: World, tracked: TrackedFinding, reader: FakeReader
) -> Verification:
    """Verify a finding with what a reader reads."""
    world.recorder.changes.clear()
    world.readers.append(reader)
    now = world.now
    verifying = VerifyNow(
        begin=world.recorder,
        open_reader=lambda _: reader,
        detectors=world.detectors or world.runner,
        types=types(),
        now=lambda: now,
    )
    return await verifying(tracked.id)


def _snapshot(site: SiteBuilder | SiteSnapshot) -> SiteSnapshot:
    return site if isinstance(site, SiteSnapshot) else site.snapshot()

"""Scans without anybody at a terminal: when they start, and who works on them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from connector.bootstrap.application import Application
from connector.bootstrap.scanning import look_after_refusal, open_scanner
from connector.domain.errors import CasbError, NotFoundError
from connector.domain.installation import Installation
from connector.domain.scan import Scan, Unit
from connector.use_cases.schedule_scans import ScheduleScans
from connector.work.crew import Crew
from connector.work.local import LocalEngine
from connector.work.owners import owner_name
from connector.work.unit_post import LEASE, OpenRun


def in_words(scans: int) -> str:
    """Return a number of scans."""
    return "1 scan" if scans == 1 else f"{scans} scans"


def schedule_scans(application: Application) -> ScheduleScans:
    """Return what starts the scans that are due."""
    settings = application.settings
    return ScheduleScans(
        application.begin,
        application.now,
        settings.scan_every,
        settings.incremental_every,
    )


@dataclass(frozen=True, slots=True)
class BackgroundScans:
    """The open scans of a deployment, as a job of its worker.

    ``owner`` is known again by a scan that was interrupted in this very process.
    """

    application: Application
    owner: str = field(default_factory=owner_name)

    def are_wanted(self) -> bool:
        """Return whether a scan waits for somebody to work on it."""
        return self._crew().is_wanted()

    def work(self, keep_going: Callable[[], bool]) -> str:
        """Work on scans until none is open."""
        ended = asyncio.run(self._crew().work(keep_going))
        return "" if not ended else f"{in_words(ended)} done"

    def _crew(self) -> Crew:
        return Crew(self.application.begin, self.application.now, self._go_on)

    async def open(self, scan: Scan) -> OpenRun:
        """Open a scan for units that are handed out one by one.

        Units of a site whose points are used up must not keep those of others waiting:
        the scan rests instead.
        """
        site = await self._site_of(scan)
        opened = await asyncio.to_thread(
            open_scanner, self.application, waits_for_quota=False
        )
        scanner = replace(opened, lease=LEASE)
        async with self._looking_after(site):
            run = await scanner.open(scan, site)

        async def do_unit(unit: Unit, owner: str) -> None:
            async with self._looking_after(site):
                await run.do_unit(unit, owner)

        return OpenRun(do_unit, lambda: scanner.close(run, site))

    async def _go_on(self, scan: Scan, room: Callable[[], int]) -> object:
        site = await self._site_of(scan)
        scanner = await asyncio.to_thread(open_scanner, self.application)
        begin, now = self.application.begin, self.application.now
        engine = LocalEngine(begin, now, room=room, owner=self.owner)
        async with self._looking_after(site):
            return await replace(scanner, engine=engine).go_on(scan, site)

    @asynccontextmanager
    async def _looking_after(self, site: Installation) -> AsyncIterator[None]:
        """Look after a site whose scan is refused."""
        try:
            yield
        except CasbError as error:
            await asyncio.to_thread(look_after_refusal, self.application, site, error)
            raise

    async def _site_of(self, scan: Scan) -> Installation:
        return await asyncio.to_thread(self._installation_of, scan)

    def _installation_of(self, scan: Scan) -> Installation:
        with self.application.begin(write=False) as stores:
            installation = stores.installations.find(scan.site_id)
        if installation is None:
            raise NotFoundError(f"The site {scan.site_id} is not installed any more.")
        return installation

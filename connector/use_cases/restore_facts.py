"""Takes in what another run, or another process, has read of a scan already."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.domain.errors import ConflictError, NotNowError
from connector.domain.renewing import RenewalPlan
from connector.domain.scan import Reading, UnitKind, UnitStatus
from connector.domain.store_ports import Begin
from connector.use_cases.kept_site import KeptSite
from connector.use_cases.readings import ReadingKind, length_of, value_of
from connector.use_cases.scan_facts import ScanFacts

KINDS = (
    ReadingKind.OUTLINE,
    ReadingKind.GRANTS,
    ReadingKind.GROUP,
    ReadingKind.MEMBERS,
    ReadingKind.ACCOUNTS,
    ReadingKind.ANONYMOUS,
    ReadingKind.PLAN,
)


@dataclass(frozen=True, slots=True)
class KeptFacts:
    """What the ledger holds of people and grants, and how many items were listed."""

    readings: Mapping[ReadingKind, Sequence[Reading]]
    items: int
    is_directory_whole: bool


@dataclass(frozen=True, slots=True)
class RestoreFacts:
    """Brings what this process knows of a scan up to what the ledger holds."""

    begin: Begin
    scan_id: str
    site_id: str
    look_again: float = 1.0
    patience: int = 60

    async def __call__(self, facts: ScanFacts) -> None:
        """Take in everything; a directory that was read whole is ready."""
        kept = await asyncio.to_thread(self._kept)
        facts.restore(lambda kind: kept.readings[kind])
        for read in kept.readings[ReadingKind.PLAN]:
            await self.adopt(value_of(read, RenewalPlan), facts)
        facts.items = kept.items
        if kept.is_directory_whole:
            facts.ready.set()

    async def adopt(self, plan: RenewalPlan, facts: ScanFacts) -> None:
        """Take in what the last scan knew, as far as a plan keeps it; once is enough.

        Raises ConflictError where that is gone.
        """
        if facts.kept is not None:
            return
        if not plan.kept:
            facts.plan = plan
            return
        kept = await asyncio.to_thread(KeptSite.read, self.begin, self.site_id)
        if kept is None or not plan.kept <= kept.spaces.keys():
            raise ConflictError(
                "What the last scan kept of the site is gone.",
                "Run `casb scan` to start another one.",
            )
        facts.adopt(kept, plan)

    def keys(self, kind: ReadingKind) -> frozenset[str]:
        """Return the keys of what the scan has read of a kind."""
        with self.begin(write=False) as stores:
            return stores.ledger.reading_keys(self.scan_id, kind)

    async def until_ready(self, facts: ScanFacts) -> None:
        """Wait for the directory, whoever reads it.

        Raises NotNowError after a while: a unit that only waits must not keep the
        place of the directory unit, which may have to be done anew.
        """
        for _ in range(self.patience):
            if await _is_set(facts.ready, self.look_again):
                return
            if await asyncio.to_thread(self._is_directory_done):
                await self(facts)
                return
        raise NotNowError("The directory of the site has not been read yet.")

    def _kept(self) -> KeptFacts:
        # Asked before the readings: what is read of it later on is missed otherwise.
        is_whole = self._is_directory_done()
        with self.begin(write=False) as stores:
            readings = {
                kind: tuple(stores.ledger.readings(self.scan_id, kind))
                for kind in KINDS
            }
            pages = stores.ledger.readings(self.scan_id, ReadingKind.ITEMS)
            return KeptFacts(readings, sum(map(length_of, pages)), is_whole)

    def _is_directory_done(self) -> bool:
        with self.begin(write=False) as stores:
            units = stores.ledger.units(self.scan_id)
        return any(
            unit.kind is UnitKind.DIRECTORY and unit.status is UnitStatus.DONE
            for unit in units
        )


async def _is_set(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True

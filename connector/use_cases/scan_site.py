"""Scans a site to the end; a killed scan goes on where it stopped."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector.domain.errors import ConflictError
from connector.domain.finding_state import FindingType
from connector.domain.installation import Installation
from connector.domain.ports import Detectors, SiteReader, WorkEngine
from connector.domain.readiness import require_scannable
from connector.domain.reading import SiteOutline
from connector.domain.renewing import SWEEP_WITHIN
from connector.domain.scan import Scan, ScanKind, ScanReport, ScanStatus
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.choose_spaces import ChooseSpaces
from connector.use_cases.finish_scan import FinishScan
from connector.use_cases.judge_space import JudgeSpace
from connector.use_cases.lease import LEASE
from connector.use_cases.purse import NOTHING, Purse
from connector.use_cases.read_directory import ReadDirectory
from connector.use_cases.renew_site import RenewSite, viewer_of
from connector.use_cases.restore_facts import RestoreFacts
from connector.use_cases.scan_facts import ScanFacts
from connector.use_cases.scan_run import ScanProgress, ScanRun
from connector.use_cases.scan_shard import ScanShard
from connector.use_cases.terms import Terms

logger = logging.getLogger(__name__)

Report = Callable[[ScanProgress], None]
Resuming = Callable[[Scan], None]


@dataclass(frozen=True, slots=True)
class ScanSite:
    """Runs a scan through a work engine and returns its report.

    ``open_reader`` opens the connection to a site, ``shipped_apps`` maps the
    account ids of Atlassian's own apps to their names. A unit that waits for
    another process looks at the ledger every ``look_again`` seconds. A step of a unit
    keeps it for another ``lease``. Incremental scans leave nothing unread for much
    longer than ``sweep_within``.
    """

    begin: Begin
    open_reader: Callable[[Installation], SiteReader]
    detectors: Detectors
    types: Mapping[str, FindingType]
    engine: WorkEngine
    now: Callable[[], datetime]
    shipped_apps: Mapping[str, str] = field(default_factory=dict)
    tell_every: float = 0.2
    look_again: float = 1.0
    lease: timedelta = LEASE
    sweep_within: timedelta = SWEEP_WITHIN

    async def __call__(
        self,
        installation: Installation,
        only_spaces: frozenset[str] = frozenset(),
        progress: Report | None = None,
        resuming: Resuming | None = None,
        kind: ScanKind = ScanKind.FULL,
    ) -> ScanReport:
        """Scan a site, or go on with its scan that was interrupted.

        ``resuming`` is told of an interrupted scan, which is brought to its end
        even if it is about other spaces. Raises NotFoundError and UsageError for
        spaces that cannot be scanned, ConsentError, AtlassianError, ConflictError
        and SchemaError; what was read until then is kept and the next call goes on
        from there.
        """
        require_scannable(installation)
        reader = self.open_reader(installation)
        try:
            outline = await ChooseSpaces(self.begin, installation)(only_spaces, reader)
            while True:
                scan, is_old = await asyncio.to_thread(
                    self._start, installation, only_spaces, kind
                )
                if is_old and resuming:
                    resuming(scan)
                run = await self._run_of(scan, installation, reader, outline)
                report = await self._scan(scan, run, installation, progress)
                if run.covers(only_spaces) and scan.answers(only_spaces, kind):
                    return report
                outline = None
        finally:
            await reader.aclose()

    async def go_on(self, scan: Scan, installation: Installation) -> ScanReport:
        """Work on a scan that was started, until it is over.

        Raises like the scan itself.
        """
        run = await self.open(scan, installation)
        try:
            await self._work(scan, run, None)
        finally:
            await self.close(run, installation)
        return await asyncio.to_thread(self._report, scan)

    async def open(self, scan: Scan, installation: Installation) -> ScanRun:
        """Return a run of a scan for units that are handed out one by one."""
        require_scannable(installation)
        await asyncio.to_thread(self._prepare, installation)
        reader = self.open_reader(installation)
        try:
            run = await self._run_of(scan, installation, reader, None)
            await run.resume()
        except BaseException:
            await reader.aclose()
            raise
        return run

    async def close(self, run: ScanRun, installation: Installation) -> None:
        """Close a run: tell what it spent and keep what its reader found out."""
        reader = run.facts.reader
        try:
            await run.settle()
            await asyncio.to_thread(self._remember, installation, reader.learnt)
        finally:
            await reader.aclose()

    def _start(
        self,
        installation: Installation,
        only_spaces: frozenset[str],
        kind: ScanKind,
    ) -> tuple[Scan, bool]:
        site_id = installation.site.cloud_id
        with self.begin() as stores:
            self._ready(stores, installation)
            return stores.ledger.start(site_id, only_spaces, self.now(), kind=kind)

    def _prepare(self, installation: Installation) -> None:
        with self.begin() as stores:
            self._ready(stores, installation)

    def _ready(self, stores: Stores, installation: Installation) -> None:
        # Somebody may have paused or uninstalled it since it was read.
        current = stores.installations.get(installation.id)
        require_scannable(current or installation)
        stores.findings.save_types(self.types.values())

    async def _scan(
        self,
        scan: Scan,
        run: ScanRun,
        installation: Installation,
        progress: Report | None,
    ) -> ScanReport:
        await run.resume()
        await self._work(scan, run, progress)
        learnt = run.facts.reader.learnt
        await asyncio.to_thread(self._remember, installation, learnt)
        return await asyncio.to_thread(self._report, scan)

    def _remember(self, installation: Installation, learnt: str) -> None:
        """Keep what the reader found out, beside whatever else changed meanwhile."""
        with self.begin() as stores:
            live = stores.installations.find(installation.site.cloud_id)
            current = live and stores.installations.get(live.id)
            if current is not None and current.learnt != learnt:
                stores.installations.save(
                    replace(current, learnt=learnt, learnt_at=self.now())
                )

    def _terms(self, scan: Scan, installation: Installation) -> Terms:
        settings = installation.settings
        with self.begin(write=False) as stores:
            policy = stores.policies.policy(scan.site_id)
            last = stores.ledger.latest(scan.site_id, ScanStatus.DONE)
            before = stores.ledger.report(last.id) if last else None
        return Terms(
            site_id=scan.site_id,
            scan_id=scan.id,
            audience=settings.audience_policy(dict(self.shipped_apps)),
            policy=policy,
            types=self.types,
            now=self.now,
            verify=settings.verify,
            audience_before=before.audience_policy if before else None,
            viewer=viewer_of(installation),
        )

    async def _run_of(
        self,
        scan: Scan,
        installation: Installation,
        reader: SiteReader,
        outline: SiteOutline | None,
    ) -> ScanRun:
        """Return a run of a scan; what was spent on the outline is its own."""
        terms = await asyncio.to_thread(self._terms, scan, installation)
        settings, begin = installation.settings, self.begin
        restore = RestoreFacts(begin, scan.id, scan.site_id, self.look_again)
        renew = None
        if scan.kind is ScanKind.INCREMENTAL:
            renew = RenewSite(begin, terms, scan.started_at, self.sweep_within)
        judge = JudgeSpace(begin, self.detectors, terms)
        return ScanRun(
            begin=begin,
            facts=ScanFacts(reader, terms.audience),
            terms=terms,
            restore=restore,
            directory=ReadDirectory(
                settings, scan.only_spaces, restore, outline, renew
            ),
            shard=ScanShard(begin, judge, restore),
            finish=FinishScan(begin, self.detectors, terms, settings.covers),
            lease=self.lease,
            purse=Purse(begin, scan.id, NOTHING if outline else reader.spending),
        )

    async def _work(self, scan: Scan, run: ScanRun, progress: Report | None) -> None:
        over = asyncio.Event()
        teller = asyncio.ensure_future(self._tell(run, progress, over))
        try:
            await self.engine.run(scan.id, run.do_unit)
        finally:
            over.set()
            [trouble] = await asyncio.gather(teller, return_exceptions=True)
            if isinstance(trouble, Exception):
                logger.warning("progress was not told any more", exc_info=trouble)
            await run.settle()

    async def _tell(
        self, run: ScanRun, progress: Report | None, over: asyncio.Event
    ) -> None:
        """Report progress, if anybody listens, and once more when all is over."""
        if progress is None:
            return
        while not over.is_set():
            progress(await run.progress())
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self.tell_every)
        progress(await run.progress())

    def _report(self, scan: Scan) -> ScanReport:
        with self.begin(write=False) as stores:
            report = stores.ledger.report(scan.id)
        if report is None:
            raise ConflictError(
                f"The scan {scan.id} was cancelled before it was done.",
                "Run `casb scan` to start another one.",
            )
        return report

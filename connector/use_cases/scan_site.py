"""Scans a site to the end; a killed scan goes on where it stopped."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.domain.errors import ConflictError, ConsentError
from connector.domain.finding_state import FindingType
from connector.domain.installation import Installation
from connector.domain.ports import Detectors, SiteReader, WorkEngine
from connector.domain.scan import Scan, ScanReport, ScanStatus
from connector.domain.store_ports import Begin
from connector.use_cases.finish_scan import FinishScan
from connector.use_cases.judge_space import JudgeSpace, Terms
from connector.use_cases.purse import Purse
from connector.use_cases.read_directory import ReadDirectory
from connector.use_cases.restore_facts import RestoreFacts
from connector.use_cases.scan_facts import ScanFacts
from connector.use_cases.scan_run import ScanProgress, ScanRun
from connector.use_cases.scan_shard import ScanShard

logger = logging.getLogger(__name__)

Report = Callable[[ScanProgress], None]


@dataclass(frozen=True, slots=True)
class ScanSite:
    """Runs a scan through a work engine and returns its report.

    ``open_reader`` opens the connection to a site, ``shipped_apps`` maps the
    account ids of Atlassian's own apps to their names. A unit that waits for
    another process looks at the ledger every ``look_again`` seconds.
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

    async def __call__(
        self,
        installation: Installation,
        only_spaces: frozenset[str] = frozenset(),
        progress: Report | None = None,
    ) -> ScanReport:
        """Scan a site, or go on with its scan that was interrupted.

        An interrupted scan of other spaces is brought to its end first. Raises
        ConsentError, AtlassianError, ConflictError and SchemaError; what was read
        until then is kept and the next call goes on from there.
        """
        if not installation.state.may_scan:
            raise ConsentError(
                f"{installation.site.url} is {installation.state} and is not scanned.",
                "Run `casb sites show` to see what it waits for.",
            )
        while True:
            scan = await asyncio.to_thread(self._start, installation, only_spaces)
            report = await self._scan(scan, installation, progress)
            if not scan.only_spaces or scan.only_spaces == only_spaces:
                return report

    def _start(self, installation: Installation, only_spaces: frozenset[str]) -> Scan:
        with self.begin() as stores:
            stores.findings.save_types(self.types.values())
            site_id = installation.site.cloud_id
            scan, _ = stores.ledger.start(site_id, only_spaces, self.now())
        return scan

    async def _scan(
        self, scan: Scan, installation: Installation, progress: Report | None
    ) -> ScanReport:
        reader = self.open_reader(installation)
        try:
            terms = await asyncio.to_thread(self._terms, scan, installation)
            run = self._run_of(scan, installation, terms, reader)
            await run.resume()
            await self._work(scan, run, progress)
            await asyncio.to_thread(self._remember, installation, reader.learnt)
        finally:
            await reader.aclose()
        return await asyncio.to_thread(self._report, scan)

    def _remember(self, installation: Installation, learnt: str) -> None:
        """Keep what the reader found out, beside whatever else changed meanwhile."""
        with self.begin() as stores:
            current = stores.installations.find(installation.site.cloud_id)
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
        )

    def _run_of(
        self, scan: Scan, installation: Installation, terms: Terms, reader: SiteReader
    ) -> ScanRun:
        settings, begin = installation.settings, self.begin
        restore = RestoreFacts(begin, scan.id, self.look_again)
        judge = JudgeSpace(begin, self.detectors, terms)
        return ScanRun(
            begin=begin,
            facts=ScanFacts(reader, terms.audience),
            terms=terms,
            restore=restore,
            directory=ReadDirectory(settings, scan.only_spaces),
            shard=ScanShard(begin, judge, restore),
            finish=FinishScan(begin, self.detectors, terms, settings.covers),
            purse=Purse(begin, scan.id),
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

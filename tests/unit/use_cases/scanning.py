"""Scans of sites in memory, over the real stores and the installed detectors."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import cast

from casb_sdk import Context, Finding, SiteSnapshot
from casb_sdk.registry import Registry, load_registry
from casb_sdk.testing import SiteBuilder
from connector.detection.finding_types import finding_types
from connector.detection.runner import DetectorRunner
from connector.domain.errors import ConflictError
from connector.domain.finding_state import (
    Change,
    ChangeType,
    FindingType,
    Resolution,
    Status,
    TrackedFinding,
)
from connector.domain.installation import Installation, SiteSettings
from connector.domain.ports import Detectors
from connector.domain.scan import ScanKind, ScanReport
from connector.domain.store_ports import Begin, FindingStore, Stores
from connector.use_cases.scan_site import Report, Resuming, ScanSite
from connector.work.local import LocalEngine
from tests.fakes.reader import FakeReader, Trouble

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)
AT_ONCE = timedelta(0)

Said = set[tuple[str, str, str, frozenset[str], int]]


@cache
def registry() -> Registry:
    return load_registry()


def types() -> Mapping[str, FindingType]:
    return finding_types(registry())


class Recorder:
    """Opens transactions and remembers the changes of those that counted.

    Once it is ``dead`` nothing can be written any more, as after a kill.
    """

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self.changes: list[Change] = []
        self.is_dead = False

    def __call__(self, *, write: bool = True) -> AbstractContextManager[Stores]:
        return self._recording(write=write)

    @contextmanager
    def _recording(self, *, write: bool) -> Iterator[Stores]:
        if write and self.is_dead:
            raise ConflictError("This process was killed.")
        saved: list[Change] = []
        with self._begin(write=write) as stores:
            yield cast("Stores", _Recorded(stores, saved))
        self.changes += saved


class _Recorded:
    """Stores that note what is saved; everything else is the real thing."""

    def __init__(self, stores: Stores, saved: list[Change]) -> None:
        self.ledger = stores.ledger
        self.snapshots = stores.snapshots
        self.installations = stores.installations
        self.policies = stores.policies
        self.grants = stores.grants
        self.log = stores.log
        self.alarms = stores.alarms
        self.jobs = stores.jobs
        self.accounts = stores.accounts
        self.site_data = stores.site_data
        self.feed = stores.feed
        self.suppressions = stores.suppressions
        self.consents = stores.consents
        self.findings = _RecordedFindings(stores.findings, saved)


class _RecordedFindings:
    def __init__(self, findings: FindingStore, saved: list[Change]) -> None:
        self._findings = findings
        self._saved = saved

    def __getattr__(self, name: str) -> object:
        return getattr(self._findings, name)

    def save(self, changes: Iterable[Change]) -> None:
        changes = list(changes)
        self._saved.extend(changes)
        self._findings.save(changes)


@dataclass
class World:
    """A connector, its database, and a clock that a test can turn."""

    begin: Begin
    now: datetime = MONDAY
    settings: SiteSettings = field(
        default_factory=lambda: SiteSettings(internal_domains=frozenset({HOME}))
    )
    detectors: Detectors | None = None
    known_types: Mapping[str, FindingType] = field(default_factory=types)
    at_once: int = 24
    account: str = "ada"
    recorder: Recorder = field(init=False)
    readers: list[FakeReader] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recorder = Recorder(self.begin)

    @property
    def reader(self) -> FakeReader:
        """The reader of the last scan."""
        return self.readers[-1]

    @property
    def runner(self) -> DetectorRunner:
        """The installed detectors."""
        log = logging.getLogger("casb.test")
        return DetectorRunner(registry(), self._clock, log)

    def scanner(self, reader: FakeReader) -> ScanSite:
        self.readers.append(reader)

        def open_reader(_: Installation) -> FakeReader:
            reader.is_closed = False
            return reader

        return ScanSite(
            begin=self.recorder,
            open_reader=open_reader,
            detectors=self.detectors or self.runner,
            types=self.known_types,
            engine=LocalEngine(
                self.recorder,
                self._clock,
                room=lambda: self.at_once,
                rests=(timedelta(0),) * 2,
            ),
            now=self._clock,
            tell_every=0.001,
            look_again=0.01,
        )

    async def scan(
        self,
        site: SiteBuilder | SiteSnapshot,
        trouble: Trouble | None = None,
        *,
        only: frozenset[str] = frozenset(),
        page_size: int = 2,
        progress: Report | None = None,
    ) -> ScanReport:
        """Scan a site, a day after the last time."""
        snapshot = site if isinstance(site, SiteSnapshot) else site.snapshot()
        reader = FakeReader(snapshot, trouble, page_size=page_size)
        return await self.scan_with(reader, only, progress)

    async def scan_with(
        self,
        reader: FakeReader,
        only: frozenset[str] = frozenset(),
        progress: Report | None = None,
        *,
        later: timedelta = DAY,
        resuming: Resuming | None = None,
        kind: ScanKind = ScanKind.FULL,
    ) -> ScanReport:
        """Scan what a reader reads, or go on with a scan that did not end."""
        self.now += later
        self.recorder.changes.clear()
        scan = self.scanner(reader)
        return await scan(self.installation(reader), only, progress, resuming, kind)

    def installation(self, reader: FakeReader) -> Installation:
        """Return the installation on the site of a reader."""
        site = reader.site.directory.site
        return Installation(
            "i", site, "g", settings=self.settings, installing_account=self.account
        )

    @property
    def findings(self) -> list[TrackedFinding]:
        with self.begin(write=False) as stores:
            return list(stores.findings.list())

    @property
    def open(self) -> list[TrackedFinding]:
        return [each for each in self.findings if each.status is Status.OPEN]

    def of(self, detector_id: str) -> list[TrackedFinding]:
        """Return the findings of one detector."""
        return [each for each in self.findings if each.type.id == detector_id]

    @property
    def resolutions(self) -> set[Resolution | None]:
        return {each.resolution for each in self.findings}

    @property
    def stale_reasons(self) -> set[str]:
        return {each.stale.reason if each.stale else "" for each in self.open}

    @property
    def told(self) -> list[ChangeType]:
        """What the last scan said of findings, but for those it merely saw again."""
        return [
            change.type
            for change in self.recorder.changes
            if change.type is not ChangeType.REFRESHED
        ]

    def set(self, **settings: object) -> None:
        """Change settings of the site."""
        self.settings = replace(self.settings, **settings)  # type: ignore[arg-type]

    def _clock(self) -> datetime:
        return self.now


HOME = "acme.example"


def said(findings: Iterable[TrackedFinding]) -> Said:
    """Return what findings say, without what time and scans add to it."""
    return {_said(tracked.finding) for tracked in findings}


def expected(site: SiteBuilder) -> Said:
    """Return what the model says of a site it sees whole."""
    snapshot = site.snapshot()
    context = Context(snapshot.directory.site, MONDAY)
    return {
        _said(finding)
        for installed in registry().detectors.values()
        for finding in installed.detector.detect(snapshot, site.policy, context)
    }


def _said(finding: Finding) -> tuple[str, str, str, frozenset[str], int]:
    return (
        finding.detector_id,
        finding.resource.type,
        finding.resource.id,
        frozenset(f"{p.principal.id}:{p.level}" for p in finding.principals),
        finding.affected.count if finding.affected else 0,
    )

"""Runs detectors so that none of them can spoil the work of another."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from casb_sdk import Context, Finding, Site, SiteAccess, SpaceAccess
from casb_sdk.loading import one_line
from casb_sdk.manifest import ConfigError
from casb_sdk.registry import InstalledDetector, Registry
from connector.domain.detection import Detection, DetectorFailure

MAX_FINDINGS = 100_000

Settings = Mapping[str, Mapping[str, object]]
Check = Callable[[InstalledDetector, Context], Iterable[Finding]]


class DetectorMisbehavedError(Exception):
    """A detector broke a rule of the host: too slow, too much, not its own."""


class DetectorRunner:
    """Asks each detector about a space or a site, and keeps who failed and why.

    A detector that fails in any way loses all it said in this call, so that what
    it found is always whole. In process it is watched between its findings: one
    that yields nothing is found out when it is done.
    """

    def __init__(
        self,
        registry: Registry,
        now: Callable[[], datetime],
        log: logging.Logger,
        *,
        elapsed: Callable[[], float] = time.monotonic,
        max_findings: int = MAX_FINDINGS,
    ) -> None:
        self._registry = registry
        self._now = now
        self._log = log
        self._elapsed = elapsed
        self._max_findings = max_findings
        self._configured: dict[
            tuple[str, str], tuple[Mapping[str, object], logging.Logger]
        ] = {}

    def run_space(
        self, space: SpaceAccess, enabled: Collection[str], config: Settings
    ) -> Detection:
        """Return what the enabled detectors find on one space, with its labels."""
        # The access is worked out before any clock runs, on nobody's budget.
        _ = space.unjudged
        detection = self._run(
            space.site,
            enabled,
            config,
            lambda installed, context: installed.detector.check_space(space, context),
        )
        findings = (self._labelled(finding, space) for finding in detection.findings)
        return replace(detection, findings=tuple(findings))

    def run_site(
        self, site: SiteAccess, enabled: Collection[str], config: Settings
    ) -> Detection:
        """Return what the enabled detectors find on a site, after all its spaces."""
        return self._run(
            site.site,
            enabled,
            config,
            lambda installed, context: installed.detector.check_site(site, context),
        )

    def _run(
        self, site: Site, enabled: Collection[str], config: Settings, check: Check
    ) -> Detection:
        now = self._now()
        findings: list[Finding] = []
        failures = [*self._not_loaded(), *self._not_installed(enabled)]
        for id_, installed in self._registry.detectors.items():
            if id_ not in enabled:
                continue
            try:
                context = self._context(installed, site, now, config.get(id_, {}))
                findings += self._watched(installed, check, context)
            # A detector may fail in any way; what it said is kept and logged.
            except (Exception, SystemExit) as error:  # noqa: BLE001
                failure = _failure(installed, error)
                self._log.exception("detector failed: %s", failure)
                failures.append(failure)
        return Detection(tuple(findings), tuple(failures))

    def _context(
        self,
        installed: InstalledDetector,
        site: Site,
        now: datetime,
        settings: Mapping[str, object],
    ) -> Context:
        key = (installed.id, repr(settings))
        if key not in self._configured:
            log = self._log.getChild(installed.id)
            self._configured[key] = installed.declared.configured(settings), log
        return Context(site, now, *self._configured[key])

    def _watched(
        self, installed: InstalledDetector, check: Check, context: Context
    ) -> list[Finding]:
        deadline = self._elapsed() + installed.manifest.timeout_seconds
        found: list[Finding] = []
        for finding in check(installed, context):
            _check_origin(installed, finding)
            found.append(finding)
            if len(found) > self._max_findings:
                raise DetectorMisbehavedError(
                    f"more than {self._max_findings} findings in one go"
                )
            self._check_time(installed, deadline)
        self._check_time(installed, deadline)
        return found

    def _check_time(self, installed: InstalledDetector, deadline: float) -> None:
        if self._elapsed() > deadline:
            seconds = f"{installed.manifest.timeout_seconds:g}"
            raise DetectorMisbehavedError(f"took longer than its {seconds} seconds")

    def _not_loaded(self) -> Iterator[DetectorFailure]:
        for plugin in self._registry.failures:
            for id_ in plugin.detector_ids:
                reason = f"{plugin.reason}; {plugin.remedy}"
                yield DetectorFailure(id_, plugin.distribution, plugin.version, reason)

    def _not_installed(self, enabled: Collection[str]) -> Iterator[DetectorFailure]:
        broken = {
            id_ for plugin in self._registry.failures for id_ in plugin.detector_ids
        }
        for id_ in sorted(set(enabled) - self._registry.detectors.keys() - broken):
            yield DetectorFailure(id_, "", "", "it is enabled here and not installed")

    def _labelled(self, finding: Finding, space: SpaceAccess) -> Finding:
        labels = self._registry.enrich(finding, space)
        return (
            replace(finding, labels={**finding.labels, **labels}) if labels else finding
        )


def _check_origin(installed: InstalledDetector, finding: object) -> None:
    if not isinstance(finding, Finding):
        raise DetectorMisbehavedError(f"reported {type(finding).__name__}, no Finding")
    if finding.detector_id != installed.id:
        raise DetectorMisbehavedError(
            f"reported a finding in the name of {finding.detector_id!r}"
        )


def _failure(installed: InstalledDetector, error: BaseException) -> DetectorFailure:
    speaks_for_itself = isinstance(error, DetectorMisbehavedError | ConfigError)
    reason = str(error) if speaks_for_itself else one_line(error)
    return DetectorFailure(
        installed.id, installed.distribution, installed.version, reason
    )

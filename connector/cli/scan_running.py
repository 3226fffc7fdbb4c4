"""Runs a scan for somebody at a terminal: here, or by whoever does the work."""

import asyncio

from connector.bootstrap.application import Application
from connector.bootstrap.jobs import holder_of_work
from connector.bootstrap.scanning import (
    budget_of,
    choose_spaces,
    look_after_refusal,
    open_scanner,
)
from connector.cli.output import note
from connector.cli.progress import Report, scan_progress
from connector.domain.errors import CasbError
from connector.domain.installation import Installation
from connector.domain.scan import Scan, ScanKind, ScanReport
from connector.use_cases.watch_scan import WatchScan

EVERY_SPACE: frozenset[str] = frozenset()


def run_scan(
    application: Application,
    installation: Installation,
    only_spaces: frozenset[str] = EVERY_SPACE,
    kind: ScanKind = ScanKind.FULL,
    *,
    waits_for_quota: bool = True,
) -> ScanReport:
    """Scan a site and show how far it has come.

    Where another process does the work of this deployment, the scan is left to it; if
    that process ends before the scan does, it is gone on with here.
    """
    try:
        with scan_progress() as progress:
            if holder := holder_of_work(application):
                if only_spaces:
                    asyncio.run(choose_spaces(application, installation, only_spaces))
                note(f"{holder} does the work; Ctrl-C leaves it to that.")
                report = _by_others(
                    application, installation, only_spaces, kind, progress
                )
                if report is not None:
                    return report
                note("Nobody does the work any more: the scan goes on here.")
            scanner = open_scanner(application, waits_for_quota=waits_for_quota)

            def resuming(scan: Scan) -> None:
                note(going_on(scan, only_spaces, kind))

            return asyncio.run(
                scanner(installation, only_spaces, progress, resuming, kind)
            )
    except CasbError as error:
        look_after_refusal(application, installation, error)
        raise


def _by_others(
    application: Application,
    installation: Installation,
    only_spaces: frozenset[str],
    kind: ScanKind,
    progress: Report,
) -> ScanReport | None:
    points_per_hour = application.settings.points_per_hour
    watch = WatchScan(
        application.begin,
        application.now,
        lambda: bool(holder_of_work(application)),
        lambda site: budget_of(site, points_per_hour),
    )
    while True:
        scan, is_old = watch.start(installation, only_spaces, kind)
        if is_old:
            note(going_on(scan, only_spaces, kind))
        report = watch(scan.id, installation, progress)
        if report is None or scan.answers(only_spaces, kind):
            return report


def going_on(
    scan: Scan, only_spaces: frozenset[str], kind: ScanKind = ScanKind.FULL
) -> str:
    """Return what happens with a scan that was interrupted, and with the one asked."""
    wanted = ", ".join(sorted(only_spaces)) or "every space"
    about = ", ".join(sorted(scan.only_spaces)) or "every space"
    scan_of = "scan" if scan.kind is ScanKind.FULL else "incremental scan"
    begun = f"The {scan_of} of {about} that began {scan.started_at:%Y-%m-%d %H:%M} UTC"
    if not scan.answers(only_spaces, kind):
        return f"{begun} is not finished: it goes on first, then {wanted} is scanned."
    if scan.only_spaces == only_spaces:
        return f"{begun} is not finished: it goes on where it stopped."
    return f"{begun} is not finished: it goes on to its end, which covers {wanted}."

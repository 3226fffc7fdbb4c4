"""`casb scan`."""

import asyncio
from collections.abc import Collection

import rich_click as click
from rich.table import Table

from casb_sdk import Severity
from connector.bootstrap.application import Application, open_application
from connector.bootstrap.scanning import (
    look_after_refusal,
    open_estimator,
    open_scanner,
)
from connector.cli.documents import estimate_document, report_document
from connector.cli.options import json_option, settings
from connector.cli.output import cell, note, print_json, results, say, warn
from connector.cli.progress import scan_progress
from connector.cli.words import counted, lasting
from connector.domain.errors import AtlassianError, CasbError
from connector.domain.installation import Installation
from connector.domain.scan import Scan, ScanReport
from connector.use_cases.estimate_scan import Estimate

SILENT = frozenset({"refreshed"})


@click.command()
@click.argument("site")
@click.option(
    "--space", "spaces", multiple=True, metavar="KEY", help="Only this space; repeat."
)
@click.option("--estimate", is_flag=True, help="Only say what the scan would cost.")
@json_option
def scan(site: str, spaces: tuple[str, ...], *, estimate: bool, as_json: bool) -> None:
    """Scan a site to the end; say what was covered, spent and changed.

    A scan that was interrupted goes on where it stopped, whatever spaces it is
    about. SITE is a cloud id or a URL.

    Example: `casb scan acme.atlassian.net`

    Example: `casb scan acme.atlassian.net --space ENG --space HR`

    Example: `casb scan acme.atlassian.net --estimate`
    """
    only = frozenset(spaces)
    with open_application(settings()) as application:
        installation = application.manage_sites.known(site)
        if estimate:
            estimator = open_estimator(application)
            _print_estimate(asyncio.run(estimator(installation, only)), as_json=as_json)
            return
        report = run_scan(application, installation, only)
    if only and not report.spaces:
        raise AtlassianError(
            f"{installation.site.url} did not list its spaces, and so none of "
            f"{', '.join(sorted(only))} was scanned.",
            "Run `casb sites show` to see why.",
        )
    if as_json:
        print_json(report_document(report))
    else:
        print_report(report)


def run_scan(
    application: Application,
    installation: Installation,
    only_spaces: frozenset[str] = frozenset(),
) -> ScanReport:
    """Scan a site and show how far it has come."""
    scanner = open_scanner(application)

    def resuming(scan: Scan) -> None:
        note(going_on(scan, only_spaces))

    try:
        with scan_progress() as progress:
            return asyncio.run(scanner(installation, only_spaces, progress, resuming))
    except CasbError as error:
        look_after_refusal(application, installation, error)
        raise


def going_on(scan: Scan, only_spaces: Collection[str]) -> str:
    """Return what happens with a scan that was interrupted, and with the one asked."""
    wanted = ", ".join(sorted(only_spaces)) or "every space"
    about = ", ".join(sorted(scan.only_spaces)) or "every space"
    begun = f"The scan of {about} that began {scan.started_at:%Y-%m-%d %H:%M} UTC"
    if scan.only_spaces == only_spaces:
        return f"{begun} is not finished: it goes on where it stopped."
    if scan.only_spaces:
        return f"{begun} is not finished: it goes on first, then {wanted} is scanned."
    return f"{begun} is not finished: it goes on to its end, which covers {wanted}."


def print_report(report: ScanReport) -> None:
    """Print what a scan came to."""
    table = Table.grid(padding=(0, 2))
    for name, value in _facts(report):
        table.add_row(cell(name, "bold"), cell(value))
    results().print(table)
    for sentence in report.warnings:
        warn(sentence)


def changes_line(report: ScanReport) -> str:
    """Return how many findings changed, and how."""
    changes = {k: v for k, v in report.changes.items() if k not in SILENT and v}
    return ", ".join(f"{v} {k}" for k, v in sorted(changes.items())) or "nothing"


def coverage_line(report: ScanReport) -> str:
    """Return what the scan could not read."""
    gaps = report.coverage.gaps
    if not gaps:
        return "complete"
    kinds = sorted({gap.kind.value for gap in gaps})
    return f"{counted(len(gaps), 'gap')} ({', '.join(kinds)})"


def _print_estimate(estimate: Estimate, *, as_json: bool) -> None:
    if as_json:
        print_json(estimate_document(estimate))
        return
    about = "about " if estimate.is_guess else ""
    say(
        f"{counted(estimate.spaces, 'space')}: {about}"
        f"{counted(estimate.calls, 'call')}, {counted(estimate.points, 'point')}, "
        f"{lasting(estimate.duration)}"
    )
    if estimate.is_guess:
        note("A guess from the number of spaces; after a first scan it is that one's.")


def _facts(report: ScanReport) -> list[tuple[str, str]]:
    spending = report.spending
    seconds = (
        (report.scan.finished_at - report.scan.started_at).total_seconds()
        if report.scan.finished_at
        else 0.0
    )
    counts = sorted(report.open_findings.items(), key=lambda it: -Severity(it[0]).rank)
    found = ", ".join(f"{count} {severity}" for severity, count in counts)
    return [
        (
            "Covered",
            f"{counted(report.spaces, 'space')}, {counted(report.items, 'item')}",
        ),
        ("Coverage", coverage_line(report)),
        (
            "Spent",
            f"{counted(spending.calls, 'call')}, {counted(spending.points, 'point')}, "
            f"{seconds:.1f} s",
        ),
        ("Changed", changes_line(report)),
        ("Open findings", found or "none"),
    ]

"""`casb scan`."""

import asyncio

import rich_click as click
from rich.table import Table

from connector.bootstrap.application import open_application
from connector.bootstrap.scanning import open_estimator
from connector.cli.documents import estimate_document, report_document
from connector.cli.options import json_option, settings
from connector.cli.output import cell, note, print_json, results, say, warn
from connector.cli.scan_running import run_scan
from connector.cli.words import lasting, open_line
from connector.domain.counting import counted
from connector.domain.errors import AtlassianError, CasbError, UsageError
from connector.domain.forecast import Range
from connector.domain.renewal_words import renewal_words
from connector.domain.scan import ScanKind, ScanReport, ScanStatus
from connector.use_cases.estimate_scan import Estimate

SILENT = frozenset({"refreshed"})
GUESSES = {
    ScanKind.FULL: (
        "A guess from the number of spaces; after a first scan it is that one's."
    ),
    ScanKind.INCREMENTAL: (
        "How much has changed is not known yet: a guess from what looking for it "
        "costs to what a full scan does; after a first incremental scan it is that "
        "one's."
    ),
}


@click.command()
@click.argument("site")
@click.option(
    "--space", "spaces", multiple=True, metavar="KEY", help="Only this space; repeat."
)
@click.option(
    "--incremental",
    is_flag=True,
    help="Only read again what can have changed since the last scan.",
)
@click.option("--estimate", is_flag=True, help="Only say what the scan would cost.")
@click.option(
    "--no-wait",
    is_flag=True,
    help="Where Atlassian's quota is used up, stop and say when to come back.",
)
@json_option
def scan(
    site: str,
    spaces: tuple[str, ...],
    *,
    incremental: bool,
    estimate: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Scan a site to the end; say what was covered, spent and changed.

    A scan that was interrupted goes on where it stopped, whatever spaces it is
    about. While `casb serve` or `casb worker` runs, that does the scan. Where
    Atlassian's quota is used up it waits for the next hour, without a single call.
    SITE is a cloud id or a URL.

    Example: `casb scan acme.atlassian.net`

    Example: `casb scan acme.atlassian.net --space ENG --space HR`

    Example: `casb scan acme.atlassian.net --incremental`

    Example: `casb scan acme.atlassian.net --estimate`

    Example: `casb scan acme.atlassian.net --no-wait`
    """
    only = frozenset(spaces)
    if incremental and only:
        raise UsageError(
            "--incremental is about the whole site and goes with no --space.",
            "Leave one of them out: a space that is named is always read whole.",
        )
    kind = ScanKind.INCREMENTAL if incremental else ScanKind.FULL
    with open_application(settings()) as application:
        installation = application.manage_sites.known(site)
        if estimate:
            estimator = open_estimator(application)
            expected = asyncio.run(estimator(installation, only, kind))
            _print_estimate(expected, as_json=as_json)
            return
        report = run_scan(
            application, installation, only, kind, waits_for_quota=not no_wait
        )
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
    if report.scan.status is ScanStatus.FAILED:
        raise CasbError(report.scan.error, "The next scan begins anew.")


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
    cost = estimate.forecast
    say(
        f"{counted(estimate.spaces, 'space')}: {_between(cost.calls)} calls, "
        f"{_between(cost.points)} points, {lasting(estimate.least)} to "
        f"{lasting(estimate.most)}"
    )
    if not cost.knows_items:
        note("How many items there are is unknown: the site does not count them.")
    if cost.is_guess:
        note(GUESSES[estimate.kind])


def _between(range_: Range) -> str:
    return f"{range_.least:,} to {range_.most:,}"


def _facts(report: ScanReport) -> list[tuple[str, str]]:
    spending = report.spending
    seconds = (
        (report.scan.finished_at - report.scan.started_at).total_seconds()
        if report.scan.finished_at
        else 0.0
    )
    return [
        (
            "Covered",
            f"{counted(report.spaces, 'space')}, {counted(report.items, 'item')}",
        ),
        ("Coverage", coverage_line(report)),
        *_renewed(report),
        (
            "Spent",
            f"{counted(spending.calls, 'call')}, {counted(spending.points, 'point')}, "
            f"{seconds:.1f} s",
        ),
        *_expected(report),
        ("Changed", changes_line(report)),
        ("Open findings", open_line(report.open_findings, report.implied_findings)),
    ]


def _renewed(report: ScanReport) -> list[tuple[str, str]]:
    """Return what an incremental scan read again."""
    renewal = report.renewal
    return [("Incremental", renewal_words(renewal))] if renewal else []


def _expected(report: ScanReport) -> list[tuple[str, str]]:
    """Return what the scan was expected to cost, and what it spent on what."""
    rows = []
    if cost := report.forecast:
        words = f"{_between(cost.calls)} calls, {_between(cost.points)} points"
        rows.append(("Expected", words))
    spent = report.spending
    dearest = sorted(spent.points_of.items(), key=lambda it: (-it[1], it[0]))
    for number, (operation, points) in enumerate(dearest):
        calls = spent.calls_of.get(operation, 0)
        words = f"{operation}: {counted(calls, 'call')}, {counted(points, 'point')}"
        rows.append(("By operation" if not number else "", words))
    return rows

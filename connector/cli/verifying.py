"""`casb findings verify`."""

import asyncio

import rich_click as click
from click.exceptions import Exit
from rich.table import Table

from connector.bootstrap.application import Application, open_application
from connector.bootstrap.rendering import finding_row
from connector.bootstrap.scanning import look_after_refusal
from connector.bootstrap.verifying import open_verifier
from connector.cli.options import json_option, settings
from connector.cli.output import cell, note, print_json, results, say
from connector.cli.words import listed, reach, where, who
from connector.domain.counting import counted
from connector.domain.errors import AtlassianError, CasbError
from connector.domain.finding_state import Resolution, TrackedFinding
from connector.domain.installation import Installation
from connector.domain.verification import Outcome, Verification

CODES = {
    Outcome.UNSETTLED: CasbError.exit_code,
    Outcome.UNREAD: AtlassianError.exit_code,
}
SENTENCES = {
    Outcome.CONFIRMED: "It is still there, exactly as it was.",
    Outcome.UPDATED: "It is still there, and it has changed.",
    Outcome.REOPENED: "It is back: it was resolved and is {status} again.",
    Outcome.STILL_RESOLVED: "It is still resolved: what was read does not show it.",
    Outcome.NOT_VISIBLE: (
        "Confluence does not show the place to the connector any more, which is no "
        "fix: the finding stays {status} and is marked as not judged."
    ),
    Outcome.UNSETTLED: "It is not settled: {reason}. Nothing was changed.",
    Outcome.UNREAD: "It could not be verified: {failures}. Nothing was changed.",
}
ENDS = {
    Resolution.FIXED: "It is fixed, and now resolved.",
    Resolution.RESOURCE_DELETED: "The place is deleted, and the finding resolved.",
    Resolution.NOT_VISIBLE: (
        "Confluence has not shown the place to the connector for 30 days: the finding "
        "is resolved."
    ),
    Resolution.POLICY_CHANGED: "A setting was changed, and the finding is resolved.",
}


@click.command()
@click.argument("finding_id", metavar="ID")
@json_option
def verify(finding_id: str, *, as_json: bool) -> None:
    """Read again what one finding rests on, and bring it up to date.

    For a fix that somebody has just made: it takes a few calls and no scan. Ends
    with 4 where Atlassian did not answer and with 1 where only a scan can tell;
    nothing is changed then.

    Example: `casb findings verify ID`
    """
    with open_application(settings()) as application:
        tracked = application.list_findings.one(finding_id)
        installation = application.manage_sites.known(tracked.site_id)
        verification = _verified(application, installation, tracked)
    if as_json:
        print_json(_document(verification))
    else:
        _print(verification, installation.site.url)
    if code := CODES.get(verification.outcome):
        raise Exit(code)


def _verified(
    application: Application, installation: Installation, tracked: TrackedFinding
) -> Verification:
    try:
        return asyncio.run(open_verifier(application)(tracked.id))
    except CasbError as error:
        look_after_refusal(application, installation, error)
        raise


def _print(verification: Verification, site_url: str) -> None:
    say(sentence(verification))
    table = Table.grid(padding=(0, 2))
    for name, value in _facts(verification):
        table.add_row(cell(name, "bold"), cell(value))
    results().print(table)
    if verification.outcome is Outcome.UNSETTLED:
        note(f"A scan can tell: `casb scan {site_url}`.")


def sentence(verification: Verification) -> str:
    """Return what came of it, in one sentence."""
    after = verification.after
    if verification.outcome is Outcome.RESOLVED and after.resolution:
        return ENDS.get(after.resolution, f"It is resolved: {after.resolution}.")
    return SENTENCES[verification.outcome].format(
        status=after.status,
        reason=verification.reason,
        failures=f"{listed(verification.failures)} could not be read",
    )


def _facts(verification: Verification) -> list[tuple[str, str]]:
    before, after = verification.before, verification.after
    spending = verification.spending
    facts = [
        ("Finding", before.type.title),
        ("Where", where(after.finding)),
        ("Before", _stands(before)),
    ]
    if verification.changed:
        facts += [
            ("After", _stands(after)),
            ("Changed", ", ".join(verification.changed)),
        ]
    facts += [
        ("Besides", f"{change.finding.type.title}: {change.type}")
        for change in verification.besides
    ]
    read = f"{counted(spending.calls, 'call')}, {counted(spending.points, 'point')}"
    return [*facts, ("Read", read)]


def _stands(tracked: TrackedFinding) -> str:
    stands = f"{tracked.status}, {tracked.severity}"
    if tracked.resolution:
        return f"{stands} ({tracked.resolution})"
    finding = tracked.finding
    stale = f", not judged ({tracked.stale.reason})" if tracked.stale else ""
    return f"{stands}{stale}: {who(finding)}; {reach(finding)}"


def _document(verification: Verification) -> dict[str, object]:
    spending = verification.spending
    return {
        "outcome": verification.outcome.value,
        "says": sentence(verification),
        "reason": verification.reason or None,
        "failures": list(verification.failures),
        "changed_fields": list(verification.changed),
        "besides": [
            {"id": change.finding.id, "change_type": change.type.value}
            for change in verification.besides
        ],
        "calls": spending.calls,
        "points": spending.points,
        "retries": spending.retries,
        "calls_of": dict(spending.calls_of),
        "points_of": dict(spending.points_of),
        "before": finding_row(verification.before),
        "after": finding_row(verification.after),
    }

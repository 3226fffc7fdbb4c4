"""`casb findings`."""

from typing import TypedDict, Unpack

import rich_click as click
from rich.table import Table

from casb_sdk import Severity
from connector.bootstrap.application import open_application
from connector.bootstrap.rendering import (
    NATIVE,
    SCHEMAS,
    affected_rows,
    as_json_list,
    finding_row,
)
from connector.cli.documents import note_document
from connector.cli.finding_cards import print_findings
from connector.cli.lazy import ListingGroup
from connector.cli.options import json_option, login_name, settings
from connector.cli.output import cell, note, print_bytes, print_json, results, say
from connector.cli.verifying import verify
from connector.cli.words import more_implied, reach, state, where, who, why
from connector.domain.counting import counted
from connector.domain.finding_state import Status, TrackedFinding
from connector.use_cases.list_findings import Wanted

ALL = "all"
COLUMNS = ("type", "title", "space_key", "url")
STATUSES = [*(status.value for status in Status), ALL]
SEVERITIES = [severity.value for severity in reversed(Severity)]
IMPLIED = ["include", "exclude"]


class Filters(TypedDict):
    """Which findings somebody asks for, as click hands it over."""

    statuses: tuple[str, ...]
    severities: tuple[str, ...]
    detector_ids: tuple[str, ...]
    implied: str | None


@click.group(cls=ListingGroup)
def findings() -> None:
    """Show who outside can read or change what, through which grant, and the fix.

    Without a verb the findings are listed; `casb findings list --help` names the
    filters.

    Example: `casb findings`

    Example: `casb findings acme.atlassian.net --severity high --json`

    Example: `casb findings resources ID --json`

    Example: `casb findings verify ID`
    """


findings.add_command(verify)


@findings.command("list")
@click.argument("site", required=False, default="")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(STATUSES),
    default=["open"],
    show_default=True,
    help="With this status; may be repeated.",
)
@click.option(
    "--severity",
    "severities",
    multiple=True,
    type=click.Choice(SEVERITIES),
    help="Of this severity; may be repeated.",
)
@click.option(
    "--detector", "detector_ids", multiple=True, metavar="ID", help="Of this detector."
)
@click.option(
    "--implied",
    type=click.Choice(IMPLIED),
    help="Those that a stronger finding implies: by default they are in the JSON "
    "and not on the screen.",
)
@click.option(
    "--schema",
    type=click.Choice(SCHEMAS),
    default=NATIVE,
    show_default=True,
    help="The form of the JSON.",
)
@json_option
def list_findings(
    site: str, schema: str, *, as_json: bool, **filters: Unpack[Filters]
) -> None:
    """List findings, the most severe first; by default the open ones.

    Example: `casb findings list --severity critical --severity high`

    Example: `casb findings list acme.atlassian.net --json --schema ocsf`
    """
    as_json = as_json or schema != NATIVE
    wanted = _wanted(site, filters)
    with open_application(settings()) as application:
        found = application.list_findings(wanted)
        if as_json:
            print_bytes(as_json_list(finding_row(each, schema) for each in found))
            return
        if filters["implied"] is not None:
            print_findings(found)
            return
        everything = list(found)
    shown = [each for each in everything if not each.implied_by]
    print_findings(shown)
    if implied := more_implied(len(everything) - len(shown)):
        note(f"{implied.strip()}: --implied include shows them.")


@findings.command()
@click.argument("finding_id", metavar="ID")
@click.option(
    "--schema",
    type=click.Choice(SCHEMAS),
    default=NATIVE,
    show_default=True,
    help="The form of the JSON.",
)
@json_option
def show(finding_id: str, schema: str, *, as_json: bool) -> None:
    """Show one finding with its evidence.

    Example: `casb findings show ID`
    """
    with open_application(settings()) as application:
        tracked = application.list_findings.one(finding_id)
    if as_json or schema != NATIVE:
        print_json(finding_row(tracked, schema))
    else:
        _print_one(tracked)


@findings.command()
@click.argument("finding_id", metavar="ID")
@click.argument("name", metavar="NAME")
@json_option
def assign(finding_id: str, name: str, *, as_json: bool) -> None:
    """Say who looks after a finding; an empty name takes it from them.

    Example: `casb findings assign ID bob`
    """
    with open_application(settings()) as application:
        tracked = application.triage.assign(finding_id, name)
    if as_json:
        print_json(finding_row(tracked, NATIVE))
    else:
        say(f"{tracked.id} is with {tracked.assignee or 'nobody'}.")


@findings.command("note")
@click.argument("finding_id", metavar="ID")
@click.argument("text", metavar="TEXT")
@json_option
def annotate(finding_id: str, text: str, *, as_json: bool) -> None:
    """Write a note on a finding; `casb findings notes ID` shows them.

    Example: `casb findings note ID "Asked the owner, 23 November"`
    """
    with open_application(settings()) as application:
        written = application.triage.annotate(finding_id, text, login_name())
    if as_json:
        print_json(note_document(written))
    else:
        say("Noted.")


@findings.command()
@click.argument("finding_id", metavar="ID")
@json_option
def notes(finding_id: str, *, as_json: bool) -> None:
    """Show the notes on a finding.

    Example: `casb findings notes ID`
    """
    with open_application(settings()) as application:
        written = application.triage.notes(finding_id)
    if as_json:
        print_json([note_document(each) for each in written])
        return
    for each in written:
        say(f"{each.at:%Y-%m-%d %H:%M} UTC  {each.by}: {each.text}")


@findings.command()
@click.argument("finding_id", metavar="ID")
@json_option
def resources(finding_id: str, *, as_json: bool) -> None:
    """List every item that a finding affects, and who reaches it.

    They come from what the last scan saw; Atlassian is not asked.

    Example: `casb findings resources ID --json`
    """
    with open_application(settings()) as application:
        tracked = application.list_findings.one(finding_id)
        rows = affected_rows(application.list_affected(tracked))
        if as_json:
            print_bytes(as_json_list(rows))
            return
        table = Table("Type", "Title", "Space", "Address", box=None)
        for row in rows:
            table.add_row(*(cell(row[name]) for name in COLUMNS))
    if table.row_count:
        results().print(table)
    note(counted(table.row_count, "item"))


def _wanted(site: str, filters: Filters) -> Wanted:
    statuses = set(filters["statuses"])
    implied = filters["implied"]
    return Wanted(
        site=site,
        statuses=frozenset() if ALL in statuses else frozenset(map(Status, statuses)),
        severities=frozenset(map(Severity, filters["severities"])),
        detector_ids=frozenset(filters["detector_ids"]),
        with_implied=implied in {None, IMPLIED[0]},
    )


def _print_one(tracked: TrackedFinding) -> None:
    finding = tracked.finding
    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("Finding", tracked.type.title),
        ("Severity", tracked.severity.value),
        ("Status", tracked.status.value),
        ("Where", where(finding)),
        ("Address", finding.resource.url),
        ("Who", who(finding)),
        ("Why", why(finding)),
        ("Reach", reach(finding)),
        ("Confidence", " ".join([finding.confidence, *finding.confidence_reasons])),
        ("First seen", f"{tracked.first_seen_at:%Y-%m-%d %H:%M} UTC"),
        ("Last seen", f"{tracked.last_seen_at:%Y-%m-%d %H:%M} UTC"),
        ("Besides", state(tracked)),
        ("Fix", tracked.type.remediation),
        ("Id", tracked.id),
    ):
        if value:
            table.add_row(cell(name, "bold"), cell(value))
    results().print(table)

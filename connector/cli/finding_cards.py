"""Findings on the screen: by severity, each with its cause, and the fix once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from casb_sdk import Severity
from connector.cli.output import cell, clean, note, results
from connector.cli.words import URGENCY, reach, state, where, who, why
from connector.domain.counting import counted
from connector.domain.finding_state import Status, TrackedFinding

COLOURS = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
}
SHOWN_PER_TYPE = 20


def print_findings(found: Iterable[TrackedFinding]) -> None:
    """Print findings that come ordered by severity."""
    total = 0
    for severity, of_severity in groupby(found, key=lambda each: each.severity):
        kept = list(of_severity)
        total += len(kept)
        _print_severity(severity, kept)
    if not total:
        note("No findings.")


def severity_line(counts: Counter[Severity]) -> Text:
    """Return how many findings there are of each severity."""
    parts = [
        Text(f"{counts[severity]} {severity.value}", COLOURS[severity])
        for severity in reversed(Severity)
        if counts[severity]
    ]
    return Text(", ").join(parts) if parts else Text("none", "green")


def _print_severity(severity: Severity, found: Sequence[TrackedFinding]) -> None:
    colour = COLOURS[severity]
    title = Text.assemble(
        (f" {severity.value.upper()} ", f"{colour} reverse"),
        (f"  {URGENCY[severity]}, {counted(len(found), 'finding')} ", colour),
    )
    results().print(Rule(title, align="left", style=colour))
    by_type = sorted(found, key=lambda each: (each.type.id, -_size(each), each.id))
    for _, of_type in groupby(by_type, key=lambda each: each.type.id):
        results().print(_of_type(list(of_type), colour))


def _of_type(found: Sequence[TrackedFinding], colour: str) -> Padding:
    type_ = found[0].type
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1, style=colour)
    table.add_column(ratio=1)
    for tracked in found[:SHOWN_PER_TYPE]:
        table.add_row("●", _card(tracked))
    if len(found) > SHOWN_PER_TYPE:
        more = f"{len(found) - SHOWN_PER_TYPE} more: casb findings list --json"
        table.add_row("…", Text(f"{more} --detector {type_.id}", "dim"))
    fix = Table.grid(padding=(0, 1))
    fix.add_column(style="green")
    fix.add_column(ratio=1)
    fix.add_row("Fix:", cell(type_.remediation))
    body = Group(cell(type_.title, "bold"), table, fix)
    return Padding(body, (0, 2, 1, 2))


def _size(tracked: TrackedFinding) -> int:
    affected = tracked.finding.affected
    return affected.count if affected else 0


def _card(tracked: TrackedFinding) -> Group:
    finding = tracked.finding
    head = Text.assemble((clean(where(finding)), "bold"), (f"  {tracked.id}", "dim"))
    if tracked.status is not Status.OPEN:
        head.append(f"  {tracked.status.value}", "italic")
    lines = [
        head,
        Text.assemble(("who ", "dim"), clean(who(finding)), "; ", reach(finding)),
        Text.assemble(("why ", "dim"), clean(why(finding))),
    ]
    if words := state(tracked):
        lines.append(Text(words, "italic dim"))
    return Group(*lines)

"""`casb suppress` and `casb unsuppress`."""

from datetime import UTC, datetime
from typing import TypedDict, Unpack

import rich_click as click
from rich.table import Table

from connector.bootstrap.application import open_application
from connector.cli.documents import suppression_document
from connector.cli.options import json_option, login_name, settings, site_option
from connector.cli.output import cell, note, print_json, results, say
from connector.cli.words import where, who
from connector.domain.counting import counted
from connector.domain.durations import duration_of
from connector.domain.errors import UsageError
from connector.domain.suppression import Scope, Suppression
from connector.use_cases.triage_findings import Effect
from connector.use_cases.wishes import Wish

SHOWN = 20


class Given(TypedDict):
    """What is to be put aside and why, as click hands it over."""

    finding_id: str
    detector: str
    space: str
    principal: str
    site: str
    reason: str
    until: str


@click.command()
@click.argument("finding_id", metavar="[ID]", required=False, default="")
@click.option("--detector", default="", metavar="ID", help="All that a detector finds.")
@click.option("--space", default="", metavar="KEY", help="In this space.")
@click.option("--principal", default="", metavar="ACCOUNT", help="All about somebody.")
@site_option
@click.option("--reason", default="", metavar="TEXT", help="Why; others will ask.")
@click.option(
    "--until", default="", metavar="WHEN", help="A date, or a time such as 90d."
)
@click.option("--preview", is_flag=True, help="Show what it would hide; hide nothing.")
@click.option("--list", "is_list", is_flag=True, help="List what is put aside.")
@json_option
def suppress(
    *, preview: bool, is_list: bool, as_json: bool, **given: Unpack[Given]
) -> None:
    """Put findings aside, with a reason, and with an end if you like.

    A decision counts for the people and the level it was taken for: if somebody
    else gets in, or somebody gets further, the finding is back.

    Example: `casb suppress ID --reason "Agreed with legal" --until 90d`

    Example: `casb suppress --detector app-content-view --space DOCS --site
    acme.atlassian.net --reason "The search app may read it" --preview`

    Example: `casb suppress --principal ACCOUNT --site acme.atlassian.net
    --reason Auditor`

    Example: `casb suppress --list --site acme.atlassian.net`
    """
    current = settings()
    if is_list:
        _list(given["site"], as_json=as_json)
        return
    wish = _wish(given)
    with open_application(current) as application:
        triage = application.triage
        effect = triage.preview(wish) if preview else triage.suppress(wish)
    if as_json:
        print_json(_effect_document(effect, is_preview=preview))
    else:
        _print_effect(effect, is_preview=preview)


@click.command()
@click.argument("name", metavar="ID")
@json_option
def unsuppress(name: str, *, as_json: bool) -> None:
    """Bring back what was put aside; ID is a finding's or a suppression's.

    Example: `casb unsuppress ID`
    """
    with open_application(settings()) as application:
        suppression, count = application.triage.unsuppress(name)
    if as_json:
        print_json(suppression_document(suppression) | {"brought_back": count})
    else:
        say(f"Ended: {_words(suppression)}. Back: {count}.")


def _list(site: str, *, as_json: bool) -> None:
    with open_application(settings()) as application:
        found = application.triage.all(site)
    if as_json:
        print_json([suppression_document(each) for each in found])
        return
    if not found:
        note("Nothing is put aside.")
        return
    table = Table("What", "Reason", "By", "Until", "Id", box=None)
    for each in found:
        until = f"{each.until:%Y-%m-%d %H:%M} UTC" if each.until else "for good"
        table.add_row(
            cell(_words(each)), cell(each.reason), cell(each.by), until, each.id
        )
    results().print(table)


def _wish(given: Given) -> Wish:
    targets = {
        Scope.FINDING: given["finding_id"],
        Scope.DETECTOR: given["detector"],
        Scope.PRINCIPAL: given["principal"],
    }
    wanted = [(scope, target) for scope, target in targets.items() if target]
    if len(wanted) != 1:
        raise UsageError(
            "Name one thing to put aside.",
            "A finding's ID, or --detector with --space, or --principal.",
        )
    [(scope, target)] = wanted
    return Wish(
        scope,
        target,
        given["reason"],
        login_name(),
        given["site"],
        given["space"],
        _end(given["until"]),
    )


def _end(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.now(UTC) + duration_of(text)
    except ValueError:
        pass
    try:
        end = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--until {text} is no time.", "Write 90d, or a date such as 2027-03-31."
        ) from None
    return end if end.tzinfo else end.replace(tzinfo=UTC)


def _print_effect(effect: Effect, *, is_preview: bool) -> None:
    verb = "Would hide" if is_preview else "Hidden"
    say(f"{verb}: {len(effect.hidden)} of today's findings.")
    table = Table.grid(padding=(0, 2))
    for tracked in effect.hidden[:SHOWN]:
        table.add_row(
            cell(tracked.type.title),
            cell(where(tracked.finding)),
            cell(who(tracked.finding)),
        )
    results().print(table)
    if (more := len(effect.hidden) - SHOWN) > 0:
        say(f"and {more} more")
    if effect.narrowed:
        say(f"One person less in {len(effect.narrowed)} more.")
    if effect.surfaced:
        shown = counted(len(effect.surfaced), "weaker finding")
        say(f"No longer implied, and so in sight: {shown}.")
    if not is_preview:
        note(f"Bring it back with: casb unsuppress {effect.suppression.id}")


def _effect_document(effect: Effect, *, is_preview: bool) -> dict[str, object]:
    return {
        "is_preview": is_preview,
        "suppression": suppression_document(effect.suppression),
        "hidden": [tracked.id for tracked in effect.hidden],
        "narrowed": [tracked.id for tracked in effect.narrowed],
        "surfaced": [tracked.id for tracked in effect.surfaced],
    }


def _words(suppression: Suppression) -> str:
    place = f" in the space {suppression.space_id}" if suppression.space_id else ""
    return f"{suppression.scope} {suppression.target}{place}"

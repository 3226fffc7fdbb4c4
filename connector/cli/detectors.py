"""`casb detectors`."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import rich_click as click
from rich.table import Table
from rich.text import Text

from connector.bootstrap.application import Application, open_application
from connector.cli.documents import detector_document, installation_document
from connector.cli.lazy import ListingGroup
from connector.cli.options import assignments, json_option, settings, site_option
from connector.cli.output import cell, print_json, results, say, warn
from connector.cli.trying import dry_run
from connector.domain.counting import counted
from connector.domain.errors import NotFoundError
from connector.domain.installation import Installation
from connector.use_cases.manage_detectors import (
    DetectorState,
    DetectorView,
    PolicyChange,
)

STYLES = {
    DetectorState.ENABLED: "green",
    DetectorState.DISABLED: "dim",
    DetectorState.FAILED: "red",
}


@click.group(cls=ListingGroup)
def detectors() -> None:
    """Choose which detectors run on a site, and how.

    Detectors are packages; install one with pip and it is here. Without a verb they
    are listed.

    Example: `casb detectors`

    Example: `casb detectors disable app-content-view --site acme.atlassian.net`
    """


detectors.add_command(dry_run)


@detectors.command("list")
@site_option
@json_option
def list_detectors(site: str, *, as_json: bool) -> None:
    """List the detectors, and by name those that cannot be loaded.

    Example: `casb detectors list --site acme.atlassian.net`
    """
    with open_application(settings()) as application:
        views = application.manage_detectors.all(site)
    if as_json:
        print_json([detector_document(view) for view in views])
        return
    table = Table("Id", "Severity", "State", "Title", "Package", box=None)
    for view in views:
        if view.state is not DetectorState.FAILED:
            table.add_row(
                view.id,
                view.severity.value if view.severity else "",
                Text(view.state.value, STYLES[view.state]),
                cell(view.title),
                f"{view.distribution} {view.version}",
            )
    results().print(table)
    for view in views:
        if view.state is DetectorState.FAILED:
            whose = f"{view.id} ({view.distribution} {view.version})"
            warn(f"{whose} cannot be used: {view.reason}; {view.remedy}.")


@detectors.command()
@click.argument("detector_id", metavar="ID")
@site_option
@json_option
def show(detector_id: str, site: str, *, as_json: bool) -> None:
    """Show a detector: what it looks for, why, and what to do about it.

    Example: `casb detectors show unknown-content-edit`
    """
    with open_application(settings()) as application:
        view = application.manage_detectors.one(detector_id, site)
    if as_json:
        print_json(detector_document(view))
        return
    table = Table.grid(padding=(0, 2))
    for name, value in _facts(view):
        if value:
            table.add_row(cell(name, "bold"), cell(value))
    results().print(table)


@detectors.command()
@click.argument("detector_ids", nargs=-1, required=True, metavar="ID...")
@site_option
@json_option
def enable(detector_ids: tuple[str, ...], site: str, *, as_json: bool) -> None:
    """Let detectors run, and run them at once on what the last scan saw.

    Without --site on every connected site.

    Example: `casb detectors enable app-content-view`
    """
    _switch(detector_ids, site, on=True, as_json=as_json)


@detectors.command()
@click.argument("detector_ids", nargs=-1, required=True, metavar="ID...")
@site_option
@json_option
def disable(detector_ids: tuple[str, ...], site: str, *, as_json: bool) -> None:
    """Let detectors rest; what they found is resolved as retired.

    Without --site on every connected site.

    Example: `casb detectors disable app-content-view`
    """
    _switch(detector_ids, site, on=False, as_json=as_json)


@detectors.command()
@click.argument("detector_id", metavar="ID")
@click.argument("pairs", nargs=-1, required=True, metavar="NAME=VALUE...")
@site_option
@click.option(
    "--preview", is_flag=True, help="Show what another severity would change."
)
@json_option
def configure(
    detector_id: str, pairs: tuple[str, ...], site: str, *, preview: bool, as_json: bool
) -> None:
    """Change a detector's settings, or its severity; `default` undoes a change.

    Without --site on every connected site. Another severity reaches the findings
    that are known at once; for other settings the detectors look again at what the
    last scan saw.

    Example: `casb detectors configure external-access severity=high --preview`
    """
    with open_application(settings()) as application:
        changed = application.manage_detectors.configure(
            detector_id, assignments(pairs), site, is_preview=preview
        )
        _apply(application, changed, is_preview=preview, as_json=as_json)


def _switch(
    detector_ids: tuple[str, ...], site: str, *, on: bool, as_json: bool
) -> None:
    with open_application(settings()) as application:
        changed = application.manage_detectors.switch(detector_ids, site, on=on)
        _apply(application, changed, as_json=as_json)


def _apply(
    application: Application,
    changed: Sequence[PolicyChange],
    *,
    is_preview: bool = False,
    as_json: bool,
) -> None:
    """Bring the findings of the changed sites up to date; no call is made for it."""
    rows = []
    for each in changed:
        changes = Counter(change.type.value for change in each.regraded)
        if each.has_to_look and not is_preview:
            changes.update(_seen_again(application, each.installation))
        site = installation_document(each.installation)
        rows.append(site | {"is_preview": is_preview, "changes": dict(changes)})
        if not as_json:
            seen = ", ".join(
                counted(number, f"finding {word}", f"findings {word}")
                for word, number in _in_words(changes)
            )
            would = "would be " if is_preview and seen else ""
            url = each.installation.site.url
            say(f"{url}: {would}{seen or 'no finding changed'}")
    if as_json:
        print_json(rows)
    elif not changed:
        say("It was so already.")


def _seen_again(
    application: Application, installation: Installation
) -> Mapping[str, int]:
    try:
        return application.detect_stored(installation)
    except NotFoundError:
        return {}  # Never scanned: its first scan will see to it.


def _in_words(changes: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for word, number in changes.items():
        if word != "refreshed":
            yield word.replace("severity_changed", "graded anew"), number


def _facts(view: DetectorView) -> list[tuple[str, str]]:
    severity = view.severity.value if view.severity else ""
    if view.severity is not view.severity_default and view.severity_default:
        severity = f"{severity} (by itself {view.severity_default.value})"
    return [
        ("Id", view.id),
        ("Title", view.title),
        ("State", view.state.value),
        ("Severity", severity),
        ("Package", f"{view.distribution} {view.version}"),
        ("Why", view.rationale),
        ("What to do", view.remediation),
        ("Implied by", view.implied_by),
        ("Settings", ", ".join(f"{k}={v}" for k, v in view.config.items())),
        ("Failed", f"{view.reason}; {view.remedy}." if view.reason else ""),
    ]

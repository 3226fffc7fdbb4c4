"""`casb sites`."""

import rich_click as click
from rich.table import Table
from rich.text import Text

from connector.bootstrap.application import open_application
from connector.cli.documents import (
    alarm_document,
    installation_document,
    settings_document,
    site_document,
)
from connector.cli.lazy import ListingGroup
from connector.cli.options import assignments, json_option, settings
from connector.cli.output import cell, note, print_json, results, say
from connector.cli.site_life import LIFE, moment
from connector.cli.words import open_line
from connector.domain.counting import counted
from connector.domain.installation import Installation, InstallationState
from connector.domain.scan import ScanKind
from connector.use_cases.manage_sites import NAMES, SiteOverview

NO_SITES = "No site is connected yet. Connect one with: casb install"


@click.group(cls=ListingGroup)
def sites() -> None:
    """Show the connected sites, change their settings, pause and uninstall them.

    SITE is a cloud id or a URL. Without a verb the sites are listed.

    Example: `casb sites`

    Example: `casb sites show https://acme.atlassian.net`

    Example: `casb sites set acme.atlassian.net internal_domains=acme.example,acme.test`
    """


@sites.command("list")
@json_option
def list_sites(*, as_json: bool) -> None:
    """List the connected sites.

    Example: `casb sites list --json`
    """
    with open_application(settings()) as application:
        overviews = application.manage_sites.all()
    if as_json:
        print_json([site_document(overview) for overview in overviews])
        return
    if not overviews:
        note(NO_SITES)
        return
    names = ("Site", "State", "Health", "Open findings", "Last scan", "Cloud id")
    table = Table(*names, box=None)
    for number in (0, len(names) - 1):
        table.columns[number].no_wrap, table.columns[number].overflow = True, "fold"
    for overview in overviews:
        installation = overview.installation
        table.add_row(
            cell(installation.site.url),
            _state(installation),
            _health_in_short(overview),
            _open(overview),
            _last_scan(overview),
            installation.site.cloud_id,
        )
    results().print(table)


@sites.command()
@click.argument("site")
@json_option
def show(site: str, *, as_json: bool) -> None:
    """Show one site: its state, its settings, its last scan.

    Example: `casb sites show acme.atlassian.net`
    """
    with open_application(settings()) as application:
        overview = application.manage_sites.overview(site)
        alarms = application.manage_sites.alarms(overview.installation.site.cloud_id)
    if as_json:
        standing = {"alarms": [alarm_document(alarm) for alarm in alarms]}
        print_json(site_document(overview) | standing)
        return
    installation = overview.installation
    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("Site", installation.site.url),
        ("Name", installation.site.name),
        ("Cloud id", installation.site.cloud_id),
        ("State", _state(installation)),
        ("Beneath", installation.trail.beneath or ""),
        ("Note", installation.note),
        ("Stale since", moment(installation.trail.stopped_at)),
        ("Alarm", " ".join(f"{it.message} {it.remedy}" for it in alarms)),
        ("Profile", installation.profile),
        ("Scopes", ", ".join(sorted(installation.scopes))),
        ("Installed", moment(installation.installed_at)),
        ("Installed by", installation.installing_account),
        ("Uninstalled", _ended(installation)),
        ("Last scan", _last_scan(overview)),
        ("Open findings", _open(overview)),
        ("Health", _health(overview)),
    ):
        if value:
            table.add_row(
                cell(name, "bold"), value if isinstance(value, Text) else cell(value)
            )
    results().print(table)
    say("")
    _print_settings(installation)


@sites.command("set")
@click.argument("site")
@click.argument("pairs", nargs=-1, required=True, metavar="NAME=VALUE...")
@json_option
def set_site(site: str, pairs: tuple[str, ...], *, as_json: bool) -> None:
    """Change settings of a site; they count from its next scan on.

    Lists are divided by commas, an empty value clears one, switches are true or
    false.

    Example: `casb sites set acme.atlassian.net internal_domains=acme.example`

    Example: `casb sites set acme.atlassian.net spaces_exclude=TEST,~bob scan_every=12h`
    """
    with open_application(settings()) as application:
        changed = application.manage_sites.set(site, assignments(pairs))
    if as_json:
        print_json(installation_document(changed))
    else:
        _print_settings(changed)


def _print_settings(installation: Installation) -> None:
    values = settings_document(installation.settings)
    table = Table("Setting", "Value", box=None)
    for name in NAMES:
        value = values[name]
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        table.add_row(name, cell(shown.lower() if isinstance(value, bool) else shown))
    results().print(table)


def _state(installation: Installation) -> Text:
    is_well = installation.state is InstallationState.ACTIVE
    return Text(installation.state.value, "green" if is_well else "yellow")


def _health_in_short(overview: SiteOverview) -> Text:
    """Return what is wrong with a site, in so many words as a table has room for."""
    installation = overview.installation
    if installation.reason:
        return cell(installation.reason.replace("_", " "), "yellow")
    warnings = overview.report.warnings if overview.report else ()
    if warnings:
        return cell(counted(len(warnings), "warning"), "yellow")
    return cell("well" if installation.state.may_scan else "")


def _ended(installation: Installation) -> str:
    if installation.ended_at is None:
        return ""
    erased = installation.due_at
    rest = f"; what was found is kept until {erased:%Y-%m-%d}" if erased else ""
    return f"{moment(installation.ended_at)}{rest}"


def _open(overview: SiteOverview) -> str:
    standing = overview.open_findings
    return open_line(standing.by_severity, standing.implied)


def _health(overview: SiteOverview) -> Text:
    """Return, a line each, what deserves a look in the last scan that ended."""
    warnings = overview.report.warnings if overview.report else ()
    return Text("\n").join(cell(sentence, "yellow") for sentence in warnings)


def _last_scan(overview: SiteOverview) -> str:
    scan = overview.last_scan
    if scan is None:
        return "never"
    at = scan.finished_at or scan.started_at
    kind = "" if scan.kind is ScanKind.FULL else f", {scan.kind.value}"
    return f"{at:%Y-%m-%d %H:%M} UTC{kind}, {scan.status.value}"


for verb in LIFE:
    sites.add_command(verb)

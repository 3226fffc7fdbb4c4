"""`casb sites`."""

import rich_click as click
from rich.table import Table
from rich.text import Text

from connector.bootstrap.application import open_application
from connector.cli.documents import (
    installation_document,
    settings_document,
    site_document,
)
from connector.cli.lazy import ListingGroup
from connector.cli.options import assignments, json_option, settings
from connector.cli.output import cell, note, print_json, results, say
from connector.domain.installation import Installation, InstallationState
from connector.use_cases.manage_sites import NAMES, SiteOverview

NO_SITES = "No site is connected yet. Connect one with: casb install"


@click.group(cls=ListingGroup)
def sites() -> None:
    """Show the connected sites and change their settings.

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
    table = Table("Site", "State", "Open findings", "Last scan", "Cloud id", box=None)
    for overview in overviews:
        installation = overview.installation
        table.add_row(
            cell(installation.site.url),
            _state(installation),
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
    if as_json:
        print_json(site_document(overview))
        return
    installation = overview.installation
    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("Site", installation.site.url),
        ("Name", installation.site.name),
        ("Cloud id", installation.site.cloud_id),
        ("State", _state(installation)),
        ("Note", installation.note),
        ("Profile", installation.profile),
        ("Scopes", ", ".join(sorted(installation.scopes))),
        ("Installed", f"{installation.installed_at:%Y-%m-%d %H:%M} UTC"),
        ("Installed by", installation.installing_account),
        ("Last scan", _last_scan(overview)),
        ("Open findings", _open(overview)),
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


def _open(overview: SiteOverview) -> str:
    counts = overview.open_findings.items()
    return ", ".join(f"{count} {severity}" for severity, count in counts) or "none"


def _last_scan(overview: SiteOverview) -> str:
    scan = overview.last_scan
    if scan is None:
        return "never"
    at = scan.finished_at or scan.started_at
    return f"{at:%Y-%m-%d %H:%M} UTC, {scan.status.value}"

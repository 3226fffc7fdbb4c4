"""`casb demo`: the whole way, from a consent to the findings, on a simulated site."""

from collections import Counter
from pathlib import Path

import rich_click as click
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from casb_sdk.cloud.sites.demo_people import INTERNAL_DOMAIN, SITE
from connector.app import create_app
from connector.bootstrap.application import Application, open_application
from connector.bootstrap.installing import install_site
from connector.bootstrap.migrating import migrate_database
from connector.bootstrap.rendering import OCSF, as_json_lines, finding_row
from connector.cli.demo_serving import serve_demo
from connector.cli.demo_world import (
    Cloud,
    consent_in_a_browser,
    demo_settings,
    simulated_cloud,
)
from connector.cli.documents import report_document, site_document
from connector.cli.finding_cards import print_findings, severity_line
from connector.cli.installing import wait
from connector.cli.local_server import serving
from connector.cli.logs import start_logs
from connector.cli.options import json_option
from connector.cli.output import messages, print_json, results
from connector.cli.scan_running import run_scan
from connector.cli.scanning import changes_line, coverage_line
from connector.cli.words import more_implied
from connector.domain.counting import counted
from connector.domain.finding_state import Status, TrackedFinding
from connector.domain.installation import Installation
from connector.domain.scan import ScanReport
from connector.use_cases.list_findings import Wanted

FOLDER = Path("demo")
OCSF_FILE = FOLDER / "findings.ocsf.ndjson"
ASKED_BY = "casb demo"
OPEN = Wanted(statuses=frozenset({Status.OPEN}))
INTRODUCTION = (
    "A simulated Atlassian cloud, a real installation over OAuth 2.0, a real scan.\n"
    f"Nothing leaves this machine; everything is kept in {FOLDER}/."
)


@click.command()
@click.option("--serve", is_flag=True, help="Leave the web page running.")
@json_option
def demo(*, serve: bool, as_json: bool) -> None:
    """Try it: install a simulated site, scan it, show who outside gets in.

    Needs no settings and no network, and writes below demo/ only. Run it again and
    it goes on with what it has.

    Example: `casb demo`

    Example: `casb demo --serve`
    """
    title = Text("CASB connector for Confluence Cloud", "bold")
    messages().print(Panel(INTRODUCTION, title=title, expand=False, style="cyan"))
    with simulated_cloud() as cloud:
        current = demo_settings(FOLDER, cloud, likes_fixed_port=serve)
        start_logs(current.log)
        migrate_database(current)
        with open_application(current) as application:
            installation = _install(application, cloud)
            report = run_scan(application, installation)
            found = list(application.list_findings(OPEN))
            _write_ocsf(found)
            if as_json:
                _print_document(application, installation, report, found)
            else:
                print_findings(each for each in found if not each.implied_by)
                _print_summary(report, found, current.points_per_hour)
        if serve:
            serve_demo(current)


def _install(application: Application, cloud: Cloud) -> Installation:
    _done(f"Simulated Atlassian cloud started at {cloud.url}")
    installing = install_site(application)
    public_url = application.settings.public_url
    with serving(create_app(application, is_brief=True), public_url):
        ticket = installing.ask(SITE.url, ASKED_BY)
        consent_in_a_browser(f"{public_url}/install?ticket={ticket.secret}")
        installation = installing.installed(wait(installing, ticket.consent))
    _done(
        f"{installation.site.url} connected: {len(installation.scopes)} scopes to "
        "read, none to write; tokens stored encrypted"
    )
    _done(f"Told it that {INTERNAL_DOMAIN} is us: casb sites set internal_domains=…")
    return application.manage_sites.set(
        installation.site.cloud_id, {"internal_domains": INTERNAL_DOMAIN}
    )


def _write_ocsf(found: list[TrackedFinding]) -> None:
    draft = OCSF_FILE.with_suffix(".part")
    with draft.open("wb") as file:
        file.writelines(as_json_lines(finding_row(each, OCSF) for each in found))
    draft.replace(OCSF_FILE)


def _print_document(
    application: Application,
    installation: Installation,
    report: ScanReport,
    found: list[TrackedFinding],
) -> None:
    overview = application.manage_sites.overview(installation.site.cloud_id)
    print_json(
        {
            "site": site_document(overview),
            "scan": report_document(report),
            "findings": [finding_row(each) for each in found],
            "ocsf_file": str(OCSF_FILE),
        }
    )


def _print_summary(
    report: ScanReport, found: list[TrackedFinding], points_per_hour: int
) -> None:
    shown = [each for each in found if not each.implied_by]
    spent = report.spending
    share = 100 * spent.points / points_per_hour
    findings = severity_line(Counter(each.severity for each in shown))
    findings.append(more_implied(len(found) - len(shown)), "dim")
    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("Findings", findings),
        (
            "Covered",
            f"{counted(report.spaces, 'space')}, {counted(report.items, 'item')}, "
            f"coverage {coverage_line(report)}",
        ),
        (
            "Spent",
            f"{counted(spent.calls, 'call')}, {counted(spent.points, 'point')} "
            f"({share:.1f} % of what an hour allows)",
        ),
        ("Changed", changes_line(report)),
        ("Written", f"{OCSF_FILE} ({counted(len(found), 'OCSF event')})"),
        ("Look closer", f"cd {FOLDER} && casb findings show ID"),
    ):
        table.add_row(Text(name, "bold"), value)
    results().print(Panel(table, expand=False, style="cyan"))


def _done(sentence: str) -> None:
    messages().print(Text.assemble(("✓ ", "bold green"), sentence), soft_wrap=True)

"""`casb detectors dry-run`."""

import rich_click as click
from rich.table import Table

from connector.bootstrap.application import Application, open_application
from connector.bootstrap.rendering import finding_row
from connector.cli.options import json_option, settings, site_option
from connector.cli.output import cell, note, print_json, results, say
from connector.cli.words import reach, where, who
from connector.domain.counting import counted
from connector.domain.errors import NotFoundError
from connector.domain.installation import Installation
from connector.use_cases.dry_run import DryRun, Trial
from connector.use_cases.manage_sites import CONNECT

SHOWN = 20


@click.command("dry-run")
@click.argument("detector_id", metavar="ID")
@site_option
@json_option
def dry_run(detector_id: str, site: str, *, as_json: bool) -> None:
    """Say what a detector would find on what the last scan saw; nothing is kept.

    It need not be enabled. Atlassian is not asked. Without --site on every
    connected site.

    Example: `casb detectors dry-run app-content-view --site acme.atlassian.net`
    """
    with open_application(settings()) as application:
        view = application.manage_detectors.one(detector_id, site)
        if view.reason:
            raise NotFoundError(f"The detector {view.id} did not load: {view.reason}.")
        trials = [
            (installation, _tried(application, installation, view.id))
            for installation in _sites(application, site)
        ]
    if as_json:
        print_json([_document(*each) for each in trials])
        return
    for installation, trial in trials:
        _print(installation, trial)


def _sites(application: Application, site: str) -> list[Installation]:
    if site:
        return [application.manage_sites.known(site)]
    with application.begin(write=False) as stores:
        connected = list(stores.installations.all())
    if not connected:
        raise NotFoundError("No site is connected.", CONNECT)
    return connected


def _tried(
    application: Application, installation: Installation, detector_id: str
) -> Trial:
    trying = DryRun(
        application.begin,
        application.detectors,
        application.finding_types,
        application.now,
        application.shipped_apps(),
    )
    return trying(installation, detector_id)


def _print(installation: Installation, trial: Trial) -> None:
    found = len(trial.new) + len(trial.known)
    say(
        f"{installation.site.url}: would find {counted(found, 'problem')}, "
        f"{len(trial.new)} of them new; {len(trial.gone)} would end"
    )
    table = Table("Where", "Who", "Reach", box=None)
    for tracked in trial.new[:SHOWN]:
        finding = tracked.finding
        table.add_row(cell(where(finding)), cell(who(finding)), cell(reach(finding)))
    if table.row_count:
        results().print(table)
    if len(trial.new) > SHOWN:
        note(f"and {len(trial.new) - SHOWN} more: `--json` lists them all.")


def _document(installation: Installation, trial: Trial) -> dict[str, object]:
    return {
        "cloud_id": installation.site.cloud_id,
        "url": installation.site.url,
        "new": list(map(finding_row, trial.new)),
        "known": list(map(finding_row, trial.known)),
        "gone": list(map(finding_row, trial.gone)),
    }

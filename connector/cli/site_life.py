"""`casb sites pause|resume|check|log|uninstall`: what may befall a site."""

import sys
from datetime import datetime

import rich_click as click
from click import confirm
from rich.table import Table

from connector.bootstrap.application import Application, open_application
from connector.bootstrap.caring import reconcile, uninstall_site
from connector.cli.documents import entry_document, installation_document
from connector.cli.options import json_option, settings
from connector.cli.output import cell, note, print_json, results, say
from connector.domain.care import LogEntry
from connector.domain.errors import ConflictError, ConsentError
from connector.domain.installation import Installation, InstallationState

State = InstallationState
BY = "casb sites uninstall"
NEEDS_CONSENT = frozenset({State.REAUTH_REQUIRED, State.ACCESS_LOST})


@click.command()
@click.argument("site")
@json_option
def pause(site: str, *, as_json: bool) -> None:
    """Pause a site: it is not scanned until you resume it.

    Its consent is kept alive and checked meanwhile. A scan that runs now ends first.

    Example: `casb sites pause acme.atlassian.net`
    """
    with open_application(settings()) as application:
        paused = application.manage_sites.pause(site, application.now())
    _print(
        paused,
        f"{paused.site.url} is paused. End that with: casb sites resume "
        f"{paused.site.url}",
        as_json=as_json,
    )


@click.command()
@click.argument("site")
@json_option
def resume(site: str, *, as_json: bool) -> None:
    """End a pause: the site is scanned again.

    Example: `casb sites resume acme.atlassian.net`
    """
    with open_application(settings()) as application:
        resumed = application.manage_sites.resume(site, application.now())
    _print(resumed, _standing(resumed), as_json=as_json)


@click.command()
@click.argument("site")
@json_option
def check(site: str, *, as_json: bool) -> None:
    """Check a site now: is it there, what does its consent hold, what can be read?

    The worker does so every day. Ends with 3 where a new consent is needed.

    Example: `casb sites check acme.atlassian.net`
    """
    with open_application(settings()) as application:
        installation = application.manage_sites.site(site)
        checked = reconcile(application).site(installation.id)
    _print(checked, _standing(checked), as_json=as_json)
    if checked.state in NEEDS_CONSENT:
        remedy = f"Renew the consent: `casb install --site {checked.site.url}`."
        raise ConsentError(f"{checked.site.url} needs a consent.", remedy)


@click.command()
@click.argument("site")
@click.option("--limit", default=100, show_default=True, help="How many entries.")
@json_option
def log(site: str, limit: int, *, as_json: bool) -> None:
    """Show what befell a site: installed, degraded, paused, uninstalled, and why.

    Example: `casb sites log acme.atlassian.net`
    """
    with open_application(settings()) as application:
        entries = application.manage_sites.log(site, limit)
    if as_json:
        print_json([entry_document(entry) for entry in entries])
        return
    if not entries:
        note("Nothing has befallen this site yet.")
        return
    table = Table("When", "What", "Detail", box=None)
    for entry in entries:
        table.add_row(moment(entry.at), entry.notice.kind.value, cell(_detail(entry)))
    results().print(table)


@click.command()
@click.argument("site")
@click.option("--purge", is_flag=True, help="Erase everything now, not in 21 days.")
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
@json_option
def uninstall(site: str, *, purge: bool, yes: bool, as_json: bool) -> None:
    """Uninstall a site: erase its tokens, withdraw its findings.

    What was found is kept for 21 days, so that consumers of the export learn of the
    end, and then erased but for a tombstone. With --purge it is erased at once, also
    of a site that was uninstalled before.

    Example: `casb sites uninstall acme.atlassian.net`

    Example: `casb sites uninstall acme.atlassian.net --purge --yes`
    """
    with open_application(settings()) as application:
        known = application.manage_sites.known(site)
        _require_sense(known, purge=purge)
        if not yes:
            _confirm(known, purge=purge)
        gone = _uninstalled(application, known, purge=purge)
    url = known.site.url
    if purge:
        said = f"{url} is uninstalled, and everything that was kept of it is erased."
    else:
        until = f"{gone.due_at:%Y-%m-%d}" if gone.due_at else "soon"
        said = f"{url} is uninstalled. What was found is kept until {until}."
    _print(gone, said, as_json=as_json)
    if not as_json:
        note(
            "The app's grant stays listed at Atlassian; its owner may revoke it there."
        )


LIFE = (pause, resume, check, log, uninstall)


def moment(at: datetime | None) -> str:
    """Return a time as people read it."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _require_sense(known: Installation, *, purge: bool) -> None:
    if known.state is State.PURGED:
        raise ConflictError(f"{known.site.url} was uninstalled and purged.")
    if known.state is State.UNINSTALLED and not purge:
        raise ConflictError(
            f"{known.site.url} is uninstalled already.",
            "Erase what is kept of it with --purge.",
        )


def _confirm(known: Installation, *, purge: bool) -> None:
    """Ask, if anybody is there; a script means what it says."""
    if sys.stdin.isatty():
        rest = "erase everything that was found" if purge else "withdraw its findings"
        confirm(f"Uninstall {known.site.url} and {rest}?", abort=True, err=True)


def _uninstalled(
    application: Application, known: Installation, *, purge: bool
) -> Installation:
    uninstalling = uninstall_site(application)
    gone = known
    if known.state is not State.UNINSTALLED:
        gone = uninstalling(known, BY)
    if purge:
        uninstalling.purge_site(known.site.cloud_id)
        gone = application.manage_sites.installation(gone.id)
    return gone


def _print(installation: Installation, sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(installation_document(installation))
    else:
        say(sentence)


def _standing(installation: Installation) -> str:
    url, state = installation.site.url, installation.state
    if state is State.SUSPENDED:
        state_beneath = installation.trail.beneath or State.VERIFYING
        return f"{url} is paused; beneath that it is {state_beneath.value}."
    return f"{url} is {state.value}. {installation.note}".strip()


def _detail(entry: LogEntry) -> str:
    detail = entry.notice.detail
    if note_ := detail.get("note"):
        return note_
    return ", ".join(f"{name}: {value}" for name, value in detail.items() if value)

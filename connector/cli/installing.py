"""`casb install`."""

import threading
import time
from contextlib import AbstractContextManager, nullcontext

import rich_click as click
from rich.console import Console
from rich.table import Table

from connector.app import create_app
from connector.bootstrap.application import Application, open_application
from connector.bootstrap.installing import install_site
from connector.cli.documents import installation_document
from connector.cli.local_server import OUR_NAME, serving, who_answers
from connector.cli.options import json_option, settings, site_option
from connector.cli.output import (
    cell,
    messages,
    note,
    print_json_line,
    results,
    say,
    warn,
)
from connector.domain.consent import Consent, ConsentStatus
from connector.domain.errors import CasbError, ConsentError
from connector.domain.installation import Installation, InstallationState
from connector.use_cases.install_site import InstallSite

SECONDS_BETWEEN_LOOKS = 0.25
SECONDS_TO_READ = 5.0
ASKED_BY = "casb install"
NOT_WHOLE = frozenset({InstallationState.DEGRADED, InstallationState.VERIFYING})


@click.command()
@site_option
@json_option
def install(site: str, *, as_json: bool) -> None:
    """Connect a Confluence site over OAuth 2.0.

    Prints a one-time link. Open it in a browser, consent on Atlassian's page as an
    administrator of the site, and the site is connected. The link works for an hour.

    With --json two lines are printed: the link, then the installation.

    Example: `casb install --site https://acme.atlassian.net`
    """
    with open_application(settings()) as application:
        installation = connect(application, site, as_json=as_json)
    if installation.state in NOT_WHOLE:
        raise ConsentError(installation.note)


def connect(application: Application, site: str, *, as_json: bool) -> Installation:
    """Offer the link, wait for the consent, print what it came to."""
    installing = install_site(application)
    public_url = application.settings.public_url
    with _served(application) as page_was_seen:
        ticket = installing.ask(site, ASKED_BY)
        link = f"{public_url}/install?ticket={ticket.secret}"
        if as_json:
            expires_at = ticket.consent.expires_at.isoformat()
            print_json_line({"link": link, "expires_at": expires_at})
        else:
            say(f"Open this link to connect a site: {link}")
            results().file.flush()
        try:
            consent = wait(installing, ticket.consent)
        except CasbError:
            page_was_seen.wait(SECONDS_TO_READ)
            raise
        page_was_seen.wait(SECONDS_TO_READ)
    installation = installing.installed(consent)
    if as_json:
        print_json_line(installation_document(installation))
    else:
        print_installation(installation)
    return installation


def wait(installing: InstallSite, consent: Consent) -> Consent:
    """Wait until an attempt is over; raise what it failed with."""
    with _patience(messages()):
        while True:
            consent = installing.attempt(consent.id)
            if consent.status is ConsentStatus.FAILED:
                raise consent.failure
            if consent.status is ConsentStatus.DONE:
                return consent
            time.sleep(SECONDS_BETWEEN_LOOKS)


def print_installation(installation: Installation) -> None:
    """Print a fresh installation."""
    site = installation.site
    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("Connected", f"{site.name} ({site.url})" if site.name else site.url),
        ("Cloud id", site.cloud_id),
        ("State", installation.state.value),
        ("Account", installation.installing_account),
    ):
        table.add_row(cell(name, "bold"), cell(value))
    results().print(table)
    note(f"Scan it with: casb scan {site.url}")


def _served(application: Application) -> AbstractContextManager[threading.Event]:
    """Serve the link's address, unless somebody does already.

    The event says that the browser has its last page, and the server may go.
    """
    public_url = application.settings.public_url
    name = who_answers(public_url)
    if name is None:
        return serving(create_app(application, is_brief=True), public_url)
    if name != OUR_NAME:
        warn(
            f"What answers at CASB_PUBLIC_URL ({public_url}) does not look like this "
            "connector; the link may not work."
        )
    nothing_to_wait_for = threading.Event()
    nothing_to_wait_for.set()
    return nullcontext(nothing_to_wait_for)


def _patience(console: Console) -> AbstractContextManager[object]:
    if not console.is_terminal:
        return nullcontext()
    return console.status("Waiting for the consent; Ctrl-C stops.")

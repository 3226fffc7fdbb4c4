"""`casb clients`."""

from datetime import datetime, timedelta

import rich_click as click
from rich.table import Table

from connector.bootstrap.application import open_application
from connector.bootstrap.exporting import manage_clients
from connector.cli.client_documents import (
    client_document,
    credential_document,
    issued_document,
)
from connector.cli.lazy import ListingGroup
from connector.cli.options import json_option, settings
from connector.cli.output import cell, note, print_json, results, say
from connector.domain.client import DEFAULT_LIMIT, Credential, RateLimit, Scope
from connector.domain.durations import duration_of
from connector.domain.errors import UsageError
from connector.use_cases.manage_clients import ClientOrder, ClientView, Issued

NO_CLIENTS = "There is no client yet. Make one with: casb clients create"
ONCE = "The secrets are shown this once and are not stored. Keep them safe."


@click.group(cls=ListingGroup)
def clients() -> None:
    """Let consumers of the export in, and out again.

    CLIENT is a name or an id. Without a verb the clients are listed.

    Example: `casb clients create siem --site acme.atlassian.net --expires 90d`
    """


@clients.command()
@click.argument("name")
@click.option("--site", "sites", multiple=True, required=True, metavar="SITE")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    default=[Scope.FINDINGS_READ.value],
    show_default=True,
    help="What it may do; may be repeated.",
)
@click.option("--expires", default="", metavar="90d", help="How long secrets work.")
@click.option(
    "--address",
    "addresses",
    multiple=True,
    metavar="CIDR",
    help="From where it may come; may be repeated.",
)
@click.option(
    "--rate",
    type=click.IntRange(1, 1_000_000),
    default=DEFAULT_LIMIT.requests,
    show_default=True,
    help="Requests a minute.",
)
@json_option
def create(  # noqa: PLR0913 - one argument an option
    name: str,
    sites: tuple[str, ...],
    scopes: tuple[str, ...],
    expires: str,
    addresses: tuple[str, ...],
    rate: int,
    *,
    as_json: bool,
) -> None:
    """Make a client: prints an API key and an OAuth client id and secret, once.

    It sees the named sites and no others.

    Example: `casb clients create siem --site acme.atlassian.net`

    Example: `casb clients create lake --site acme.atlassian.net
    --scope findings:read --scope findings:evidence --address 192.0.2.0/24`
    """
    order = ClientOrder(
        name,
        sites,
        frozenset(map(Scope, scopes)),
        _life(expires),
        addresses,
        RateLimit(rate),
        "casb clients",
    )
    with open_application(settings()) as application:
        issued = manage_clients(application).create(order)
        _tell(issued, application.settings.public_url, as_json=as_json)


@clients.command("list")
@json_option
def list_clients(*, as_json: bool) -> None:
    """List the clients.

    Example: `casb clients list --json`
    """
    with open_application(settings()) as application:
        views, now = manage_clients(application).all(), application.now()
    if as_json:
        print_json([client_document(view, now) for view in views])
        return
    if not views:
        note(NO_CLIENTS)
        return
    table = Table("Client", "Id", "Sites", "Scopes", "Last used", "Works until")
    table.box = None
    for view in views:
        live = [each for each in view.credentials if each.is_live(now)]
        table.add_row(
            cell(view.client.name),
            view.client.id,
            cell(", ".join(sorted(view.client.site_ids))),
            ", ".join(sorted(view.client.scopes)),
            _last_use(view),
            _end(live),
        )
    results().print(table)


@clients.command()
@click.argument("client")
@json_option
def show(client: str, *, as_json: bool) -> None:
    """Show a client: its credentials without their secrets, and its last pulls.

    Example: `casb clients show siem`
    """
    with open_application(settings()) as application:
        view, now = manage_clients(application).show(client), application.now()
    if as_json:
        print_json(client_document(view, now))
        return
    say(f"{view.client.name} ({view.client.id})")
    say(f"Sites: {', '.join(sorted(view.client.site_ids))}")
    say(f"Scopes: {', '.join(sorted(view.client.scopes))}")
    table = Table("Credential", "Kind", "Made", "Works until", "Last used", box=None)
    for each in view.credentials:
        table.add_row(
            each.shown,
            each.kind.value,
            _day(each.created_at),
            _end([each]) if each.is_live(now) else "ended",
            _day(each.last_used_at),
        )
    results().print(table)
    pulls = Table("Pulled", "Endpoint", "Rows", "To", "From address", box=None)
    for pull in view.pulls:
        position = "" if pull.to_seq is None else str(pull.to_seq)
        pulls.add_row(
            _day(pull.at), pull.endpoint, str(pull.rows), position, pull.address
        )
    results().print(pulls)


@clients.command()
@click.argument("client")
@click.option("--expires", default="", metavar="90d", help="How long they work.")
@click.option("--at-once", is_flag=True, help="End the secrets before them now.")
@json_option
def rotate(client: str, expires: str, *, at_once: bool, as_json: bool) -> None:
    """Give a client fresh secrets; the ones before work until the next rotation.

    Example: `casb clients rotate siem`
    """
    with open_application(settings()) as application:
        issued = manage_clients(application).rotate(
            client, _life(expires), at_once=at_once
        )
        _tell(issued, application.settings.public_url, as_json=as_json)


@clients.command()
@click.argument("client")
@click.option("--credential", default="", metavar="ID", help="Only this one.")
@json_option
def revoke(client: str, credential: str, *, as_json: bool) -> None:
    """End the credentials of a client and their tokens, at once.

    The client stays; `casb clients rotate` lets it in again.

    Example: `casb clients revoke siem --credential 3f9a0c11d2e4b586`
    """
    with open_application(settings()) as application:
        ended = manage_clients(application).revoke(client, credential)
        now = application.now()
    if as_json:
        print_json([credential_document(each, now) for each in ended])
        return
    for each in ended:
        say(f"{each.shown} is revoked.")


@clients.command()
@click.argument("client")
@json_option
def delete(client: str, *, as_json: bool) -> None:
    """Forget a client; what it pulled stays on record.

    Example: `casb clients delete siem`
    """
    with open_application(settings()) as application:
        gone = manage_clients(application).delete(client)
        now = application.now()
    if as_json:
        print_json(client_document(ClientView(gone), now))
    else:
        say(f"{gone.name} is deleted.")


def _tell(issued: Issued, public_url: str, *, as_json: bool) -> None:
    document = issued_document(issued, public_url)
    if as_json:
        print_json(document)
        return
    table = Table.grid(padding=(0, 2))
    for name, label in (
        ("name", "Client"),
        ("api_key", "API key"),
        ("client_id", "OAuth client id"),
        ("client_secret", "OAuth client secret"),
        ("token_url", "Token URL"),
        ("export_url", "Export URL"),
        ("expires_at", "Works until"),
    ):
        value = document[name]
        shown = _day(value) if isinstance(value, datetime) else value
        if shown:
            table.add_row(cell(label, "bold"), cell(shown))
    results().print(table, soft_wrap=True)
    note(ONCE)


def _life(text: str) -> timedelta | None:
    if not text:
        return None
    try:
        return duration_of(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no stretch of time.", "Write 90d, 12h or the like."
        ) from None


def _last_use(view: ClientView) -> str:
    uses = [each.last_used_at for each in view.credentials if each.last_used_at]
    return _day(max(uses, default=None))


def _end(live: list[Credential]) -> str:
    if not live:
        return "revoked or expired"
    ends = [each.expires_at for each in live if each.expires_at]
    return "for good" if len(ends) < len(live) else _day(max(ends))


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"

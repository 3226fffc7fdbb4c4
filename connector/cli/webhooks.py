"""`casb webhooks`: say where changes are pushed, and see how that goes."""

from typing import TypedDict, Unpack

import rich_click as click

from casb_sdk import Severity
from connector.bootstrap.application import Application, open_application
from connector.bootstrap.pushing import manage_webhooks
from connector.cli.lazy import ListingGroup
from connector.cli.options import json_option, login_name, settings
from connector.cli.output import note, print_json, say
from connector.cli.webhook_tables import (
    delivery_document,
    delivery_line,
    delivery_table,
    print_webhook,
    signed_document,
    webhook_document,
    webhook_table,
)
from connector.domain.export_forms import (
    DEFAULT_OCSF_VERSION,
    OCSF_VERSIONS,
    Form,
    SchemaName,
)
from connector.domain.feed import FeedFilter
from connector.domain.finding_state import Status
from connector.domain.webhook import Delivery, DeliveryState, Wrapping
from connector.use_cases.manage_sites import site_named
from connector.use_cases.manage_webhooks import Signed, WebhookOrder, WebhookView

FAILED, UNREACHED = 1, 4
ONCE = "The secret is shown this once and is not stored in the clear. Keep it safe."
NO_WEBHOOKS = "There is no webhook yet. Make one with: casb webhooks create"


class Wanted(TypedDict):
    """What is to be pushed, as click hands it over."""

    sites: tuple[str, ...]
    finding_types: tuple[str, ...]
    min_severity: str
    statuses: tuple[str, ...]
    implied: str
    schema: str
    ocsf_version: str
    evidence: bool
    cloudevents: bool


@click.group(cls=ListingGroup)
def webhooks() -> None:
    """Push changes to a receiver, signed; a webhook belongs to a client.

    ID is that of a webhook. Without a verb the webhooks are listed. The worker
    delivers (`casb serve` or `casb worker`).

    Example: `casb webhooks create https://siem.example.com/hook --client siem`
    """


@webhooks.command()
@click.argument("url")
@click.option("--client", required=True, metavar="NAME", help="Whose it is.")
@click.option("--site", "sites", multiple=True, metavar="SITE", help="Only this site.")
@click.option("--finding-type", "finding_types", multiple=True, metavar="ID")
@click.option("--min-severity", type=click.Choice([*map(str, Severity)]), default=None)
@click.option(
    "--status", "statuses", multiple=True, type=click.Choice([*map(str, Status)])
)
@click.option("--implied", type=click.Choice(["include", "exclude"]), default="include")
@click.option("--schema", type=click.Choice([*map(str, SchemaName)]), default="native")
@click.option(
    "--ocsf-version",
    type=click.Choice(OCSF_VERSIONS),
    default=DEFAULT_OCSF_VERSION,
    help="With the schema ocsf.",
)
@click.option("--evidence", is_flag=True, help="Accounts and paths too.")
@click.option("--cloudevents", is_flag=True, help="Bodies are CloudEvents 1.0.")
@click.option("--from-start", is_flag=True, help="Push what is there already, too.")
@json_option
def create(
    *,
    url: str,
    client: str,
    from_start: bool,
    as_json: bool,
    **wanted: Unpack[Wanted],
) -> None:
    """Make a webhook: prints its secret, once.

    It is told of changes on its client's sites from now on.

    Example: `casb webhooks create https://siem.example.com/hook --client siem
    --min-severity high`
    """
    with open_application(settings()) as application:
        order = WebhookOrder(
            url,
            _filter(application, wanted),
            Form(
                SchemaName(wanted["schema"]),
                wanted["ocsf_version"],
                with_evidence=wanted["evidence"],
            ),
            Wrapping.CLOUDEVENTS if wanted["cloudevents"] else Wrapping.PLAIN,
            from_start,
            login_name(),
        )
        _tell(manage_webhooks(application).create(client, order), as_json=as_json)


@webhooks.command("list")
@click.option("--client", default="", metavar="NAME", help="Only those of a client.")
@json_option
def list_webhooks(client: str, *, as_json: bool) -> None:
    """List the webhooks.

    Example: `casb webhooks list --json`
    """
    with open_application(settings()) as application:
        views = manage_webhooks(application).all()
        with application.begin(write=False) as stores:
            names = {each.id: each.name for each in stores.clients.all()}
    if client:
        views = [v for v in views if client in {v.webhook.client_id, _of(v, names)}]
    if as_json:
        print_json([webhook_document(view) for view in views])
    elif not views:
        note(NO_WEBHOOKS)
    else:
        webhook_table(views, names)


@webhooks.command()
@click.argument("id_", metavar="ID")
@json_option
def show(id_: str, *, as_json: bool) -> None:
    """Show a webhook: what it wants, how it goes, how much is still to come.

    Example: `casb webhooks show ID`
    """
    with open_application(settings()) as application:
        _show(manage_webhooks(application).show(id_), as_json=as_json)


@webhooks.command()
@click.argument("id_", metavar="ID")
@click.pass_context
@json_option
def test(context: click.Context, id_: str, *, as_json: bool) -> None:
    """Send a delivery that tells of nothing, once, and say what came of it.

    Ends with 1 if the receiver answered anything but 2xx, with 4 if it did not.

    Example: `casb webhooks test ID`
    """
    with open_application(settings()) as application:
        tried = manage_webhooks(application).test(id_)
    _print_delivery(tried, as_json=as_json)
    if tried.state is not DeliveryState.DELIVERED:
        context.exit(UNREACHED if tried.status is None else FAILED)


@webhooks.command()
@click.argument("id_", metavar="ID")
@click.option(
    "--state", type=click.Choice([*map(str, DeliveryState)]), help="Only these."
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@json_option
def deliveries(id_: str, state: str | None, limit: int, *, as_json: bool) -> None:
    """List deliveries, the newest first; they are kept for 30 days.

    Example: `casb webhooks deliveries ID --state failed`
    """
    states = {DeliveryState(state)} if state else set()
    with open_application(settings()) as application:
        manage = manage_webhooks(application)
        some = manage.deliveries(id_, states=states, limit=limit)
    if as_json:
        print_json([delivery_document(each) for each in some])
    elif some:
        delivery_table(some)
    else:
        note("Nothing was delivered yet.")


@webhooks.command()
@click.argument("id_", metavar="ID")
@click.argument("delivery")
@json_option
def redeliver(id_: str, delivery: str, *, as_json: bool) -> None:
    """Let a delivery be tried again, under the same webhook-id; the worker sends it.

    Example: `casb webhooks redeliver ID DELIVERY`
    """
    with open_application(settings()) as application:
        again = manage_webhooks(application).redeliver(id_, delivery)
    _print_delivery(again, as_json=as_json)


@webhooks.command()
@click.argument("id_", metavar="ID")
@click.option("--at-once", is_flag=True, help="The secret before signs no more.")
@json_option
def rotate(id_: str, *, at_once: bool, as_json: bool) -> None:
    """Give a webhook a fresh secret; for a day the one before signs too.

    Example: `casb webhooks rotate ID`
    """
    with open_application(settings()) as application:
        signed = manage_webhooks(application).rotate(id_, at_once=at_once)
    _tell(signed, as_json=as_json)


@webhooks.command()
@click.argument("id_", metavar="ID")
@click.option("--from-now", is_flag=True, help="Leave out what was missed.")
@json_option
def enable(id_: str, *, from_now: bool, as_json: bool) -> None:
    """Serve a webhook again, beginning with what it missed.

    Example: `casb webhooks enable ID`
    """
    with open_application(settings()) as application:
        view = manage_webhooks(application).enable(id_, from_now=from_now)
    _show(view, as_json=as_json)


@webhooks.command()
@click.argument("id_", metavar="ID")
@json_option
def disable(id_: str, *, as_json: bool) -> None:
    """Serve a webhook no more; what happens meanwhile waits for it.

    Example: `casb webhooks disable ID`
    """
    with open_application(settings()) as application:
        view = manage_webhooks(application).disable(id_)
    _show(view, as_json=as_json)


@webhooks.command()
@click.argument("id_", metavar="ID")
@json_option
def delete(id_: str, *, as_json: bool) -> None:
    """Forget a webhook and its deliveries.

    Example: `casb webhooks delete ID`
    """
    with open_application(settings()) as application:
        gone = manage_webhooks(application).delete(id_)
    if as_json:
        print_json(webhook_document(WebhookView(gone)))
    else:
        say(f"The webhook {gone.id} is deleted.")


def _filter(application: Application, wanted: Wanted) -> FeedFilter:
    with application.begin(write=False) as stores:
        sites = [site_named(stores, name).site.cloud_id for name in wanted["sites"]]
    severity = wanted["min_severity"]
    return FeedFilter(
        frozenset(sites) if sites else None,
        frozenset(wanted["finding_types"]),
        min_severity=Severity(severity) if severity else None,
        statuses=frozenset(map(Status, wanted["statuses"])),
        with_implied=wanted["implied"] == "include",
    )


def _of(view: WebhookView, names: dict[str, str]) -> str:
    return names.get(view.webhook.client_id, "")


def _tell(signed: Signed, *, as_json: bool) -> None:
    if as_json:
        print_json(signed_document(signed))
        return
    say(f"Webhook  {signed.webhook.id}")
    say(f"Secret   {signed.secret}")
    note(ONCE)


def _show(view: WebhookView, *, as_json: bool) -> None:
    if as_json:
        print_json(webhook_document(view))
    else:
        print_webhook(view)


def _print_delivery(delivery: Delivery, *, as_json: bool) -> None:
    if as_json:
        print_json(delivery_document(delivery))
    else:
        say(delivery_line(delivery))

"""`/webhooks`: a client says where its changes are pushed, and sees how that goes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response
from marshmallow import fields

from connector.domain.bookmark import Bookmark
from connector.domain.client import Scope
from connector.domain.export_forms import Form
from connector.domain.feed import FeedFilter
from connector.domain.webhook import Delivery, DeliveryState, Webhook, Wrapping
from connector.use_cases.export_changes import refuse_foreign
from connector.use_cases.manage_webhooks import (
    Signed,
    WebhookOrder,
    WebhookView,
    with_state,
)
from connector.use_cases.webhook_rows import delivery_row, webhook_row
from connector.web.api.admission import consumer, demand, needs
from connector.web.api.answers import (
    Page,
    address,
    json_answer,
    list_document,
    own_address,
)
from connector.web.api.documents import documented
from connector.web.api.exporting import API, exporting
from connector.web.api.parameters import (
    MOST_ROWS,
    Blueprint,
    PageParameters,
    Parameters,
)
from connector.web.api.webhook_schemas import (
    SecretRotationSchema,
    SignedWebhookSchema,
    WebhookChangeSchema,
    WebhookDeliveryPageSchema,
    WebhookDeliverySchema,
    WebhookOrderSchema,
    WebhookPageSchema,
    WebhookSchema,
)

WEBHOOKS = "/webhooks"
ONE = f"{WEBHOOKS}/<webhook_id>"
DELIVERIES = f"{ONE}/deliveries"
Args = Mapping[str, Any]

blueprint = Blueprint(
    "webhooks", __name__, url_prefix=API, description="Changes, pushed"
)


class DeliveryParameters(PageParameters):
    """Which deliveries."""

    state = fields.Enum(
        DeliveryState,
        by_value=True,
        load_default=None,
        metadata={"description": "only deliveries that stand so"},
    )


@blueprint.route(WEBHOOKS)
@documented(WebhookPageSchema)
@blueprint.arguments(Parameters, location="query")
@needs(Scope.WEBHOOKS_WRITE)
def webhooks(args: Args) -> Response:
    """List the client's webhooks."""
    views = exporting().webhooks.all(consumer().client.id)
    return json_answer(list_document(Page((), own_address()), [*map(_row, views)]))


@blueprint.route(WEBHOOKS, methods=["POST"])
@documented(SignedWebhookSchema, 404, success=201)
@blueprint.arguments(WebhookOrderSchema, location="json")
@needs(Scope.WEBHOOKS_WRITE)
def create(args: Args) -> Response:
    """Make a webhook; the answer holds its secret, this once."""
    demand(Scope.FINDINGS_READ)
    client = consumer().client
    order = WebhookOrder(
        args["url"],
        _wanted_of(args, FeedFilter()),
        _form_of(args, Form()),
        args.get("form", Wrapping.PLAIN),
        args["from_"] == "earliest",
        client.name,
    )
    answer = _signed(exporting().webhooks.create(client.id, order), 201)
    document: Any = answer.get_json()
    answer.headers["Location"] = address(f"{API}{WEBHOOKS}/{document['id']}")
    return answer


@blueprint.route(ONE)
@documented(WebhookSchema, 404)
@blueprint.arguments(Parameters, location="query")
@needs(Scope.WEBHOOKS_WRITE)
def webhook(args: Args, webhook_id: str) -> Response:
    """Return one webhook."""
    return json_answer(_row(exporting().webhooks.show(webhook_id, _own())))


@blueprint.route(ONE, methods=["PATCH"])
@documented(WebhookSchema, 404)
@blueprint.arguments(WebhookChangeSchema, location="json")
@needs(Scope.WEBHOOKS_WRITE)
def change(args: Args, webhook_id: str) -> Response:
    """Change a webhook; what is left out stays as it is."""
    demand(Scope.FINDINGS_READ)

    def alter(before: Webhook) -> Webhook:
        after = replace(
            before,
            url=args.get("url", before.url),
            wanted=_wanted_of(args, before.wanted),
            form=_form_of(args, before.form),
            wrapping=args.get("form", before.wrapping),
        )
        return with_state(after, args.get("state", before.state))

    return json_answer(_row(exporting().webhooks.change(webhook_id, alter, _own())))


@blueprint.route(ONE, methods=["DELETE"])
@documented(None, 404, success=204)
@blueprint.arguments(Parameters, location="query")
@needs(Scope.WEBHOOKS_WRITE)
def delete(args: Args, webhook_id: str) -> Response:
    """Forget a webhook and its deliveries."""
    exporting().webhooks.delete(webhook_id, _own())
    return Response(status=204)


@blueprint.route(f"{ONE}/rotate-secret", methods=["POST"])
@documented(SignedWebhookSchema, 404)
@blueprint.arguments(SecretRotationSchema, location="json")
@needs(Scope.WEBHOOKS_WRITE)
def rotate_secret(args: Args, webhook_id: str) -> Response:
    """Give a webhook a fresh secret; for a day the one before signs too."""
    signed = exporting().webhooks.rotate(webhook_id, _own(), at_once=args["at_once"])
    return _signed(signed)


@blueprint.route(f"{ONE}/test", methods=["POST"])
@documented(WebhookDeliverySchema, 404)
@blueprint.arguments(Parameters, location="query")
@needs(Scope.WEBHOOKS_WRITE)
def test(args: Args, webhook_id: str) -> Response:
    """Send a delivery that tells of nothing, once, and return what came of it."""
    return json_answer(delivery_row(exporting().webhooks.test(webhook_id, _own())))


@blueprint.route(DELIVERIES)
@documented(WebhookDeliveryPageSchema, 404)
@blueprint.arguments(DeliveryParameters, location="query")
@needs(Scope.WEBHOOKS_WRITE)
def deliveries(args: Args, webhook_id: str) -> Response:
    """List deliveries, the newest first; they are kept for 30 days."""
    parts, limit = exporting(), min(args["limit"], MOST_ROWS)
    endpoint, state = f"{WEBHOOKS}/{webhook_id}/deliveries", args.get("state")
    before, question = None, {"state": state.value} if state else {}
    if args["cursor"]:
        place = parts.cursors.open(args["cursor"], consumer().client.id, endpoint)
        before, question = place.after, dict(place.question)
    states = {DeliveryState(word) for word in question.values()}
    some = parts.webhooks.deliveries(
        webhook_id, _own(), states=states, before=before, limit=limit + 1
    )
    page = _page_of(some, limit, endpoint, question)
    return json_answer(list_document(page, [*map(delivery_row, some[:limit])]))


@blueprint.route(f"{DELIVERIES}/<delivery_id>/redeliver", methods=["POST"])
@documented(WebhookDeliverySchema, 404, success=202)
@blueprint.arguments(Parameters, location="query")
@needs(Scope.WEBHOOKS_WRITE)
def redeliver(args: Args, webhook_id: str, delivery_id: str) -> Response:
    """Let a delivery be tried again, under the same `webhook-id`."""
    delivery = exporting().webhooks.redeliver(webhook_id, delivery_id, _own())
    return json_answer(delivery_row(delivery), 202)


def _own() -> str:
    return consumer().client.id


def _row(view: WebhookView) -> dict[str, object]:
    return webhook_row(view.webhook, view.behind, view.pending)


def _signed(signed: Signed, status: int = 200) -> Response:
    row = webhook_row(signed.webhook) | {"secret": signed.secret}
    answer = json_answer(row, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page_of(some: Any, limit: int, endpoint: str, question: dict[str, str]) -> Page:
    if len(some) <= limit:
        return Page((), own_address())
    last: Delivery = some[limit - 1]
    cursor = exporting().cursors.seal(
        Bookmark(_own(), endpoint, last.number, "", question)
    )
    next_url = address(f"{API}{endpoint}", cursor=cursor, limit=limit)
    return Page((), own_address(), cursor, next_url)


def _wanted_of(args: Args, before: FeedFilter) -> FeedFilter:
    """Return a filter with what was given, and the rest as it was."""
    given: dict[str, Any] = {
        name: frozenset(args[name])
        for name in ("finding_types", "resource_types", "statuses")
        if name in args
    }
    if "site_ids" in args:
        site_ids = args["site_ids"]
        given["site_ids"] = None if site_ids is None else frozenset(site_ids)
        refuse_foreign(consumer(), given["site_ids"] or frozenset())
    if "min_severity" in args:
        given["min_severity"] = args["min_severity"]
    if "implied" in args:
        given["with_implied"] = args["implied"] == "include"
    return replace(before, **given)


def _form_of(args: Args, before: Form) -> Form:
    """Return a form with what was given, and the rest as it was."""
    form = Form(
        args.get("schema_", before.schema),
        args.get("ocsf_version", before.ocsf_version),
        args.get("ocsf_class", before.ocsf_class),
        args.get("include_evidence", before.with_evidence),
    )
    if form.with_evidence:
        demand(Scope.FINDINGS_EVIDENCE)
    return form

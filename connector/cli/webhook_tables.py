"""What `casb webhooks` prints: tables for people, documents for programs."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.table import Table

from connector.cli.output import cell, results
from connector.domain.webhook import Delivery, Webhook
from connector.use_cases.manage_webhooks import Signed, WebhookView
from connector.use_cases.webhook_rows import Row, delivery_row, webhook_row

delivery_document = delivery_row


def webhook_document(view: WebhookView) -> Row:
    """Return a webhook without any secret, as the API shows it."""
    return webhook_row(view.webhook, view.behind, view.pending)


def signed_document(signed: Signed) -> Row:
    """Return a webhook with its fresh secret."""
    return webhook_row(signed.webhook) | {"secret": signed.secret}


def webhook_table(views: Sequence[WebhookView], names: Mapping[str, str]) -> None:
    """Print webhooks, one a line."""
    table = Table("Webhook", "Client", "To", "State", "Pending", "Behind", box=None)
    for view in views:
        webhook = view.webhook
        table.add_row(
            webhook.id,
            cell(names.get(webhook.client_id, webhook.client_id)),
            cell(webhook.url),
            cell(_standing(webhook)),
            str(view.pending),
            str(view.behind),
        )
    results().print(table)


def print_webhook(view: WebhookView) -> None:
    """Print one webhook."""
    table = Table.grid(padding=(0, 2))
    for name, value in webhook_document(view).items():
        if value not in (None, [], ""):
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            if name == "secrets":
                text = f"{len(view.webhook.secrets)}, sealed"
            table.add_row(cell(name, "bold"), cell(text))
    results().print(table, soft_wrap=True)


def delivery_table(deliveries: Sequence[Delivery]) -> None:
    """Print deliveries, one a line."""
    table = Table("Delivery", "Type", "Change", "State", "Tries", box=None)
    for name in ("Last tried", "Next", "Answer"):
        table.add_column(name)
    for each in deliveries:
        row = delivery_row(each)
        table.add_row(
            each.id,
            each.type,
            "" if each.seq is None else str(each.seq),
            each.state.value,
            str(each.attempts),
            _minute(each.tried_at),
            _minute(each.next_at) if row["next_attempt_at"] else "",
            cell(each.reason or each.status or ""),
        )
    results().print(table)


def delivery_line(delivery: Delivery) -> str:
    """Return what became of a delivery, as a sentence."""
    said = f" {delivery.reason}" if delivery.reason else ""
    answer = f" The receiver answered {delivery.status}." if delivery.status else ""
    return f"{delivery.event_id} is {delivery.state.value}.{said or answer}"


def _standing(webhook: Webhook) -> str:
    if not webhook.is_active:
        return f"disabled: {webhook.why}"
    if webhook.failures:
        return f"active, failing since {_minute(webhook.failing_since)}"
    return "active"


def _minute(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"

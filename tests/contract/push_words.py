"""Webhooks and deliveries to keep, and a worker's part in serving them."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from connector.domain.client import Client, Scope
from connector.domain.finding_state import Change, ChangeType
from connector.domain.store_ports import Begin
from connector.domain.webhook import Delivery, Webhook
from connector.domain.webhook_signature import WebhookSecret, secret_text
from tests.contract.finding_words import finding_on, tracked

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)
ACME, UMBRELLA = "acme", "umbrella"
RIGHTS = frozenset({Scope.WEBHOOKS_WRITE, Scope.FINDINGS_READ})
SECRET = WebhookSecret(secret_text(b"0" * 32), NOW)
pages = count()


def client_of(id_: str = "siem", *sites: str) -> Client:
    return Client(id_, id_, frozenset(sites or (ACME,)), RIGHTS, NOW)


def webhook_of(id_: str = "hook", client_id: str = "siem", **more: object) -> Webhook:
    given: dict[str, Any] = {"secrets": (SECRET,), **more}
    given.setdefault("url", f"https://{id_}.example.com/")
    return Webhook(id_, client_id, created_at=NOW, **given)


def delivery_of(seq: int, webhook_id: str = "hook", **more: object) -> Delivery:
    given: dict[str, Any] = {"at": NOW, "next_at": NOW, "changed_at": NOW, **more}
    return Delivery(
        f"{webhook_id}-{seq}",
        webhook_id,
        f"{ACME}:{seq}",
        "finding.created",
        ACME,
        seq,
        **given,
    )


def keep(begin: Begin, *webhooks: Webhook) -> None:
    """Keep webhooks and their client."""
    with begin() as stores:
        if stores.clients.get("siem") is None:
            stores.clients.save(client_of())
        for webhook in webhooks:
            stores.webhooks.add(webhook)


def happen(begin: Begin, times: int = 1) -> None:
    """Let as many findings appear on acme."""
    with begin() as stores:
        found = [tracked(finding_on(str(next(pages)))) for _ in range(times)]
        stores.findings.save([Change(ChangeType.CREATED, each) for each in found])

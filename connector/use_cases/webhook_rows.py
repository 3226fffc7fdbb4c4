"""Webhooks and deliveries as the API and the command line show them: no secrets."""

from datetime import UTC, datetime

from connector.domain.webhook import Delivery, DeliveryState, Webhook

Row = dict[str, object]


def webhook_row(webhook: Webhook, behind: int = 0, pending: int = 0) -> Row:
    """Return a webhook as it stands, with the changes that are still to come."""
    wanted, form = webhook.wanted, webhook.form
    return {
        "id": webhook.id,
        "client_id": webhook.client_id,
        "url": webhook.url,
        "site_ids": None if wanted.site_ids is None else sorted(wanted.site_ids),
        "finding_types": sorted(wanted.finding_types),
        "resource_types": sorted(wanted.resource_types),
        "min_severity": wanted.min_severity and wanted.min_severity.value,
        "statuses": sorted(wanted.statuses),
        "implied": "include" if wanted.with_implied else "exclude",
        "schema": form.schema.value,
        "ocsf_version": form.ocsf_version,
        "ocsf_class": form.ocsf_class,
        "include_evidence": form.with_evidence,
        "form": webhook.wrapping.value,
        "state": webhook.state.value,
        "state_reason": webhook.why or None,
        "failures": webhook.failures,
        "failing_since": _moment(webhook.failing_since),
        "resting_until": _moment(webhook.rest_until),
        "position": webhook.position,
        "changes_behind": behind,
        "pending": pending,
        "created_at": _moment(webhook.created_at),
        "created_by": webhook.created_by or None,
        "secrets": [
            {"created_at": _moment(each.created_at), "ends_at": _moment(each.ends_at)}
            for each in webhook.secrets
        ],
    }


def delivery_row(delivery: Delivery) -> Row:
    """Return a delivery as it stands."""
    is_pending = delivery.state is DeliveryState.PENDING
    return {
        "id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "event_id": delivery.event_id,
        "type": delivery.type,
        "site_id": delivery.site_id or None,
        "change_seq": delivery.seq,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "created_at": _moment(delivery.at),
        "last_attempt_at": _moment(delivery.tried_at),
        "next_attempt_at": _moment(delivery.next_at) if is_pending else None,
        "status": delivery.status,
        "reason": delivery.reason or None,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"

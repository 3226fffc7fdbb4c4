"""The signature of a delivery, as Standard Webhooks has it (export-api 1.7)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with, not one
SECRET_BYTES = 32
LIVE_SECRETS = 2
OVERLAP = timedelta(hours=24)
"""How long the secret before still signs after a rotation."""


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """A secret that signs; until ``ends_at`` if another has taken its place."""

    text: str = field(repr=False)
    created_at: datetime
    ends_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Return whether the secret signs at a time."""
        return self.ends_at is None or now < self.ends_at


def secret_text(random_bytes: bytes) -> str:
    """Return a secret as receivers want it."""
    return SECRET_PREFIX + base64.b64encode(random_bytes).decode()


def signature_headers(
    event_id: str, body: bytes, secrets: Iterable[WebhookSecret], now: datetime
) -> dict[str, str]:
    """Return the headers of a delivery, signed with every live secret."""
    stamp = str(int(now.timestamp()))
    signed = b".".join((event_id.encode(), stamp.encode(), body))
    signatures = [_signature(each, signed) for each in secrets if each.is_live(now)]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: WebhookSecret, signed: bytes) -> str:
    key = base64.b64decode(secret.text.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"

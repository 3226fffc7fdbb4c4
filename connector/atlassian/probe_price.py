"""What trying a call out costs, by its answer."""

from collections.abc import Mapping
from typing import Any

import msgspec
import requests

from connector.atlassian import content_payloads, endpoints, legacy_payloads, payloads
from connector.atlassian.answers import OK, TOO_MANY
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.points import CALL_POINTS, price_of

BODIES: Mapping[Endpoint, msgspec.json.Decoder[Any]] = {
    endpoints.RESTRICTION: content_payloads.RESTRICTION,
    endpoints.CHECK: payloads.CHECK,
    endpoints.LEGACY_SPACES: legacy_payloads.PRICED_SPACES,
}
"""The answers that cost more, or less, than a point for each row."""

ROWS = msgspec.json.Decoder(dict[str, Any])


def price_of_answer(endpoint: Endpoint, response: requests.Response) -> int:
    """Return the points that an answer cost; one that makes no sense cost the call."""
    if response.status_code != OK:
        return 0 if response.status_code == TOO_MANY else CALL_POINTS
    try:
        return price_of(endpoint, _objects(endpoint, response.content))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return CALL_POINTS


def _objects(endpoint: Endpoint, content: bytes) -> int:
    if decoder := BODIES.get(endpoint):
        return int(decoder.decode(content).objects)
    rows = ROWS.decode(content).get("results", [None])
    return len(rows) if isinstance(rows, list) else 1

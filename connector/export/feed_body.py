"""Renders a change for the feed once, with holes where names and hosts belong."""

from typing import Any

import orjson

from casb_sdk import ResourceType
from casb_sdk.model import PERSONAL_KEY_PREFIX
from connector.domain.feed import FeedPosition
from connector.domain.feed_body import CALLED, NAME, PUBLIC, SITE, with_holes
from connector.domain.finding_state import Change
from connector.domain.one_line import in_one_line
from connector.export.fitting import ROW_LIMIT, Row
from connector.export.native import native_change

WHOLE = "\ufdd1"
"""Stands around the key of a hole for a whole value. Unicode keeps it, and the next
one, free for a program's own use."""
INSIDE = "\ufdd2"
"""Stands around the key of a hole inside a text."""
FOREIGN = "\ufffd"
ROOM_FOR_JOINING = 10_000


def feed_body(change: Change, position: FeedPosition) -> bytes:
    """Return a change as it is kept: without names of people and hosts."""
    base = _hole(PUBLIC, INSIDE)
    row = native_change(
        change, position, public_url=base, limit=ROW_LIMIT - ROOM_FOR_JOINING
    )
    links = row["links"]
    row = _without_marks(row | {"links": None}) | {"links": links}
    _punch(row)
    text = in_one_line(orjson.dumps(row))
    whole, inside = WHOLE.encode(), INSIDE.encode()
    text = text.replace(b'"' + whole, inside).replace(whole + b'"', inside)
    return with_holes(text.split(inside))


def _punch(row: Any) -> None:
    """Put holes into a row: where a person is named, and before each path."""
    resource = row["resource"]
    if resource["type"] == ResourceType.ACCOUNT:
        resource["title"] = _hole(CALLED, WHOLE, resource["id"])
    elif str(resource["key"] or "").startswith(PERSONAL_KEY_PREFIX):
        resource["title"] = _hole(CALLED, WHOLE, resource["key"])
    if (resource["url"] or "").startswith("/"):
        resource["url"] = _hole(SITE, INSIDE) + resource["url"]
    for principal in row["principals"]:
        if principal["account_id"] is not None:
            principal["display_name"] = _hole(NAME, WHOLE, principal["account_id"])


def _hole(kind: bytes, mark: str, key: str = "") -> str:
    return f"{mark}{kind.decode()}{key}{mark}"


def _without_marks(row: Row) -> Row:
    """Return a row in which no stranger has written a mark of ours."""
    text = orjson.dumps(row).decode()
    if WHOLE not in text and INSIDE not in text:
        return row
    cleaned: Row = orjson.loads(text.replace(WHOLE, FOREIGN).replace(INSIDE, FOREIGN))
    return cleaned

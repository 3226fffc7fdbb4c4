"""Takes from many native changes at once what `without_evidence` takes from each.

What stays is copied as it is written and what goes is hardly read, which takes less
than half the time. A field that is named nowhere here is left out.
"""

from typing import Any, Protocol, cast

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from connector.domain.one_line import in_one_line
from connector.export.redaction import (
    IN_ORDER,
    impersonal_place,
    impersonal_suppression,
)

NOTHING = Raw(b"[]")
WITHHELD = (
    b',"assignee":null,"evidence":null,"evidence_digest":null,'
    b'"labels":{},"details":{}}\n'
)


class _Count(Struct, gc=False):
    count: Raw
    sample: Raw


class _HeadCount(Struct, gc=False):
    audience: Raw
    kind: Raw
    affected: _Count | None


class _Change(Protocol):
    """What is looked at of a change; the impersonal fields are copied unread."""

    resource: dict[str, Any]
    principals: list[_HeadCount]
    affected: _Count | None
    suppression: dict[str, Any] | None


LOOKED_AT = [(name, type_) for name, type_ in _Change.__annotations__.items()]
COPIED = [(name, Raw | UnsetType, UNSET) for name in IN_ORDER]
ROWS = msgspec.json.Decoder(
    msgspec.defstruct("Change", [*COPIED, *LOOKED_AT], kw_only=True, gc=False)
)
LINES = msgspec.json.Encoder()


def lines_without_evidence(lines: bytes) -> bytes:
    """Return lines of native changes with nothing in them about anybody."""
    changes = cast("list[_Change]", ROWS.decode_lines(lines))
    for change in changes:
        change.resource = impersonal_place(change.resource)
        change.suppression = impersonal_suppression(change.suppression)
        for affected in (change.affected, *(p.affected for p in change.principals)):
            if affected is not None:
                affected.sample = NOTHING
    # No text holds the end of a line, so each of these ends a change.
    return in_one_line(LINES.encode_lines(changes).replace(b"}\n", WITHHELD))

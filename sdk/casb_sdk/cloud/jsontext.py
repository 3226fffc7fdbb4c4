"""JSON written as text, so that large answers are put together from pieces."""

import json
from collections.abc import Iterable

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dumps(value: object) -> str:
    """Return a value as compact JSON."""
    return _ENCODER.encode(value)


def array_of(pieces: Iterable[str]) -> str:
    """Return pieces of JSON as an array."""
    return f"[{','.join(pieces)}]"

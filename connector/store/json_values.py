"""Values as JSON text; both databases could store it, were it not for surrogates.

Strangers may write half surrogate pairs, which are no UTF-8: the fast libraries
refuse them, and the standard library is asked instead.
"""

import json
from typing import Any, TypeVar

import msgspec
import orjson

Value = TypeVar("Value")


def dump_value(value: object) -> str:
    """Return a value as JSON text, its sets in order."""
    try:
        return msgspec.json.encode(value, order="deterministic").decode()
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value, order="deterministic"))


def load_value(text: str, type_: type[Value]) -> Value:
    """Return a value of a type from JSON text."""
    try:
        return msgspec.json.decode(text, type=type_)
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(text), type_)


def dump_plain(value: object) -> bytes:
    """Return dictionaries, lists and dataclasses as JSON, thousands in no time."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, default=msgspec.to_builtins).encode()


def load_plain(data: bytes) -> Any:
    """Return dictionaries and lists from JSON."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data)

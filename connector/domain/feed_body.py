"""The stored form of a row of the feed: native JSON with holes for what is joined.

Names of people and the bases of addresses are not in a body. Where one belongs
stands a hole: a control character that JSON text cannot contain, a key, and the
character again. So erasing a name erases it in every row, and joining many rows is
splitting and gluing bytes once.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence

HOLE = b"\x1e"
SITE = b"u"
"""The key of a hole for the address of the site, inside a text."""
PUBLIC = b"p"
"""The key of a hole for the public address of the connector, inside a text."""
NAME = b"n"
"""Begins the key of a hole for a display name, null where there is none."""
CALLED = b"c"
"""Begins the key of a hole for a name; who has none goes by the rest of the key."""
NULL = b"null"

Learn = Callable[[Collection[bytes]], Mapping[bytes, bytes]]
"""Returns what fills holes, by their keys; every key gets something."""


def person_of(key: bytes) -> str:
    """Return the account id, or the key of a personal space, that a hole names."""
    return str(json.loads(b'"' + key[1:] + b'"'))


def filling(key: bytes, name: bytes | None) -> bytes:
    """Return what fills the hole for a name, given as JSON text if there is one."""
    if name is not None:
        return name
    return NULL if key[:1] == NAME else b'"' + key[1:] + b'"'


def filled(
    bodies: Sequence[bytes],
    fillings: dict[bytes, bytes],
    learn: Learn,
    separator: bytes = b"",
) -> bytes:
    """Return bodies of one site as JSON texts.

    ``fillings`` is what is known by key; ``learn`` is asked for the rest, once.
    """
    parts = separator.join(bodies).split(HOLE)
    keys = parts[1::2]
    if unknown := set(keys) - fillings.keys():
        fillings.update(learn(unknown))
    parts[1::2] = map(fillings.__getitem__, keys)
    return b"".join(parts)

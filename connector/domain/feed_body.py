"""The stored form of a row of the feed: native JSON with holes for what is joined.

Names of people and the bases of addresses are not in a body. It is a template of
``%``: ``%(key)b`` stands where something belongs, ``%%`` for a percent sign. So
erasing a name erases it in every row, and joining many rows is one pass over bytes.
A body has no character that ends a line.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence

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


def with_holes(parts: Sequence[bytes]) -> bytes:
    """Return a body of pieces of JSON text and, in turns, the keys of its holes."""
    pieces = [part.replace(b"%", b"%%") for part in parts]
    # A key ends at a parenthesis; inside a text JSON can spell it otherwise.
    pieces[1::2] = [
        b"%%(%b)b" % key.replace(b"(", rb"\u0028").replace(b")", rb"\u0029")
        for key in parts[1::2]
    ]
    return b"".join(pieces)


def person_of(key: bytes) -> str:
    """Return the account id, or the key of a personal space, that a hole names."""
    if b"\\" not in key:
        return key[1:].decode()
    return str(json.loads(b'"' + key[1:] + b'"'))


def filling(key: bytes, name: bytes | None) -> bytes:
    """Return what fills the hole for a name, given as JSON text if there is one."""
    if name is not None:
        return name
    return NULL if key[:1] == NAME else b'"' + key[1:] + b'"'


class Fillings:
    """What fills the holes of the bodies of a site, by key.

    ``learn`` is asked for what is not ``known`` yet, once for many bodies; what it
    says is added there.
    """

    def __init__(self, known: dict[bytes, bytes], learn: Learn) -> None:
        self._known = known
        self._learn = learn

    def __len__(self) -> int:
        """Return how many holes can be filled without learning."""
        return len(self._known)

    def lines(self, bodies: Sequence[bytes]) -> bytes:
        """Return bodies as lines of JSON, in one piece."""
        [told] = self.texts([b"\n".join((*bodies, b""))])
        return told

    def texts(self, bodies: Sequence[bytes]) -> Sequence[bytes]:
        """Return bodies as JSON texts."""
        try:
            return [body % self._known for body in bodies]
        except KeyError:
            self.know(bodies)
            return [body % self._known for body in bodies]

    def know(self, bodies: Sequence[bytes]) -> None:
        """Learn what bodies need, once for all of them."""
        keys = _Keys()
        for body in bodies:
            keys.note(body)
        if unknown := [key for key in keys if key not in self._known]:
            self._known.update(self._learn(unknown))


class Unnamed(Fillings):
    """What fills the holes for whoever may see no names: null for each of them."""

    def __init__(self, known: Mapping[bytes, bytes]) -> None:
        self._known = _Nulls(known)

    def know(self, bodies: Sequence[bytes]) -> None:
        """Learn nothing."""


class _Keys(dict[bytes, bytes]):
    """The keys of holes: formatting asks for what belongs into each."""

    def note(self, body: bytes) -> None:
        """Note the keys of a body."""
        body.__mod__(self)

    def __missing__(self, key: bytes) -> bytes:
        self[key] = b""
        return b""


class _Nulls(dict[bytes, bytes]):
    """Says null for every key that it does not have."""

    def __missing__(self, key: bytes) -> bytes:
        return NULL

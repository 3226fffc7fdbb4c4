"""Texts and numbers as deflated blocks, in bytes that tell what they are.

The bytes begin with a line that names their kind and format; each block stands behind
its length. Text is JSON, numbers are as they are.
"""

import json
import struct
import zlib
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

FORMAT = 1
LEVEL = 1
SEPARATOR = "\x7f"
"""Hardly ever in a text, and JSON writes it as it is."""

ROWS_AT_ONCE = 1_000
HALVES = "surrogatepass"
"""Titles may hold half surrogate pairs, which plain UTF-8 refuses."""

Key = TypeVar("Key", bound=Hashable)


class NewerFormatError(Exception):
    """A newer version wrote the bytes."""


class Numbered(Generic[Key]):
    """Values by number, in the order they are first asked for."""

    def __init__(self) -> None:
        self._numbers: dict[Key, int] = {}

    def __getitem__(self, key: Key) -> int:
        """Return the number of a value."""
        return self._numbers.setdefault(key, len(self._numbers))

    def __iter__(self) -> Iterator[Key]:
        """Yield the values by number, from those of the moment it is begun."""
        yield from self._numbers


def packed(kind: str, blocks: Iterable[bytes | Iterator[bytes]]) -> bytes:
    """Return blocks, whole or in pieces, as bytes of a kind."""
    parts = [f"casb-{kind} {FORMAT}\n".encode()]
    for block in blocks:
        deflated = _deflated([block] if isinstance(block, bytes) else block)
        parts += [len(deflated).to_bytes(4, "big"), deflated]
    return b"".join(parts)


def unpacked(kind: str, data: bytes) -> Iterator[bytes]:
    """Yield the blocks of a kind of bytes; ValueError where they are none."""
    first_line, _, rest = data.partition(b"\n")
    name, _, format_ = first_line.decode("ascii").rpartition(" ")
    if name != f"casb-{kind}":
        raise ValueError(f"it does not begin with casb-{kind}")
    if int(format_) > FORMAT:
        raise NewerFormatError(
            f"The snapshot is in format {format_}, and this version reads formats up"
            f" to {FORMAT}: upgrade casb-sdk."
        )
    blocks = memoryview(rest)
    while blocks:
        end = 4 + int.from_bytes(blocks[:4], "big")
        yield zlib.decompress(blocks[4:end])
        blocks = blocks[end:]


def texts_block(texts: Sequence[str]) -> bytes:
    """Return texts as one, which is read fastest; as a list where that would lie."""
    joined = SEPARATOR.join(texts)
    is_clear = joined.count(SEPARATOR) == len(texts) - 1
    return json_block(joined if is_clear else texts)


def texts_of(block: bytes) -> list[str]:
    """Return the texts of a block."""
    texts: str | list[str] = json_of(block)
    return texts.split(SEPARATOR) if isinstance(texts, str) else texts


def numbers_block(numbers: Sequence[int]) -> bytes:
    """Return numbers of 64 bits as a block."""
    return struct.pack(f"<{len(numbers)}q", *numbers)


def numbers_of(block: bytes) -> tuple[int, ...]:
    """Return the numbers of a block."""
    return struct.unpack(f"<{len(block) // 8}q", block)


def json_block(value: Any) -> bytes:
    """Return a value as a block."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", HALVES)


def json_pieces(document: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the pieces of the same block as of `json_block`.

    Lists may be iterators: of what they yield only some rows are there at once.
    """
    yield b"{"
    before = b""
    for name, value in document.items():
        yield before + json_block(name) + b":"
        if isinstance(value, Iterator):
            yield from _list_pieces(value)
        else:
            yield json_block(value)
        before = b","
    yield b"}"


def _list_pieces(rows: Iterator[Any]) -> Iterator[bytes]:
    yield b"["
    before = b""
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield before + json_block(some)[1:-1]
        before = b","
    yield b"]"


def _deflated(pieces: Iterable[bytes]) -> bytes:
    deflate = zlib.compressobj(LEVEL)
    return b"".join([*map(deflate.compress, pieces), deflate.flush()])


def json_of(block: bytes) -> Any:
    """Return the value of a block."""
    return json.loads(block.decode("utf-8", HALVES))

"""An answer as it came over the wire, and its body once it was decompressed.

httpx's own responses are made for streams of any size; to make, read and decode one
takes longer than to decode the JSON of a small answer.
"""

import asyncio
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import httpx

LARGE_AS_SENT = 8_192
"""In bytes; a listing page takes ten times that, a single item a tenth."""

ENCODING = "content-encoding"
GZIP = 16 + zlib.MAX_WBITS
REDIRECTS = range(300, 400)


class PackedBody(httpx.SyncByteStream):
    """A body that is here already, as it was sent."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def __iter__(self) -> Iterator[bytes]:
        """Yield the whole body."""
        yield self.body


@dataclass(slots=True)
class Answer:
    """A status, the headers with their names in lower case, and a body.

    ``content`` is the body once it was unpacked.
    """

    status: int
    headers: Mapping[str, str]
    packed: bytes
    content: bytes = b""

    @property
    def text(self) -> str:
        """The content as text, whatever is broken in it."""
        return self.content.decode("utf-8", "replace")

    @property
    def is_redirect(self) -> bool:
        """Whether it names another place, or should."""
        return self.status in REDIRECTS

    async def unpack(self) -> None:
        """Decompress the body; a large one in a thread, so that others get on.

        Raises httpx.DecodingError for what cannot be decompressed.
        """
        if len(self.packed) > LARGE_AS_SENT:
            await asyncio.to_thread(self._unpack)
        else:
            self._unpack()

    def _unpack(self) -> None:
        encoding = self.headers.get(ENCODING)
        if encoding is None:
            self.content = self.packed
        elif encoding == "gzip":
            self.content = _unzipped(self.packed)
        else:
            stream = PackedBody(self.packed)
            named = {ENCODING: encoding}
            self.content = httpx.Response(200, headers=named, stream=stream).read()
        self.packed = b""


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by their names in lower case; what came twice is joined."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _unzipped(body: bytes) -> bytes:
    """Return what a body holds, as far as it came where it was cut off."""
    decompressor = zlib.decompressobj(GZIP)
    try:
        return decompressor.decompress(body) + decompressor.flush()
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error

"""Answers in gzip to whoever takes it, without holding a stream back."""

import gzip
import zlib
from collections.abc import Iterable, Iterator

from flask import Flask, Response, request

LEAST_BYTES = 1_000
LEVEL = 3
GZIP = 16 + zlib.MAX_WBITS
BLOCK = 64_000
TEXTUAL = ("application/json", "application/problem+json", "text/")
NDJSON = "application/x-ndjson"


def compress_answers(app: Flask) -> None:
    """Let an application compress what it answers."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if not _is_wanted(response):
        return response
    if response.is_streamed:
        response.response = _compressed(response.iter_encoded())
        response.headers.pop("Content-Length", None)
    else:
        data = response.get_data()
        if len(data) < LEAST_BYTES:
            return response
        response.set_data(gzip.compress(data, LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response


def _is_wanted(response: Response) -> bool:
    if request.method == "HEAD" or "Content-Encoding" in response.headers:
        return False
    kind = response.mimetype or ""
    is_textual = kind.startswith(TEXTUAL) or kind == NDJSON
    return is_textual and request.accept_encodings.quality("gzip") > 0


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield compressed blocks; an error on the way leaves the stream unfinished."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    held = 0
    for piece in pieces:
        packed = packer.compress(piece)
        held += len(piece)
        if held >= BLOCK:
            packed += packer.flush(zlib.Z_SYNC_FLUSH)
            held = 0
        if packed:
            yield packed
    yield packer.flush()

"""Decodes the body of an answer, whatever its content type says it is."""

import json
from typing import TypeVar

from msgspec import DecodeError, ValidationError
from msgspec.json import Decoder

from connector.atlassian.answers import OK, Remedy, Setback

BodyT = TypeVar("BodyT")


def decoded(content: bytes, decoder: Decoder[BodyT]) -> BodyT | Setback:
    """Return a decoded body, or what is wrong with it: every try may be mended."""
    try:
        return decoder.decode(content)
    except ValidationError:
        return _setback("shape")
    except (DecodeError, UnicodeDecodeError):
        pass
    mended = _mended(content)
    if mended is None:
        return _setback(_reason(content))
    try:
        return decoder.decode(mended)
    except DecodeError:
        return _setback("shape")


def _mended(content: bytes) -> bytes | None:
    """Return JSON without broken characters: one bad title must not hide a page."""
    try:
        value = json.loads(content.decode("utf-8", "replace"), strict=False)
    except ValueError:
        return None
    text = json.dumps(value, ensure_ascii=False)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.encode()


def _reason(content: bytes) -> str:
    start = content[:200].lstrip()
    if not start:
        return "empty"
    return "html" if start.startswith(b"<") else "cut"


def _setback(reason: str) -> Setback:
    return Setback(reason, Remedy.TRY_AGAIN, OK)

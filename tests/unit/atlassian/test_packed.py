import gzip
import zlib

import httpx
import pytest

from connector.atlassian.packed import Answer, headers_of

TEXT = b'{"results": []}'


async def unpacked(body: bytes, encoding: str) -> bytes:
    answer = Answer(200, {"content-encoding": encoding} if encoding else {}, body)
    await answer.unpack()
    return answer.content


async def test_a_body_is_unpacked_by_what_its_header_says() -> None:
    assert await unpacked(gzip.compress(TEXT), "gzip") == TEXT
    assert await unpacked(zlib.compress(TEXT), "deflate") == TEXT
    assert await unpacked(TEXT, "") == TEXT


async def test_of_a_body_that_was_cut_off_there_is_what_came() -> None:
    packed = gzip.compress(TEXT * 100)

    content = await unpacked(packed[:-10], "gzip")

    assert (TEXT * 100).startswith(content)


async def test_a_body_that_is_not_what_its_header_says_is_an_error() -> None:
    with pytest.raises(httpx.DecodingError):
        await unpacked(TEXT, "gzip")


def test_headers_are_named_in_lower_case_and_joined() -> None:
    raw = [(b"RateLimit", b'"a";r=1'), (b"X-A", b"b"), (b"ratelimit", b'"c";r=2')]

    assert headers_of(raw) == {"ratelimit": '"a";r=1, "c";r=2', "x-a": "b"}

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import httpx
import pytest

from connector.atlassian.packed import LARGE_AS_SENT
from connector.atlassian.transport import TIMEOUT, AiohttpTransport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
SLEEPY = aiohttp.ClientTimeout(sock_read=0.05)


Get = Callable[..., Awaitable[httpx.Response]]


class Host:
    """Gives scripted bytes, one answer a request; None hangs up, b"" says nothing."""

    def __init__(self, *answers: bytes | None) -> None:
        self.heads: list[bytes] = []
        self.url = ""
        self._answers = list(answers)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                answer = self._answers.pop(0)
                if answer is None:
                    break
                writer.write(answer)
                if b"Content-Length: 99" in answer:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def hosting(*answers: bytes | None) -> AsyncIterator[Host]:
    host = Host(*answers)
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    host.url = f"http://127.0.0.1:{port}"
    async with server:
        yield host


@asynccontextmanager
async def transport(
    url: str, patience: aiohttp.ClientTimeout = TIMEOUT
) -> AsyncIterator[Get]:
    wire = AiohttpTransport(url, 2, patience)

    async def get(path: str = "/") -> httpx.Response:
        request = httpx.Request("GET", url + path)
        return await wire.handle_async_request(request)

    try:
        yield get
    finally:
        await wire.aclose()


def answer(head: str, body: bytes = b"{}") -> bytes:
    return f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def test_an_answer_comes_decoded_with_its_status_and_its_headers() -> None:
    zipped = answer("200 OK\r\nContent-Encoding: gzip\r\nX-A: 1", gzip.compress(b"{}"))

    async with hosting(zipped) as host, transport(host.url) as get:
        response = await get("/a%2Fb?x=1,2")

    assert (response.status_code, response.content) == (200, b"{}")
    assert response.headers["x-a"] == "1"
    assert host.heads[0].startswith(b"GET /a%2Fb?x=1,2 HTTP/1.1")


async def test_a_large_answer_is_decompressed_besides_others() -> None:
    text = "".join(map(str, range(30_000))).encode()
    packed = gzip.compress(text)
    assert len(packed) > LARGE_AS_SENT

    zipped = answer("200 OK\r\nContent-Encoding: gzip", packed)
    async with hosting(zipped) as host, transport(host.url) as get:
        response = await get()

    assert response.content == text


async def test_a_redirect_is_not_followed_and_no_cookie_is_kept() -> None:
    away = answer("302 Found\r\nLocation: https://elsewhere.test/\r\nSet-Cookie: a=b")

    async with hosting(away, OK) as host, transport(host.url) as get:
        response = await get()
        await get()

    assert response.is_redirect
    assert b"ookie" not in host.heads[1]


async def test_nobody_there_is_a_connect_error() -> None:
    async with transport("http://127.0.0.1:1") as get:
        with pytest.raises(httpx.ConnectError):
            await get()


async def test_a_call_that_is_cut_is_not_repeated_in_silence() -> None:
    async with hosting(OK, None, OK) as host, transport(host.url) as get:
        await get()
        with pytest.raises(httpx.ReadError):
            await get()

    assert len(host.heads) == 2


@pytest.mark.parametrize(
    ("spoilt", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", httpx.ReadError),
        (b"nonsense\r\n\r\n", httpx.ReadError),
        (answer("200 OK\r\nContent-Encoding: gzip"), httpx.DecodingError),
        (b"", httpx.ReadTimeout),
    ],
    ids=["cut body", "no http", "broken gzip", "silence"],
)
async def test_a_spoilt_answer_is_an_error_that_is_tried_again(
    spoilt: bytes, error: type[httpx.RequestError]
) -> None:
    async with hosting(spoilt) as host, transport(host.url, SLEEPY) as get:
        with pytest.raises(error):
            await get()


async def test_long_headers_are_read() -> None:
    policy = "x" * 30_000
    long = answer(f"200 OK\r\nX-A: {policy}")

    async with hosting(long) as host, transport(host.url) as get:
        response = await get()

    assert response.headers["x-a"] == policy


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
async def test_the_proxy_of_the_environment_is_used(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hosting(OK) as host:
        monkeypatch.setenv(name, host.url.removeprefix("http://"))
        async with transport("http://api.atlassian.test") as get:
            await get("/x")

    assert host.heads[0].startswith(b"GET http://api.atlassian.test/x HTTP/1.1")


async def test_a_host_named_in_no_proxy_is_called_directly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    async with hosting(OK) as host, transport(host.url) as get:
        response = await get()

    assert response.status_code == 200

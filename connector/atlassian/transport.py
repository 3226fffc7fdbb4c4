"""Carries the calls to Atlassian: connections kept by aiohttp behind httpx's interface.

httpx's own pool takes more than twice the processor time for a call, most of what a
scan of many small calls takes.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

import aiohttp
import httpx
from yarl import URL

from connector.atlassian.packed import ENCODING, Answer, headers_of
from connector.proxies import proxy_for
from connector.trust import trusted

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
TIMEOUT = aiohttp.ClientTimeout(
    total=None,
    connect=CONNECT_SECONDS,
    sock_connect=CONNECT_SECONDS,
    sock_read=READ_SECONDS,
)
LONGEST_HEADER = 65_536

Send = Callable[[str, str, Mapping[str, str], bytes | None], Awaitable[Answer]]
"""Sends a method to an address with headers and a body."""


def sender(transport: httpx.AsyncBaseTransport) -> Send:
    """Return how requests are sent over a transport, ours or any other of httpx."""
    if isinstance(transport, AiohttpTransport):
        return transport.send

    async def send(
        method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        request = httpx.Request(method, url, content=body, headers=headers)
        response = await transport.handle_async_request(request)
        content = await response.aread()
        plain = {k: v for k, v in response.headers.items() if k != ENCODING}
        return Answer(response.status_code, plain, content)

    return send


class AiohttpTransport(httpx.AsyncBaseTransport):
    """The connections to one host; they are opened by the first call.

    ``HTTPS_PROXY``, ``NO_PROXY`` and ``SSL_CERT_FILE`` are honoured as httpx does.
    Nothing is repeated here and no cookie is kept.
    """

    def __init__(
        self, url: str, connections: int, timeout: aiohttp.ClientTimeout = TIMEOUT
    ) -> None:
        self._proxy = proxy_for(URL(url))
        self._connections = connections
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer with the whole body."""
        answer = await self.send(
            request.method, str(request.url), request.headers, request.content
        )
        await answer.unpack()
        plain = {k: v for k, v in answer.headers.items() if k != ENCODING}
        return httpx.Response(answer.status, headers=plain, content=answer.content)

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """Send a request; httpx would look at each character of a long query twice."""
        if self._session is None:
            self._session = self._opened()
        with _httpx_errors():
            async with self._session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body or None,
                allow_redirects=False,
            ) as answer:
                content = await answer.read()
        return Answer(answer.status, headers_of(answer.raw_headers), content)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, ssl=trusted()),
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            proxy=self._proxy,
            middlewares=(_once,),
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        )


async def _once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request; after a cut aiohttp would send it again, uncounted."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise httpx.ReadError(str(error)) from error


@contextmanager
def _httpx_errors() -> Iterator[None]:
    try:
        yield
    except aiohttp.ServerTimeoutError as error:
        is_connecting = isinstance(error, aiohttp.ConnectionTimeoutError)
        kind = httpx.ConnectTimeout if is_connecting else httpx.ReadTimeout
        raise kind(str(error)) from error
    except (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError) as error:
        raise httpx.ProxyError(str(error)) from error
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError(str(error)) from error
    except aiohttp.ClientError as error:
        raise httpx.ReadError(str(error)) from error

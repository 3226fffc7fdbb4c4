"""Brings deliveries to receivers over HTTP, and nowhere else than it may go.

A name is looked up once, its addresses are checked, and the connection goes to one of
them: whoever owns the name cannot lead a second look-up elsewhere.
"""

import asyncio
import socket
import ssl
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp
from yarl import URL

from connector.domain.destination import (
    Address,
    AllowedDestinations,
    DestinationError,
    literal_address,
)
from connector.domain.webhook import Answer
from connector.proxies import proxy_for
from connector.trust import trusted

SECONDS = 15.0
CONNECT_SECONDS = 5.0
BODY_SECONDS = 1.0
MOST_READ = 1_024
MOST_ADDRESSES = 3
LOOKUPS_AT_ONCE = 32
CONNECTIONS = 256
KEPT_SECONDS = 1.5
"""Less than receivers keep a connection: nothing is sent into a closing one."""
HEADERS = {"User-Agent": "casb-connector", "Accept-Encoding": "identity"}

ConnectTimeout = aiohttp.ConnectionTimeoutError
Lookup = Callable[[str, int], Awaitable[Sequence[Address]]]


class NoAnswerError(Exception):
    """A receiver could not be reached, or said nothing that is HTTP."""


@dataclass(frozen=True, slots=True)
class WebPost:
    """The way to receivers; ``send`` never takes longer than ``seconds``."""

    allowed: AllowedDestinations
    session: aiohttp.ClientSession
    look_up: Lookup
    seconds: float = SECONDS

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return what came of it; never raises for what a receiver does."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self._send(URL(url, encoded=True), headers, body)
        except TimeoutError:
            return Answer(reason=f"There was no answer within {self.seconds:g} s.")
        except (DestinationError, NoAnswerError) as error:
            return Answer(reason=str(error))

    async def _send(self, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
        *others, last = (await self._checked(url))[:MOST_ADDRESSES]
        with _told():
            for address in others:
                with suppress(aiohttp.ClientConnectorError, ConnectTimeout):
                    return await self._post(url, address, headers, body)
            return await self._post(url, last, headers, body)

    async def _checked(self, url: URL) -> Sequence[Address]:
        """Return the addresses of a host, all of which may be connected to."""
        self.allowed.check_url(str(url))
        # Never decoded: who encodes it anew may come to the name of somebody else.
        host = url.raw_host or ""
        literal = literal_address(host)
        if literal is not None:
            addresses: Sequence[Address] = [literal]
        else:
            addresses = await self.look_up(host, url.port or 0)
        self.allowed.check(url.scheme, host, addresses)
        return addresses

    async def _post(
        self, url: URL, address: Address, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        async with self.session.post(
            url.with_host(str(address)),
            headers={**HEADERS, **headers, "Host": url.host_port_subcomponent or ""},
            data=body,
            allow_redirects=False,
            server_hostname=(url.raw_host or "").rstrip("."),
            proxy=proxy_for(url),
        ) as response:
            answer = _answer_of(response)
            # What it says is of no interest; read, it leaves the connection usable.
            with suppress(TimeoutError, aiohttp.ClientError, OSError):
                async with asyncio.timeout(BODY_SECONDS):
                    await response.content.read(MOST_READ)
            return answer


@asynccontextmanager
async def open_web_post(
    allowed: AllowedDestinations,
    *,
    look_up: Lookup | None = None,
    tls: ssl.SSLContext | None = None,
    seconds: float = SECONDS,
) -> AsyncIterator[WebPost]:
    """Yield a way to receivers whose connections are kept for a while."""
    threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, "look-up")
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=CONNECTIONS,
            keepalive_timeout=KEPT_SECONDS,
            ssl=tls or trusted(),
        ),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )
    try:
        async with session:
            yield WebPost(allowed, session, look_up or _looking_up(threads), seconds)
    finally:
        # A look-up may hang for long; nobody waits for it any more.
        threads.shutdown(wait=False, cancel_futures=True)


def _looking_up(threads: ThreadPoolExecutor) -> Lookup:
    async def look_up(host: str, port: int) -> Sequence[Address]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(threads, _addresses, host, port)
        except (OSError, UnicodeError):
            raise NoAnswerError("The name of the receiver leads nowhere.") from None
        return found

    return look_up


def _addresses(host: str, port: int) -> Sequence[Address]:
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found = (literal_address(str(info[4][0])) for info in infos)
    return [address for address in found if address is not None]


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong without the address, which may hold a secret."""
    try:
        yield
    except aiohttp.ClientSSLError:
        raise NoAnswerError("The receiver's certificate is not valid.") from None
    except (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError):
        raise NoAnswerError("The proxy does not lead to the receiver.") from None
    except (aiohttp.ClientConnectorError, ConnectTimeout):
        raise NoAnswerError("The receiver takes no connection.") from None
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, OSError):
        raise NoAnswerError("The receiver closed the connection.") from None
    except aiohttp.ClientError:
        raise NoAnswerError("The receiver's answer is not HTTP.") from None


def _answer_of(response: aiohttp.ClientResponse) -> Answer:
    answer = Answer(response.status, "", _retry_after(response))
    if answer.is_delivered:
        return answer
    status = response.status
    is_redirect = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    more = "; redirects are not followed" if is_redirect else ""
    reason = f"The receiver answered {status}{more}."
    return Answer(status, reason, answer.retry_after)


def _retry_after(response: aiohttp.ClientResponse) -> timedelta | None:
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**9))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(timedelta(0), until - datetime.now(UTC))

"""Access tokens: the bearer of every call to Confluence, and how one is refreshed."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import requests

from connector.atlassian.oauth_app import OAuthApp
from connector.atlassian.token_endpoint import answer_of, pair_of, unreachable
from connector.domain.installation import TokenPair

PATIENCE_SECONDS = (5.0, 15.0)
"""To connect, and for the answer; both together end well within a lease."""

REMEMBERED = timedelta(minutes=1)


class RefreshOverHttp:
    """Exchanges refresh tokens at Atlassian's token endpoint."""

    def __init__(self, app: OAuthApp, now: Callable[[], datetime]) -> None:
        self._app = app
        self._now = now

    @property
    def client_id(self) -> str:
        """Who we are to Atlassian."""
        return self._app.client_id

    def refresh(self, pair: TokenPair) -> TokenPair:
        """Return the next pair; the old refresh token is used up by it.

        Raises DeadGrantError, CredentialsError, AtlassianUnavailableError, or
        AtlassianError where Atlassian says something else.
        """
        body = {
            "grant_type": "refresh_token",
            "client_id": self._app.client_id,
            "client_secret": self._app.client_secret,
            "refresh_token": pair.refresh_token,
        }
        with requests.Session() as http:
            http.verify = self._app.verify
            try:
                response = http.post(
                    self._app.token_url,
                    json=body,
                    timeout=PATIENCE_SECONDS,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                raise unreachable(error, self._app.token_url) from None
        now = self._now()
        return pair_of(answer_of(response, now), now, pair)


class Refresh(Protocol):
    """Returns the pair of a grant, good for a while; may block."""

    def __call__(self, grant_id: str, rejected: str = "") -> TokenPair:
        """Return it; ``rejected`` is an access token Atlassian no longer takes."""
        ...


class Bearer:
    """Hands out the access token of a grant, fresh enough for the next call.

    What the database says is remembered for a moment, so that a scan's calls need
    not all ask, and so that tokens which were erased or replaced are out of use
    soon.
    """

    def __init__(
        self, refresh: Refresh, grant_id: str, now: Callable[[], datetime]
    ) -> None:
        self._refresh = refresh
        self._grant_id = grant_id
        self._now = now
        self._turn = asyncio.Lock()
        self._token = ""
        self._good_until: datetime | None = None

    async def __call__(self, *, refresh: bool = False) -> str:
        """Return a token; ``refresh`` says that the current one was rejected."""
        rejected = self._token if refresh else ""
        if not self._is_remembered(rejected):
            async with self._turn:
                if not self._is_remembered(rejected):
                    await self._ask(rejected)
        return self._token

    def _is_remembered(self, rejected: str) -> bool:
        is_good = self._good_until is not None and self._now() < self._good_until
        return is_good and self._token != rejected

    async def _ask(self, rejected: str) -> None:
        pair = await asyncio.to_thread(self._refresh, self._grant_id, rejected)
        now = self._now()
        self._token = pair.access_token
        self._good_until = now + min(REMEMBERED, (pair.expires_at - now) / 4)

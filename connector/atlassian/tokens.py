"""Keeps the access token of a grant fresh; the bearer of every call to Confluence."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import requests

from connector.atlassian.oauth_app import OAuthApp
from connector.atlassian.token_endpoint import (
    AGAIN,
    TIMEOUT_SECONDS,
    answer_of,
    pair_of,
    unreachable,
)
from connector.domain.consent import TokenExchange
from connector.domain.errors import ConsentError
from connector.domain.installation import TokenPair
from connector.domain.store_ports import Begin

FRESH_FOR = timedelta(minutes=5)


class RefreshOverHttp:
    """Exchanges refresh tokens at Atlassian's token endpoint."""

    def __init__(self, app: OAuthApp, now: Callable[[], datetime]) -> None:
        self._app = app
        self._now = now

    def refresh(self, pair: TokenPair) -> TokenPair:
        """Return the next pair; the old refresh token is used up by it."""
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
                    self._app.token_url, json=body, timeout=TIMEOUT_SECONDS
                )
            except requests.RequestException as error:
                raise unreachable(error, self._app.token_url) from None
        return pair_of(answer_of(response), self._now(), pair)


class Bearer:
    """Hands out the access token of a grant, fresh enough for the next call.

    One refresh runs at a time, and what it brings is stored before anybody uses
    it. ``turn`` guards it: a lock of this process, later a lease that all
    processes share.
    """

    def __init__(
        self,
        begin: Begin,
        grant_id: str,
        exchange: TokenExchange,
        now: Callable[[], datetime],
        turn: AbstractAsyncContextManager[object] | None = None,
    ) -> None:
        self._begin = begin
        self._grant_id = grant_id
        self._exchange = exchange
        self._now = now
        self._turn = turn or asyncio.Lock()
        self._margin = FRESH_FOR
        self._pair: TokenPair | None = None

    async def __call__(self, *, refresh: bool = False) -> str:
        """Return a token; ``refresh`` says that the current one was rejected."""
        rejected = self._pair.access_token if refresh and self._pair else ""
        if self._pair is None or not self._is_good(self._pair, rejected):
            async with self._turn:
                self._pair = await asyncio.to_thread(self._renewed, rejected)
        return self._pair.access_token

    def _renewed(self, rejected: str) -> TokenPair:
        if self._pair is not None and self._is_good(self._pair, rejected):
            return self._pair
        with self._begin(write=False) as stores:
            kept = stores.vault.load(self._grant_id)
        if kept is None:
            raise ConsentError("There are no tokens for this site.", AGAIN)
        if self._is_good(kept, rejected):
            return kept
        pair = self._exchange.refresh(kept)
        with self._begin() as stores:
            stores.vault.store(self._grant_id, pair)
        self._margin = min(FRESH_FOR, (pair.expires_at - self._now()) / 4)
        return pair

    def _is_good(self, pair: TokenPair, rejected: str) -> bool:
        is_fresh = pair.expires_at > self._now() + self._margin
        return is_fresh and pair.access_token != rejected

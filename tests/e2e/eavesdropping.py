"""Listens at Atlassian's end: every code, verifier and token that was ever in use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from casb_sdk.cloud import RunningCloud
from tests.fakes.plain_http import plain_client

SECRET_FIELDS = ("code", "code_verifier", "client_secret", "refresh_token")
TOKENS = ("access_token", "refresh_token")


class Eavesdropper:
    """Notes what a simulated cloud is sent and what it hands out."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.heard: dict[str, str] = {}
        oauth: Any = cloud.oauth
        oauth.exchange = self._between(oauth.exchange)
        oauth.issue_code = self._noting_codes(oauth.issue_code)

    def _between(
        self, exchange: Callable[[Mapping[str, str]], dict[str, object]]
    ) -> Callable[[Mapping[str, str]], dict[str, object]]:
        def listen(body: Mapping[str, str]) -> dict[str, object]:
            for name in SECRET_FIELDS:
                self._note(name, body.get(name, ""))
            answer = exchange(body)
            for name in TOKENS:
                self._note(name, str(answer.get(name, "")))
            return answer

        return listen

    def _noting_codes(self, issue: Callable[..., str]) -> Callable[..., str]:
        def listen(*arguments: object) -> str:
            code = issue(*arguments)
            self._note("code", code)
            return code

        return listen

    def _note(self, kind: str, secret: str) -> None:
        if secret:
            self.heard[secret] = kind

    def kinds(self) -> set[str]:
        """Return the kinds of secret that were in use."""
        return set(self.heard.values())


@dataclass(slots=True)
class Watched:
    """A browser that writes down what a connector showed it, cookies kept apart."""

    public_url: str
    shown: list[str] = field(default_factory=list)
    cookies: set[str] = field(default_factory=set)

    def opened(self) -> httpx.Client:
        """Return the browser."""
        return plain_client(
            base_url=self.public_url,
            follow_redirects=True,
            event_hooks={"response": [self._note]},
        )

    def _note(self, response: httpx.Response) -> None:
        if not str(response.url).startswith(self.public_url):
            return  # What Atlassian shows is Atlassian's.
        response.read()
        headers = [
            f"{name}: {value}"
            for name, value in response.headers.multi_items()
            if name != "set-cookie"
        ]
        self.cookies.update(response.cookies.values())
        self.shown.append("\n".join([*headers, response.text]))

"""A Flask application with our consent page, and Atlassian's part as `responses`."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from connector.atlassian.oauth import FlaskConsentPage
from connector.atlassian.oauth_app import OAuthApp
from connector.domain.installation import TokenPair

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
AUTH = "https://auth.atlassian.example"
API = "https://api.atlassian.example"
TOKEN_URL = f"{AUTH}/oauth/token"
CALLBACK = "https://casb.example/oauth/callback"
APP = OAuthApp("client", "hush", ("search:confluence", "offline_access"), AUTH, API)
GOOD = {
    "access_token": "fresh-access",
    "refresh_token": "fresh-refresh",
    "expires_in": 3600,
    "token_type": "Bearer",
    "scope": "offline_access search:confluence",
}


class Browsing:
    """One browser before an application that sends it to Atlassian and back."""

    def __init__(self, app: OAuthApp = APP) -> None:
        flask = Flask("oauth-world")
        flask.secret_key = "signs cookies"
        self.page = FlaskConsentPage(flask, app, lambda: NOW)
        self.redeemed: list[TokenPair] = []
        self.attempts: list[str] = []
        flask.get("/start")(self._start)
        flask.get("/oauth/callback")(self._call_back)
        self.browser = flask.test_client()

    def start(self, attempt: str = "attempt") -> dict[str, str]:
        """Set out for Atlassian; return the parameters of its page."""
        address = self.browser.get(f"/start?attempt={attempt}").headers["Location"]
        assert address.startswith(f"{AUTH}/authorize?")
        return dict(parse_qsl(urlsplit(address).query))

    def come_back(self, state: str, code: str = "code") -> int:
        """Come back from Atlassian; return the status of the page."""
        answer = self.browser.get(f"/oauth/callback?code={code}&state={state}")
        return answer.status_code

    def _start(self) -> Response:
        return redirect(self.page.address(CALLBACK, request.args["attempt"]))

    def _call_back(self) -> str:
        self.attempts.append(self.page.attempt(request.args["state"]))
        self.redeemed.append(self.page.redeem())
        return "redeemed"

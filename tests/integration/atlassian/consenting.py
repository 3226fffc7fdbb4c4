"""Gets an access token from the simulated cloud, as an administrator would."""

from urllib.parse import parse_qs, urlsplit

from casb_sdk.cloud import RunningCloud
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.profiles import CALLS_OF_CURRENT, OPTIONAL_CALLS
from tests.fakes.plain_http import plain_client

CALLBACK = "http://localhost/callback"


class ConsentedBearer:
    """A bearer whose consent was given on the consent page of the cloud."""

    def __init__(self, atlassian: RunningCloud, scopes: frozenset[str]) -> None:
        self._atlassian = atlassian
        self._http = plain_client()
        app = atlassian.app
        answer = self._http.get(
            f"{atlassian.auth_url}/authorize",
            params={
                "audience": "api.atlassian.com",
                "client_id": app.client_id,
                "redirect_uri": CALLBACK,
                "response_type": "code",
                "prompt": "consent",
                "scope": " ".join({*scopes, "offline_access"}),
                "state": "state",
                "auto_consent": "accept",
            },
        )
        [code] = parse_qs(urlsplit(answer.headers["location"]).query)["code"]
        self._pair = self._exchange(
            grant_type="authorization_code", code=code, redirect_uri=CALLBACK
        )
        self.refreshes = 0

    async def __call__(self, *, refresh: bool = False) -> str:
        """Return the token, a new one where asked."""
        if refresh:
            self.refreshes += 1
            token = self._pair["refresh_token"]
            self._pair = self._exchange(grant_type="refresh_token", refresh_token=token)
        return self._pair["access_token"]

    def close(self) -> None:
        """Close the connection to the token endpoint."""
        self._http.close()

    def _exchange(self, **body: str) -> dict[str, str]:
        app = self._atlassian.app
        secrets = {"client_id": app.client_id, "client_secret": app.client_secret}
        answer = self._http.post(
            f"{self._atlassian.auth_url}/oauth/token", json=body | secrets
        )
        answer.raise_for_status()
        pair: dict[str, str] = answer.json()
        return pair


def scopes_of(*left_out: Endpoint, with_optional: bool = False) -> frozenset[str]:
    """Return the scopes of the current profile, without those of some operations."""
    calls = CALLS_OF_CURRENT + (OPTIONAL_CALLS if with_optional else ())
    return frozenset(call.scope for call in calls) - {e.scope for e in left_out}

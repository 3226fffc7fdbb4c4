"""Atlassian's part in a consent: its page, the code, the sites the tokens open."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import requests
from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, session

from casb_sdk import Site
from connector.atlassian.oauth_app import OAuthApp
from connector.atlassian.token_endpoint import (
    LATER,
    TIMEOUT_SECONDS,
    answer_of,
    pair_of,
    unreachable,
)
from connector.domain.consent import GrantedSite
from connector.domain.errors import (
    AtlassianUnavailableError,
    ConsentError,
    RefusedError,
    ScopeError,
)
from connector.domain.installation import TokenPair

NAME = "atlassian"
AUDIENCE = "api.atlassian.com"
ME = "/me"
RESOURCES = "/oauth/token/accessible-resources"
CURRENT_USER = "/wiki/rest/api/user/current"
CURRENT_USER_SCOPE = "read:confluence-user"
SCOPE_MISMATCH = "scope does not match"
START_AGAIN = "Begin again: press Install, or run `casb install` for a fresh link."
NOT_FOUND = 404
TOO_MANY = 429
SERVER_ERROR = 500

# Authlib's debug messages hold verifiers and codes.
logging.getLogger("authlib").setLevel(logging.WARNING)


class FlaskConsentPage:
    """Sends a browser of our Flask application to Atlassian and back."""

    def __init__(
        self, flask: Flask, app: OAuthApp, now: Callable[[], datetime]
    ) -> None:
        self._app = app
        self._now = now
        options: dict[str, Any] = {
            "scope": " ".join(app.scopes),
            "token_endpoint_auth_method": "client_secret_post",
            "default_timeout": TIMEOUT_SECONDS,
            "verify": app.verify,
        }
        if app.with_pkce:
            options["code_challenge_method"] = "S256"
        self._client = OAuth(flask).register(
            NAME,
            client_id=app.client_id,
            client_secret=app.client_secret,
            authorize_url=f"{app.auth_url}/authorize",
            authorize_params={"audience": AUDIENCE, "prompt": "consent"},
            access_token_url=app.token_url,
            client_kwargs=options,
            compliance_fix=self._check_answers,
        )

    def address(self, redirect_uri: str, consent_id: str) -> str:
        """Return where the browser goes; remembers the attempt in its session."""
        created = self._client.create_authorization_url(redirect_uri)
        self._client.save_authorize_data(
            redirect_uri=redirect_uri, consent=consent_id, **created
        )
        return str(created["url"])

    def attempt(self, state: str) -> str:
        """Return the attempt that this browser started under a state, or nothing."""
        kept = self._client.framework.get_state_data(session, state)
        return str(kept.get("consent", "")) if kept else ""

    def forget(self, state: str) -> None:
        """Let a state be used up."""
        self._client.framework.clear_state_data(session, state)

    def redeem(self) -> TokenPair:
        """Exchange the code that the browser brought for tokens."""
        try:
            answer = self._client.authorize_access_token()
        except requests.RequestException as error:
            raise unreachable(error, self._app.token_url) from None
        except OAuthError as error:
            raise ConsentError(
                f"Atlassian gave no tokens: {error.error}.", START_AGAIN
            ) from None
        return pair_of(answer, self._now(), None)

    def _check_answers(self, client: Any) -> None:
        def check(response: requests.Response) -> requests.Response:
            answer_of(response, self._now())
            return response

        client.register_compliance_hook("access_token_response", check)


class SitesOverHttp:
    """Asks Atlassian which sites a token opens, and whose it is."""

    def __init__(self, app: OAuthApp) -> None:
        self._app = app

    def granted(self, access_token: str) -> Sequence[GrantedSite]:
        """Return the sites a token reaches; a site listed twice is one site."""
        rows = self._get(access_token, RESOURCES).json()
        if not isinstance(rows, list):
            raise AtlassianUnavailableError(
                f"Atlassian answered GET {RESOURCES} with no list.", LATER
            )
        merged: dict[str, GrantedSite] = {}
        for found in _granted_sites(rows):
            known = merged.get(found.site.cloud_id, found)
            merged[known.site.cloud_id] = GrantedSite(
                known.site, known.scopes | found.scopes
            )
        return tuple(merged.values())

    def account_id(self, access_token: str, cloud_id: str) -> str:
        """Return whose token it is, by one real call to the site."""
        path = f"/ex/confluence/{cloud_id}{CURRENT_USER}"
        user = self._get(access_token, path).json()
        return _account(user, "accountId")

    def own_account_id(self, access_token: str) -> str:
        """Return whose token it is, by Atlassian's word; needs ``read:me``."""
        return _account(self._get(access_token, ME).json(), "account_id")

    def _get(self, access_token: str, path: str) -> requests.Response:
        url = f"{self._app.api_url}{path}"
        with requests.Session() as http:
            http.verify = self._app.verify
            try:
                response = http.get(
                    url,
                    headers={"Authorization": f"Bearer {access_token}"},
                    timeout=TIMEOUT_SECONDS,
                )
            except requests.RequestException as error:
                raise unreachable(error, url) from None
        if not response.ok or not _is_json(response):
            raise _refusal(response, path)
        return response


def _granted_sites(rows: Sequence[object]) -> Iterator[GrantedSite]:
    for row in rows:
        if isinstance(row, dict) and row.get("id"):
            site = Site(
                str(row["id"]),
                str(row.get("url", "")).rstrip("/"),
                str(row.get("name", "")),
            )
            yield GrantedSite(site, frozenset(map(str, row.get("scopes", ()))))


def _account(answer: object, key: str) -> str:
    account_id = answer.get(key) if isinstance(answer, dict) else None
    if isinstance(account_id, str) and account_id:
        return account_id
    raise RefusedError(
        "Confluence does not say who gave this consent.",
        "Give it with an account that may use Confluence on this site.",
    )


def _is_json(response: requests.Response) -> bool:
    try:
        response.json()
    except ValueError:
        return False
    return True


def _refusal(response: requests.Response, path: str) -> Exception:
    status = response.status_code
    if response.ok or status == TOO_MANY or status >= SERVER_ERROR:
        what = "no JSON" if response.ok else str(status)
        return AtlassianUnavailableError(
            f"Atlassian answered GET {path} with {what}.", LATER
        )
    if SCOPE_MISMATCH in response.text:
        return ScopeError(
            f"The consent lacks the scope {CURRENT_USER_SCOPE}, which GET "
            f"{CURRENT_USER} needs.",
            "Add it to the OAuth app in Atlassian's developer console, then run "
            "`casb install` again.",
        )
    return RefusedError(
        f"Atlassian answered GET {path} with {status}.",
        "Give the consent with an account that may use Confluence on this site, and "
        "see that the site's administrators have not blocked the app.",
        is_gone=status == NOT_FOUND,
    )

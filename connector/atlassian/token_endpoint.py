"""What Atlassian's token endpoint may answer, and what each answer means."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import urlsplit

import requests

from connector.atlassian.rate_limits import retry_after_of
from connector.domain.consent import OFFLINE_ACCESS
from connector.domain.errors import (
    AtlassianError,
    AtlassianUnavailableError,
    CasbError,
    ConsentError,
    CredentialsError,
    DeadGrantError,
)
from connector.domain.installation import TokenPair

TIMEOUT_SECONDS = 30.0
LIFE_IF_UNSAID_SECONDS = 600
UNAUTHORIZED = 401
TOO_MANY = 429
SERVER_ERROR = 500
LONGEST_NAME = 40
DEAD_GRANT = frozenset({"invalid_grant", "unauthorized_client"})
LATER = "Try again in a few minutes."
AGAIN = "Authorise the site again with `casb install`."

Answer = Mapping[str, object]


def answer_of(response: requests.Response, now: datetime) -> Answer:
    """Return the JSON object of a good answer, or raise what a bad one means."""
    if response.status_code == TOO_MANY or response.status_code >= SERVER_ERROR:
        raise _unavailable(response, f"answered {response.status_code}", now)
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _unavailable(response, "answered something that is not JSON", now)
    if not response.ok:
        raise _refusal(response, answer)
    return cast("Answer", answer)


def pair_of(answer: Answer, now: datetime, previous: TokenPair | None) -> TokenPair:
    """Return the tokens of an answer; one without a refresh token keeps the old one."""
    access = answer.get("access_token")
    if not isinstance(access, str) or not access:
        raise AtlassianUnavailableError(
            "Atlassian's token endpoint gave no access token.", LATER
        )
    refresh = answer.get("refresh_token") or (previous and previous.refresh_token)
    if not isinstance(refresh, str) or not refresh:
        raise ConsentError(
            f"Atlassian gave no refresh token: {OFFLINE_ACCESS} was not granted.",
            AGAIN,
        )
    scopes = frozenset(str(answer.get("scope", "")).split())
    return TokenPair(
        access,
        refresh,
        now + timedelta(seconds=_life(answer)),
        scopes or (previous.scopes if previous else scopes),
    )


def unreachable(error: requests.RequestException, url: str) -> CasbError:
    """Return what a request that never got an answer means."""
    host = urlsplit(url).netloc
    if isinstance(error, requests.exceptions.SSLError):
        return AtlassianUnavailableError(
            f"The certificate of {host} cannot be verified.",
            "If a proxy inspects traffic, name its certificates in SSL_CERT_FILE.",
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return AtlassianUnavailableError(
            f"The proxy does not let requests through to {host}.",
            "Check HTTPS_PROXY and NO_PROXY.",
        )
    how = "did not answer in time" if isinstance(error, requests.Timeout) else ""
    return AtlassianUnavailableError(
        f"{host} {how or 'cannot be reached'}.",
        "Check the network, and HTTPS_PROXY if you need a proxy.",
    )


def _refusal(response: requests.Response, answer: Answer) -> CasbError:
    """Return what a refusal means; a 401 is about our app, whatever else it says."""
    error = str(answer.get("error", ""))
    if response.status_code == UNAUTHORIZED:
        return CredentialsError(
            "Atlassian does not accept CASB_ATLASSIAN_CLIENT_SECRET for the app "
            "named by CASB_ATLASSIAN_CLIENT_ID.",
            "Copy both from the app's settings in Atlassian's developer console, then "
            "run `casb doctor`.",
        )
    if error in DEAD_GRANT:
        return DeadGrantError("Atlassian no longer accepts this consent.", AGAIN)
    return AtlassianError(
        f"Atlassian's token endpoint answered {response.status_code} "
        f"{_word(error)}".strip()
        + ".",
        "Check the OAuth app in Atlassian's developer console.",
    )


def _word(error: str) -> str:
    """Return an error's name if it is one, and not something that carries secrets."""
    is_name = len(error) <= LONGEST_NAME and error.replace("_", "").isalnum()
    return error if is_name else ""


def _unavailable(
    response: requests.Response, what: str, now: datetime
) -> AtlassianUnavailableError:
    host = urlsplit(response.url).netloc
    wait = retry_after_of(response.headers, now.timestamp())
    return AtlassianUnavailableError(f"{host} {what}.", LATER, retry_after=wait)


def _life(answer: Answer) -> float:
    """Return how long the access token lives; if nobody says, rather not long."""
    try:
        return float(str(answer.get("expires_in")))
    except ValueError:
        return LIFE_IF_UNSAID_SECONDS

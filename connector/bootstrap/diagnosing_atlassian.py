"""The checks of `casb doctor` that ask Atlassian: secret, call-back, clock."""

from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

import requests

from connector.atlassian.oauth import AUDIENCE
from connector.atlassian.token_endpoint import unreachable
from connector.atlassian.tokens import RefreshOverHttp
from connector.bootstrap.application import Application
from connector.bootstrap.oauth_app import oauth_app, scopes_asked
from connector.domain.care import CREDENTIALS
from connector.domain.errors import CasbError, DeadGrantError
from connector.domain.installation import TokenPair
from connector.settings import Settings
from connector.use_cases.diagnose import Diagnosis, failed, ok

PATIENCE_SECONDS = 10.0
TOLERANCE = timedelta(minutes=1)
CALLBACK = "/oauth/callback"
REFUSED = 400
CONSOLE = "Atlassian's developer console (your app, Authorization, OAuth 2.0)"


def client_secret(application: Application) -> Diagnosis:
    """Ask with a refresh token nobody has: Atlassian judges the secret first."""
    app, now = oauth_app(application.settings), application.now()
    nobody = TokenPair("casb-doctor", "casb-doctor", now)
    with suppress(DeadGrantError):
        RefreshOverHttp(app, application.now).refresh(nobody)
    was_wrong = False
    with suppress(CasbError), application.begin() as stores:
        was_wrong = stores.alarms.end(CREDENTIALS)
    end = "; the alarm about it has ended" if was_wrong else ""
    return ok(f"the client secret is right{end}")


def call_back(settings: Settings) -> Diagnosis:
    """Ask for the consent page as a browser would, and go no further."""
    app, address = oauth_app(settings), f"{settings.public_url}{CALLBACK}"
    params = {
        "audience": AUDIENCE,
        "client_id": app.client_id,
        "scope": " ".join(app.scopes),
        "redirect_uri": address,
        "state": "casb-doctor",
        "response_type": "code",
        "prompt": "consent",
    }
    url = f"{app.auth_url}/authorize"
    try:
        answer = requests.get(
            url,
            params=params,
            timeout=PATIENCE_SECONDS,
            verify=app.verify,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise unreachable(error, url) from None
    wrong = _objection(answer)
    if "redirect_uri" in wrong:
        return failed(
            f"Atlassian does not know the call-back address {address}.",
            f"Enter exactly this address in {CONSOLE}, or correct CASB_PUBLIC_URL.",
        )
    if wrong:
        scopes = ", ".join(scopes_asked(settings))
        return failed(
            "Atlassian's consent page refuses what we ask for.",
            f"In {CONSOLE} the app needs the call-back address {address} and these "
            f"permissions: {scopes}.",
        )
    return ok(f"Atlassian does not object to {address}; the console must have it so")


def answers_and_clock(application: Application) -> Diagnosis:
    """See whether the API answers, and what time it is there."""
    settings = application.settings
    url = settings.atlassian_api_url
    try:
        answer = requests.head(
            url, timeout=PATIENCE_SECONDS, verify=settings.certificates or True
        )
    except requests.RequestException as error:
        raise unreachable(error, url) from None
    try:
        skew = application.now() - parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        return ok(f"{url} answers")
    if abs(skew) > TOLERANCE:
        slow = "behind" if skew < timedelta() else "ahead of"
        return failed(
            f"This machine's clock is {abs(skew)} {slow} Atlassian's.",
            "Set the clock (NTP); tokens and scans depend on it.",
        )
    return ok(f"{url} answers, and the clocks agree")


def _objection(answer: requests.Response) -> str:
    """Return what the consent page objects to; it shows a page or redirects with it."""
    if answer.status_code >= REFUSED:
        return "redirect_uri" if "redirect_uri" in answer.text else "refused"
    query = parse_qs(urlsplit(answer.headers.get("Location", "")).query)
    return " ".join(query.get("error", []) + query.get("error_description", []))

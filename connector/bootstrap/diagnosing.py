"""The checks of `casb doctor`, each over the very parts that the product uses."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime

import requests

from connector.atlassian.token_endpoint import unreachable
from connector.atlassian.tokens import RefreshOverHttp
from connector.bootstrap.application import Application
from connector.bootstrap.oauth_app import oauth_app, scopes_asked
from connector.domain.errors import CasbError, ConsentError
from connector.domain.installation import Installation, InstallationState, TokenPair
from connector.settings import Settings
from connector.use_cases.diagnose import (
    Check,
    Diagnose,
    Diagnosis,
    failed,
    ok,
    warning,
)

SHORT_SECRET = 16
PATIENCE_SECONDS = 10.0
TOLERANCE = timedelta(minutes=1)
LOCAL = ("http://localhost", "http://127.0.0.1", "http://[::1]")
CALLBACK = "/oauth/callback"


def diagnose(application: Application, strange: Iterable[str]) -> Diagnose:
    """Return the self-check; ``strange`` says which variables are no settings."""
    settings = application.settings
    return Diagnose(
        [
            Check("settings", lambda: _settings(list(strange))),
            Check("keys", lambda: _keys(settings)),
            Check("database", lambda: _database(application)),
            Check("sites", lambda: _sites(application)),
            Check("tokens", lambda: _tokens(application)),
            Check("plugins", lambda: _plugins(application)),
            Check("public URL", lambda: _public_url(settings)),
            Check("OAuth app", lambda: _oauth_app(application)),
            Check("Atlassian API", lambda: _reachable(application)),
        ]
    )


def _settings(strange: list[str]) -> Diagnosis:
    if strange:
        return warning(" ".join(strange), "Correct the name, or remove the variable.")
    return ok("every CASB_ variable is a setting")


def _keys(settings: Settings) -> Diagnosis:
    settings.require("CASB_SECRET_KEY", "CASB_TOKEN_KEYS")
    if len(settings.secret_key) < SHORT_SECRET:
        return warning(
            "CASB_SECRET_KEY is short and may be guessed.",
            "Make one with `casb keys generate`; it ends the sessions.",
        )
    count = len(settings.token_keys)
    return ok(f"CASB_SECRET_KEY is set, CASB_TOKEN_KEYS holds {count}")


def _database(application: Application) -> Diagnosis:
    with application.begin() as stores:
        stores.installations.all()
    return ok("can be written and is at the newest schema")


def _sites(application: Application) -> Diagnosis:
    known = _installations(application)
    if not known:
        return warning("No site is connected.", "Connect one with `casb install`.")
    for installation in known:
        if installation.state is not InstallationState.ACTIVE:
            return warning(
                f"{installation.site.url} is {installation.state}.",
                installation.note or f"See `casb sites show {installation.site.url}`.",
            )
    return ok(f"{len(known)} connected and active")


def _tokens(application: Application) -> Diagnosis:
    for installation in _installations(application):
        with application.begin(write=False) as stores:
            pair = stores.vault.load(installation.grant_id)
        if pair is None:
            return failed(
                f"There are no tokens for {installation.site.url}.",
                "Connect it again with `casb install`.",
            )
    return ok("every site's tokens can be decrypted")


def _plugins(application: Application) -> Diagnosis:
    registry = application.registry()
    if registry.failures:
        return failed(
            "; ".join(map(str, registry.failures)) + ".",
            "The other detectors run; see `casb detectors list`.",
        )
    if registry.warnings:
        return warning("; ".join(registry.warnings) + ".", "See CASB_LOAD_PLUGINS.")
    return ok(f"{len(registry.detectors)} detectors are loaded")


def _public_url(settings: Settings) -> Diagnosis:
    url = settings.public_url
    if url.startswith("http://") and not url.startswith(LOCAL):
        return warning(
            f"CASB_PUBLIC_URL ({url}) is not encrypted.",
            "Put a reverse proxy with TLS in front and use its https:// address.",
        )
    try:
        answer = requests.get(
            f"{url}/healthz",
            timeout=PATIENCE_SECONDS,
            verify=settings.certificates or True,
        )
    except requests.RequestException:
        return ok(f"nothing listens at {url} now; `casb install` serves it itself")
    if not answer.ok:
        return warning(
            f"{url}/healthz answers {answer.status_code}.",
            "Check that the reverse proxy leads to this connector.",
        )
    return ok(f"{url} answers")


def _oauth_app(application: Application) -> Diagnosis:
    """Ask with a refresh token nobody has: Atlassian judges the secret first."""
    settings = application.settings
    app, now = oauth_app(settings), application.now()
    nobody = TokenPair("casb-doctor", "casb-doctor", now)
    with suppress(ConsentError):
        RefreshOverHttp(app, application.now).refresh(nobody)
    return ok(
        f"the client secret is right; the app needs the call-back address "
        f"{settings.public_url}{CALLBACK} and {len(scopes_asked(settings))} scopes"
    )


def _reachable(application: Application) -> Diagnosis:
    settings = application.settings
    url = settings.atlassian_api_url
    try:
        answer = requests.head(
            url, timeout=PATIENCE_SECONDS, verify=settings.certificates or True
        )
    except requests.RequestException as error:
        raise unreachable(error, url) from None
    return _clock(application, answer.headers.get("Date", ""), url)


def _clock(application: Application, date: str, url: str) -> Diagnosis:
    try:
        skew = application.now() - parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return ok(f"{url} answers")
    if abs(skew) > TOLERANCE:
        return failed(
            f"This machine's clock differs from Atlassian's by {abs(skew)}.",
            "Set the clock; tokens and scans depend on it.",
        )
    return ok(f"{url} answers, and the clocks agree")


def _installations(application: Application) -> tuple[Installation, ...]:
    try:
        with application.begin(write=False) as stores:
            return tuple(stores.installations.all())
    except CasbError:
        return ()  # The check of the database says why.

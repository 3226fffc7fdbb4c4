"""The checks of `casb doctor`, each over the very parts that the product uses."""

from collections.abc import Iterable, Sequence

import requests

from connector.atlassian.oauth import SitesOverHttp
from connector.bootstrap.application import Application
from connector.bootstrap.diagnosing_atlassian import (
    answers_and_clock,
    call_back,
    client_secret,
)
from connector.bootstrap.diagnosing_work import work_of
from connector.bootstrap.oauth_app import oauth_app, refresh_grant
from connector.domain.errors import CasbError
from connector.settings import Settings
from connector.use_cases.diagnose import (
    Check,
    Diagnose,
    Diagnosis,
    Found,
    Probe,
    failed,
    ok,
    warning,
)
from connector.use_cases.diagnose_sites import DiagnoseSites

SHORT_SECRET = 16
PATIENCE_SECONDS = 10.0
LOCAL = ("http://localhost", "http://127.0.0.1", "http://[::1]")


def diagnose(application: Application, strange: Iterable[str]) -> Diagnose:
    """Return the self-check; ``strange`` says which variables are no settings.

    The client secret comes before the alarms, since it ends one if it is right.
    """
    settings = application.settings
    sites = DiagnoseSites(application.begin)

    def tokens() -> Found:
        return sites.tokens(len(settings.token_keys))

    def consents() -> Found:
        return _consents(application, sites)

    return Diagnose(
        [
            Check("settings", lambda: _settings(list(strange))),
            Check("keys", lambda: _keys(settings)),
            Check("database", lambda: _database(application)),
            Check("work", _known(application, lambda: work_of(application))),
            Check("sites", _known(application, sites.states)),
            Check("tokens", _known(application, tokens)),
            Check("plugins", lambda: _plugins(application)),
            Check("public URL", lambda: _public_url(settings)),
            Check("Atlassian API", lambda: answers_and_clock(application)),
            Check("OAuth app", lambda: client_secret(application)),
            Check("call-back", _as_our_app(application, lambda: call_back(settings))),
            Check("consents", _known(application, _as_our_app(application, consents))),
            Check("alarms", _known(application, sites.alarms)),
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


def _known(application: Application, probe: Probe) -> Probe:
    """Leave a check out where the database cannot be asked, which is said before."""

    def probe_if_known() -> Found:
        try:
            _database(application)
        except CasbError:
            return ()
        return probe()

    return probe_if_known


def _as_our_app(application: Application, probe: Probe) -> Probe:
    """Leave a check out where Atlassian does not know us, which is said before."""

    def probe_if_it_does() -> Found:
        try:
            client_secret(application)
        except CasbError:
            return ()
        return probe()

    return probe_if_it_does


def _consents(application: Application, sites: DiagnoseSites) -> Sequence[Diagnosis]:
    return sites.consents(
        lambda: refresh_grant(application),
        lambda: SitesOverHttp(oauth_app(application.settings)),
    )

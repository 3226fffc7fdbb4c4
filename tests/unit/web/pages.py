"""The pages over real stores, a browser before them, Atlassian as a test wants it."""

import re
from datetime import UTC, datetime
from itertools import count

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.domain.consent import ConsentStatus
from connector.domain.errors import CasbError
from connector.domain.installation import Installation, TokenPair
from connector.domain.store_ports import Begin
from connector.use_cases.check_site import CheckSite
from connector.use_cases.install_site import InstallSite
from connector.use_cases.manage_sites import ManageSites
from connector.use_cases.settle_consent import Terms
from connector.use_cases.sign_in import SignIn
from connector.use_cases.uninstall_site import UninstallSite
from connector.use_cases.watch_sites import WatchSites
from connector.web.errors import explain_errors
from connector.web.forms import offer_form_tokens
from connector.web.health import health_routes
from connector.web.installing import Installing, installing_routes
from connector.web.security import protect
from connector.web.sessions import SECURE_NAME, ServerSessions
from connector.web.signing_in import door_routes, signed_in
from connector.web.site_controls import SiteControls, control_routes
from connector.web.site_pages import site_routes
from connector.web.site_words import speak
from tests.fakes.atlassian_sites import ACME, SCOPES, FakeProbe, FakeSites

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PUBLIC_URL = "https://casb.example"
ATLASSIAN = "https://auth.atlassian.example/authorize"
PASSWORD = "correct horse"


class FakePage:
    """Remembers which attempt began under which state, as a browser's session would."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.trouble: CasbError | None = None
        self.redirect_uri = ""

    def address(self, redirect_uri: str, consent_id: str) -> str:
        self.redirect_uri = redirect_uri
        state = f"state-{len(self.states)}"
        self.states[state] = consent_id
        return f"{ATLASSIAN}?state={state}"

    def attempt(self, state: str) -> str:
        return self.states.get(state, "")

    def forget(self, state: str) -> None:
        del self.states[state]

    def redeem(self) -> TokenPair:
        if self.trouble:
            raise self.trouble
        return TokenPair("access", "refresh", NOW, SCOPES)


class FakePasswords:
    """Hashes at once, so that tests need not wait."""

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def fits(self, password_hash: str, password: str) -> bool:
        return password_hash == f"hash of {password}"

    def is_weak(self, password_hash: str) -> bool:
        return False


class World:
    """The web application with one administrator, and the browser at hand."""

    def __init__(self, begin: Begin) -> None:
        self.begin = begin
        self.now = NOW
        self.page = FakePage()
        self.sites = FakeSites()
        self.probe = FakeProbe()
        secrets = count()
        self.install = InstallSite(
            begin,
            self.sites,
            CheckSite(begin, self.sites, self.probe, lambda _: SCOPES, 1, self._clock),
            Terms("current", "our-app", 1),
            self._clock,
            lambda: f"secret-{next(secrets)}",
        )
        self.sign_in = SignIn(begin, FakePasswords(), self._clock)
        self.sign_in.add_first(PASSWORD)
        self.flask = self._flask()
        self.browser = self.new_browser()

    def _clock(self) -> datetime:
        return self.now

    def _flask(self) -> Flask:
        flask = Flask("connector.web")
        flask.secret_key = "finds sessions"
        flask.session_interface = ServerSessions(self.begin, self._clock)
        protect(flask, PUBLIC_URL)
        explain_errors(flask)
        offer_form_tokens(flask)
        speak(flask)
        flask.jinja_env.globals["signed_in"] = signed_in
        watch = WatchSites(self.begin)
        installing = Installing(self.install, self.page, PUBLIC_URL)
        manage, uninstall = (
            ManageSites(self.begin),
            UninstallSite(self.begin, self._clock),
        )
        controls = SiteControls(manage, uninstall, self._clock)
        for routes in (
            health_routes(watch.is_ready),
            door_routes(self.sign_in),
            installing_routes(installing),
            site_routes(watch, installing),
            control_routes(controls),
        ):
            flask.register_blueprint(routes)
        return flask

    def new_browser(self) -> FlaskClient:
        return self.flask.test_client()

    def get(self, path: str) -> TestResponse:
        return self.browser.get(path, base_url=PUBLIC_URL)

    def post(self, path: str, **form: str) -> TestResponse:
        return self.browser.post(path, data=form, base_url=PUBLIC_URL)

    def send(self, page: str, path: str, **form: str) -> TestResponse:
        """Open a page and send the form in it to a path."""
        return self.post(path, token=form_token(self.get(page)), **form)

    def enter(self, password: str = PASSWORD, **form: str) -> TestResponse:
        """Sign in."""
        wanted = {"name": "admin", "password": password} | form
        return self.send("/login", "/login", **wanted)

    @property
    def cookie(self) -> str:
        """The word in this browser's cookie."""
        kept = self.browser.get_cookie(SECURE_NAME, domain="casb.example")
        return kept.value if kept else ""

    def begin_consent(self, wanted: str = "") -> str:
        ticket = self.install.ask(wanted)
        self.get(f"/install?ticket={ticket.secret}")
        return ticket.consent.id

    def connect(self) -> Installation:
        self.install.finish(
            self.install.start(self.install.ask().secret).id, self.page.redeem()
        )
        return self.installation()

    def installation(self, cloud_id: str = ACME.site.cloud_id) -> Installation:
        with self.begin(write=False) as stores:
            found = stores.installations.find(cloud_id)
        assert found is not None
        return found

    def status(self, consent_id: str) -> ConsentStatus:
        return self.install.attempt(consent_id).status


def words(response: TestResponse) -> str:
    """Return what a person reads on a page."""
    body = response.text.partition("</header>")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def form_token(response: TestResponse) -> str:
    """Return what the forms of a page carry."""
    found = re.search(r'name="token" value="([^"]+)"', response.text)
    assert found is not None
    return found[1]

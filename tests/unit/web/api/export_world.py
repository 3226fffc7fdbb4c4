"""The API over a real database with two sites, and clients before it."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from sqlite3 import connect
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from casb_sdk import Severity, Site
from connector.bootstrap.application import Application, application_over
from connector.bootstrap.exporting import export_parts, manage_clients
from connector.domain.client import Scope
from connector.domain.finding_state import Change, ChangeType, Status, TrackedFinding
from connector.domain.installation import Installation
from connector.settings import load_settings
from connector.store.database import Database
from connector.use_cases.manage_clients import ClientOrder, Issued, ManageClients
from connector.web.api.application import export_api
from connector.web.api.exporting import EXTENSION, Exporting
from tests.contract.finding_words import finding_on, tracked
from tests.fakes.stores import TOKEN_KEY

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PUBLIC_URL = "https://casb.example"
ACME, UMBRELLA = "acme", "umbrella"
CHANGES = "/api/v1/findings/changes"
ALL_SCOPES = frozenset(Scope)


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


class RealClock(Clock):
    """A clock that goes by itself."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


class SharedApi:
    """The API, built once for worlds that have their turns with it.

    Nearly all that building it takes is its description, the same for each of them.
    """

    def __init__(self) -> None:
        self._flask: Flask | None = None

    def over(self, parts: Exporting) -> Flask:
        """Return the API, which answers from these parts from now on."""
        self._flask = self._flask or export_api(parts)
        self._flask.extensions[EXTENSION] = parts
        return self._flask


class ExportWorld:
    """A deployment with the sites acme and umbrella, and what happens there."""

    def __init__(
        self,
        database: Database,
        clock: Clock | None = None,
        shared_api: SharedApi | None = None,
        **settings: str,
    ) -> None:
        self.clock = clock or Clock()
        self.database = database
        database.now = self.clock
        environment = {
            "CASB_SECRET_KEY": "signs cookies",
            "CASB_TOKEN_KEYS": TOKEN_KEY,
            "CASB_PUBLIC_URL": PUBLIC_URL,
            "CASB_DATABASE_URL": database.engines.writer.url.render_as_string(
                hide_password=False
            ),
            **settings,
        }
        self.application: Application = replace(
            application_over(load_settings(environment), database.begin),
            now=self.clock,
        )
        self._shared_api = shared_api or SharedApi()
        self.clients: ManageClients = manage_clients(self.application)
        self.numbers = count()
        self.known: dict[tuple[str, str], TrackedFinding] = {}
        with database.begin() as stores:
            for id_ in (ACME, UMBRELLA):
                site = Site(id_, f"https://{id_}.atlassian.net", id_.title())
                stores.installations.save(
                    Installation(f"of {id_}", site, "grant", installed_at=NOW)
                )

    def happens(
        self, page: str, site: str = ACME, type_: ChangeType = ChangeType.CREATED
    ) -> TrackedFinding:
        """Let something happen to the finding on a page."""
        known = self.known.get((site, page))
        found = known or tracked(finding_on(page, title=f"Page {page}"), site_id=site)
        statuses = {
            ChangeType.RESOLVED: Status.RESOLVED,
            ChangeType.SUPPRESSED: Status.SUPPRESSED,
        }
        version = known.version + 1 if known else 1
        after = replace(found, status=statuses.get(type_, Status.OPEN), version=version)
        before = known.standing if known else None
        with self.database.begin() as stores:
            stores.findings.save([Change(type_, after, ("status",), before)])
        self.known[site, page] = after
        return after

    def weakens(self, page: str, severity: Severity, site: str = ACME) -> None:
        """Let the severity of a finding change."""
        known = self.known[site, page]
        after = replace(known, severity=severity, version=known.version + 1)
        change = Change(
            ChangeType.SEVERITY_CHANGED, after, ("severity",), known.standing
        )
        with self.database.begin() as stores:
            stores.findings.save([change])
        self.known[site, page] = after

    def client(
        self,
        *sites: str,
        scopes: frozenset[Scope] = ALL_SCOPES,
        name: str = "",
        **order: Any,
    ) -> Issued:
        """Let a consumer in."""
        name = name or f"client {next(self.numbers)}"
        return self.clients.create(ClientOrder(name, sites or (ACME,), scopes, **order))

    def backup(self, path: Path) -> Path:
        """Copy the database."""
        with connect(self.path) as source, connect(path) as copy:
            source.backup(copy)
        return path

    def restore(self, path: Path) -> None:
        """Put a copy of the database back."""
        with connect(path) as copy, connect(self.path) as target:
            copy.backup(target)
        self.known.clear()

    @property
    def path(self) -> Path:
        """The file of the database."""
        return Path(str(self.database.engines.writer.url.database))

    @cached_property
    def api(self) -> Flask:
        """What consumers ask."""
        return self._shared_api.over(export_parts(self.application))

    @property
    def web(self) -> FlaskClient:
        """Somebody who sends requests."""
        return self.api.test_client()

    def get(self, path: str, issued: Issued | None = None, **rest: Any) -> TestResponse:
        """Ask for something, with an API key if there is a client."""
        headers = {**rest.pop("headers", {})}
        if issued is not None:
            headers["Authorization"] = f"Bearer {issued.api_key}"
        path = path.removeprefix(PUBLIC_URL)
        return self.web.get(path, headers=headers, base_url=PUBLIC_URL, **rest)

    def token(self, issued: Issued, scope: str = "") -> str:
        """Get an access token as most consumers do, by a form."""
        form = {
            "grant_type": "client_credentials",
            "client_id": issued.client.id,
            "client_secret": issued.oauth_secret,
        }
        if scope:
            form["scope"] = scope
        answer = self.web.post("/oauth/token", data=form, base_url=PUBLIC_URL)
        assert answer.status_code == 200, answer.text
        return str(answer.get_json()["access_token"])


def basic(name: str, password: str) -> dict[str, str]:
    """Return the header of HTTP Basic."""
    return {
        "Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"
    }


def bearer(token: str) -> dict[str, str]:
    """Return the header of a bearer token."""
    return {"Authorization": f"Bearer {token}"}

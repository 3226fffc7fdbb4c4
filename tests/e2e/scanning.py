"""A connector connected to a site over HTTP, with a database of its own."""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from casb_sdk import SiteSnapshot
from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    Fault,
    FaultKind,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.testing import SiteBuilder
from connector.atlassian.profiles import CURRENT
from connector.atlassian.reader import ConfluenceReader, ReaderOptions
from connector.atlassian.reader import World as ReaderWorld
from connector.bootstrap.application import Application, open_application
from connector.bootstrap.installing import install_site
from connector.bootstrap.oauth_app import bearer_of, scopes_asked
from connector.bootstrap.scanning import open_scanner, seeds_of
from connector.domain.finding_state import Status, TrackedFinding
from connector.domain.installation import Installation, TokenPair
from connector.domain.scan import ScanKind, ScanReport
from connector.settings import load_settings
from connector.use_cases.list_findings import Wanted
from connector.use_cases.scan_site import ScanSite
from sdk.tests.cloud.caller import tokens_of
from tests.integration.atlassian.sites import Skipping
from tests.unit.use_cases.scanning import registry

HOME = "acme.example"
LOOK_UPS = ("*/user/bulk", "*/users-bulk", "*/rest/api/user")
NUMBERS = {
    "unknown-content-edit": "F1",
    "unknown-space-edit": "F2",
    "external-content-edit": "F3",
    "external-space-edit": "F4",
    "app-content-edit": "F5",
    "app-space-edit": "F6",
    "external-access": "F7",
    "external-content-view": "F8",
    "app-content-view": "F9",
    "unknown-access": "F10",
}

Connect = Callable[..., "Connected"]
Place = SiteBuilder | SiteSnapshot


@dataclass
class Connected:
    """A site that was connected by consent, and scans of it whose waits cost nothing.

    ``site`` is what the cloud serves at the moment.
    """

    cloud: RunningCloud
    application: Application
    site: CloudSite
    unwaited: Skipping = field(init=False)

    def __post_init__(self) -> None:
        self.unwaited = Skipping(self.cloud)
        self._install()
        self.configure(internal_domains=HOME)

    @property
    def id(self) -> str:
        """The cloud id of the site."""
        return self.site.cloud_id

    @property
    def installation(self) -> Installation:
        """The installation, with its settings of this moment."""
        return self.application.manage_sites.site(self.id)

    def configure(self, **settings: str) -> None:
        """Change settings of the site, as `casb sites set` does."""
        self.application.manage_sites.set(self.id, settings)

    def becomes(self, place: Place, **habits: object) -> None:
        """Let the site change, or what the connector gets to see of it."""
        self.site = _served(place, self.site, habits)
        self.cloud.cloud.serve(self.site)

    def uses(self, profile: str) -> None:
        """Read the site with another scope profile from now on."""
        with self.application.begin() as stores:
            changed = replace(self.installation, profile=profile)
            stores.installations.save(changed)

    def scan(self, kind: ScanKind = ScanKind.FULL) -> ScanReport:
        """Scan the site to the end."""
        return asyncio.run(self.scanner()(self.installation, kind=kind))

    def scanner(self) -> ScanSite:
        """Return the scanner of the product, but for the waiting."""
        bearer = bearer_of(self.application)
        settings = self.application.settings

        def open_reader(installation: Installation) -> ConfluenceReader:
            return ConfluenceReader.open(
                settings.atlassian_api_url,
                installation.site,
                bearer(installation),
                ReaderOptions(
                    settings.concurrency,
                    profile=installation.profile,
                    granted=installation.scopes,
                    seeds=seeds_of(installation),
                ),
                ReaderWorld(
                    clock=self.cloud.clock.now,
                    sleep=self.unwaited.sleep,
                    random=lambda: 0.5,
                ),
            )

        return replace(open_scanner(self.application), open_reader=open_reader)

    def findings(self, *statuses: Status) -> list[TrackedFinding]:
        """Return the findings at some statuses, or all."""
        wanted = Wanted(statuses=frozenset(statuses))
        return list(self.application.list_findings(wanted))

    def refuse_to_look_up(self) -> None:
        """Let every look-up of an account end in a 429, however often it is tried."""
        self.cloud.faults.add(*(Fault(FaultKind.RATE_LIMIT, path) for path in LOOK_UPS))

    def stale_reasons(self, *detectors: str) -> dict[str, str]:
        """Return why open findings could not be judged, by resource; most could."""
        return {
            tracked.finding.resource.id: tracked.stale.reason if tracked.stale else ""
            for tracked in self.open
            if not detectors or tracked.type.id in detectors
        }

    @property
    def open(self) -> list[TrackedFinding]:
        """The open findings."""
        return self.findings(Status.OPEN)

    @property
    def said(self) -> dict[str, set[str]]:
        """What the open findings affect, in the words of the table of cases."""
        found: dict[str, set[str]] = {}
        for tracked in self.open:
            found.setdefault(NUMBERS[tracked.type.id], set()).update(_names(tracked))
        return found

    def the(self, number: str) -> TrackedFinding:
        """Return the one open finding of a detector, by its number in the table."""
        [found] = (each for each in self.open if NUMBERS[each.type.id] == number)
        return found

    def _install(self) -> None:
        installing = install_site(self.application)
        ticket = installing.ask()
        installing.start(ticket.secret)
        scopes = " ".join(scopes_asked(self.application.settings))
        told = tokens_of(self.cloud, scopes)
        until = self.application.now() + timedelta(seconds=told["expires_in"])
        pair = TokenPair(told["access_token"], told["refresh_token"], until)
        granted = frozenset(str(told["scope"]).split())
        installing.finish(ticket.consent.id, replace(pair, scopes=granted))


@pytest.fixture
def connect(migrated_file: Path, tmp_path: Path) -> Iterator[Connect]:
    """Connect a site; ``habits`` are those of the cloud and of what it serves."""
    with ExitStack() as closing:

        def start(
            place: Place,
            *,
            database: str = "",
            profile: str = CURRENT,
            environment: Mapping[str, str] | None = None,
            **habits: object,
        ) -> Connected:
            options = {k: habits.pop(k) for k in list(habits) if k in OPTIONS}
            site = _served(place, None, habits)
            cloud = SimulatedCloud([site], options=CloudOptions(**options))  # type: ignore[arg-type]
            running = closing.enter_context(cloud.running())
            shutil.copy(migrated_file, tmp_path / "casb.db")
            url = database or f"sqlite:///{tmp_path / 'casb.db'}"
            set_ = _environment(running, url) | {"CASB_SCOPE_PROFILE": profile}
            settings = load_settings(set_ | dict(environment or {}), tmp_path)
            application = closing.enter_context(open_application(settings))
            return Connected(running, replace(application, registry=registry), site)

        yield start


OPTIONS = frozenset(CloudOptions.__dataclass_fields__)


def _served(
    place: Place, before: CloudSite | None, habits: Mapping[str, object]
) -> CloudSite:
    snapshot = place if isinstance(place, SiteSnapshot) else place.snapshot()
    site = replace(before, snapshot=snapshot) if before else CloudSite(snapshot)
    return replace(site, **habits)  # type: ignore[arg-type]


def _environment(cloud: RunningCloud, database_url: str) -> dict[str, str]:
    return {
        "CASB_DATABASE_URL": database_url,
        "CASB_TOKEN_KEYS": Fernet.generate_key().decode(),
        "CASB_ATLASSIAN_AUTH_URL": cloud.auth_url,
        "CASB_ATLASSIAN_API_URL": cloud.api_url,
        "CASB_ATLASSIAN_CLIENT_ID": cloud.app.client_id,
        "CASB_ATLASSIAN_CLIENT_SECRET": cloud.app.client_secret,
        "CASB_CONCURRENCY": "10",
    }


def _names(tracked: TrackedFinding) -> Iterator[str]:
    resource, affected = tracked.finding.resource, tracked.finding.affected
    if resource.type == "account":
        yield resource.id
    elif affected is None:
        yield f"space:{resource.space_key}"
    else:
        yield from (item.title for item in affected.sample)

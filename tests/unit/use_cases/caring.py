"""Installations in real stores, and what looks after them; the time is a test's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from casb_sdk import Site
from connector.domain.care import Alarm
from connector.domain.consent import GrantedSite
from connector.domain.finding_state import TrackedFinding
from connector.domain.installation import (
    Installation,
    InstallationState,
    TokenPair,
)
from connector.domain.life import Event
from connector.domain.store_ports import Begin
from connector.use_cases.befall import befall
from connector.use_cases.check_site import CheckSite
from connector.use_cases.reconcile import Reconcile
from connector.use_cases.uninstall_site import UninstallSite
from tests.fakes.atlassian_sites import ACME, SCOPES, FakeProbe, FakeSites
from tests.fakes.grants import grant_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
State = InstallationState


@dataclass
class FakeRefresh:
    """Hands out a token per grant; ``troubles`` are raised instead, by grant."""

    troubles: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    def __call__(self, grant_id: str, rejected: str = "") -> TokenPair:
        self.asked.append(grant_id)
        if trouble := self.troubles.get(grant_id):
            raise trouble
        if rejected:
            self.rejected.append(rejected)
        return tokens(f"{grant_id}-{len(self.rejected)}")


class CountedSites(FakeSites):
    """Counts how often the list of sites was asked for."""

    lists: int = 0

    def granted(self, access_token: str) -> Sequence[GrantedSite]:
        self.lists += 1
        return super().granted(access_token)


@dataclass
class World:
    """A deployment with a clock that a test can turn."""

    begin: Begin
    now: datetime = NOON
    sites: CountedSites = field(default_factory=CountedSites)
    probe: FakeProbe = field(default_factory=FakeProbe)
    refresh: FakeRefresh = field(default_factory=FakeRefresh)

    @property
    def uninstall(self) -> UninstallSite:
        return UninstallSite(self.begin, self.clock)

    @property
    def reconcile(self) -> Reconcile:
        check = CheckSite(
            self.begin, self.sites, self.probe, lambda _: SCOPES, 1, self.clock
        )
        return Reconcile(
            self.begin, self.refresh, self.sites, check, self.uninstall, self.clock
        )

    def clock(self) -> datetime:
        return self.now

    def later(self, by: timedelta) -> None:
        self.now += by

    def install(
        self, site: Site = ACME.site, *events: Event, grant_id: str = "grant-1"
    ) -> Installation:
        """Store an installation and its grant, and let things befall it."""
        fresh = Installation(
            id=f"installation-of-{site.cloud_id}",
            site=site,
            grant_id=grant_id,
            state=State.VERIFYING,
            installed_at=self.now,
            installing_account="mara",
            due_at=self.now,
        )
        with self.begin() as stores:
            stores.grants.save(grant_of(grant_id, tokens(grant_id)))
            stores.installations.save(fresh)
            for event in events:
                fresh = befall(stores, fresh, event, self.now)
        return fresh

    def befall(self, installation: Installation, *events: Event) -> Installation:
        with self.begin() as stores:
            for event in events:
                installation = befall(stores, installation, event, self.now)
        return installation

    def stored(self, installation: Installation) -> Installation:
        with self.begin() as stores:
            found = stores.installations.get(installation.id)
        assert found is not None
        return found

    def state(self, installation: Installation) -> InstallationState:
        return self.stored(installation).state

    def has_tokens(self, grant_id: str = "grant-1") -> bool:
        with self.begin(write=False) as stores:
            return stores.grants.get(grant_id) is not None

    def told(self, installation: Installation) -> list[str]:
        """Return what the log says of an installation."""
        with self.begin(write=False) as stores:
            entries = stores.log.entries(installation.site.cloud_id, limit=1_000)
        return [
            entry.notice.kind.value
            for entry in entries
            if entry.installation_id == installation.id
        ]

    @property
    def alarms(self) -> Sequence[Alarm]:
        with self.begin(write=False) as stores:
            return stores.alarms.all()

    @property
    def findings(self) -> list[TrackedFinding]:
        with self.begin(write=False) as stores:
            return list(stores.findings.list())


def tokens(name: str) -> TokenPair:
    return TokenPair(f"{name}-access", f"{name}-refresh", NOON + DAY, SCOPES)


def numbered(number: int) -> GrantedSite:
    """Return one of many sites."""
    site = Site(f"site-{number}", f"https://site-{number}.atlassian.example")
    return GrantedSite(site, SCOPES)

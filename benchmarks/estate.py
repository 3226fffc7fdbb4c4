"""Many installations with their grants, scans and findings, and a quiet Atlassian."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import orjson

from benchmarks.sites import SEED
from casb_sdk import Site
from connector.cli.documents import site_document
from connector.domain.consent import GrantedSite
from connector.domain.grant import Grant
from connector.domain.health import ProbeReport
from connector.domain.installation import Installation, TokenPair
from connector.domain.scan import ScanReport, ScanStatus
from connector.store.database import Database, utc_now
from connector.use_cases.check_site import CheckSite
from connector.use_cases.keep_alive import KeepAlive
from connector.use_cases.manage_sites import ManageSites
from connector.use_cases.reconcile import Reconcile
from connector.use_cases.refresh_grant import RefreshGrant
from connector.use_cases.uninstall_site import UninstallSite

SCANS = 3
SCOPES = frozenset({"search:confluence"})
ACCESS = "access-"


@dataclass(slots=True)
class QuietAtlassian:
    """Answers everything at once and well; a token names its site."""

    now: Callable[[], datetime]
    asked: int = 0
    client_id: str = "bench"

    def refresh(self, pair: TokenPair) -> TokenPair:
        """Return the next pair."""
        self.asked += 1
        return replace(pair, expires_at=self.now() + timedelta(hours=1))

    def granted(self, access_token: str) -> Sequence[GrantedSite]:
        """Return the site of a token."""
        name = access_token.removeprefix(ACCESS)
        return (GrantedSite(_site(name), SCOPES),)

    def account_id(self, access_token: str, cloud_id: str) -> str:
        """Return whose token it is."""
        return f"account-{cloud_id}"

    def own_account_id(self, access_token: str) -> str:
        """Return whose token it is."""
        return "account"

    def probe(
        self, access_token: str, installation_site: Site, profile: str
    ) -> ProbeReport:
        """Find nothing wrong."""
        return ProbeReport(profile)


@dataclass(slots=True)
class Estate:
    """A deployment with a number of sites, each with a grant of its own."""

    database: Database
    size: int
    time: datetime = field(default_factory=utc_now)

    def fill(self) -> "Estate":
        """Store the sites."""
        for number in range(self.size):
            name = f"site-{SEED}-{number:05}"
            pair = TokenPair(f"{ACCESS}{name}", "refresh" * 60, self.time)
            with self.database.begin() as stores:
                stores.grants.save(Grant(name, pair, self.time, self.time))
                stores.installations.save(
                    Installation(name, _site(name), name, due_at=self.time)
                )
                for _ in range(SCANS):
                    scan, _ = stores.ledger.start(name, (), self.time)
                    done = replace(scan, status=ScanStatus.DONE, finished_at=self.time)
                    stores.ledger.finish(ScanReport(done, spaces=20, items=1000))
        return self

    def now(self) -> datetime:
        """Return the time, which passes only between two rounds."""
        return self.time

    def keep_alive(self) -> None:
        """Refresh everything after a week of rest."""
        self.time += timedelta(days=8)
        kept = KeepAlive(self.database.begin, self._refresh(), self.now)()
        assert kept.refreshed == self.size, kept

    def reconcile(self) -> None:
        """Look after everything a day later."""
        self.time += timedelta(days=1)
        atlassian, begin = QuietAtlassian(self.now), self.database.begin
        rounds = Reconcile(
            begin,
            self._refresh(),
            atlassian,
            CheckSite(begin, atlassian, atlassian, lambda _: SCOPES, 1, self.now),
            UninstallSite(begin, self.now),
            self.now,
        )()
        assert rounds.looked_at == {"active": self.size}, rounds

    def list_sites(self) -> None:
        """List everything, as `casb sites list --json` does."""
        overviews = ManageSites(self.database.begin).all()
        orjson.dumps([site_document(overview) for overview in overviews])
        assert len(overviews) == self.size

    def _refresh(self) -> RefreshGrant:
        return RefreshGrant(
            self.database.begin,
            QuietAtlassian(self.now),
            self.now,
            lambda _: None,
            lambda: "bench",
        )


def _site(name: str) -> Site:
    return Site(name, f"https://{name}.atlassian.example", name)

"""What the use cases keep, as protocols; every store works inside a transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from connector.domain.access import AdminStore, SessionStore
from connector.domain.care import (
    AccountStore,
    AlarmStore,
    InstallationLog,
    JobStore,
    SiteDataStore,
)
from connector.domain.client import ClientStore
from connector.domain.consent import ConsentStore
from connector.domain.feed import ChangeFeed
from connector.domain.finding_state import (
    Change,
    FindingType,
    OpenFindings,
    Status,
    TrackedFinding,
)
from connector.domain.grant import GrantStore
from connector.domain.installation import Installation
from connector.domain.listing import Listings
from connector.domain.points import PointsStore
from connector.domain.policy import PolicyStore
from connector.domain.scan_ledger import ScanLedger
from connector.domain.snapshots import SnapshotStore
from connector.domain.suppression import SuppressionStore
from connector.domain.webhook_ports import DeliveryStore, WebhookStore


class FindingStore(Protocol):
    """The findings of all sites; names and titles live apart and are joined here."""

    def known(self, site_id: str, space_id: str) -> Mapping[str, TrackedFinding]:
        """Return the findings of a space, or of the site itself, by fingerprint."""
        ...

    def known_of(
        self, site_id: str, space_ids: Collection[str]
    ) -> Mapping[str, Mapping[str, TrackedFinding]]:
        """Return the findings of several spaces, by space and fingerprint."""
        ...

    def known_spaces(self, site_id: str) -> frozenset[str]:
        """Return the spaces of a site with findings that are not resolved."""
        ...

    def untold(self, limit: int) -> Sequence[TrackedFinding]:
        """Return findings that the feed does not speak of."""
        ...

    def save(self, changes: Iterable[Change]) -> None:
        """Write changes down; part of the transaction."""
        ...

    def list(
        self,
        site_id: str | None = None,
        *,
        statuses: Collection[Status] = (),
        severities: Collection[str] = (),
        detector_ids: Collection[str] = (),
        with_implied: bool = True,
    ) -> Iterator[TrackedFinding]:
        """Yield findings, the most severe first; empty collections mean all."""
        ...

    def save_types(self, types: Iterable[FindingType]) -> None:
        """Remember the words of the installed detectors."""
        ...

    def get(self, finding_id: str) -> TrackedFinding | None:
        """Return one finding."""
        ...

    def erase_names(self, account_ids: Collection[str]) -> None:
        """Forget what people are called, on every site and in every finding."""
        ...

    def counts(self, site_id: str) -> OpenFindings:
        """Return how many findings of a site are open."""
        ...

    def counts_of_each(self) -> Mapping[str, OpenFindings]:
        """Return how many findings are open, of every site with some."""
        ...


class InstallationStore(Protocol):
    """Installations, their settings and their grants."""

    def save(self, installation: Installation) -> None:
        """Insert or replace an installation."""
        ...

    def find(self, site: str) -> Installation | None:
        """Return the live installation of a site, named by cloud id or URL."""
        ...

    def all(self) -> Sequence[Installation]:
        """Return every installation that is not purged, by site URL."""
        ...

    def get(self, installation_id: str) -> Installation | None:
        """Return an installation, ended ones included; locks it for this writer."""
        ...

    def of_grant(
        self, grant_id: str, *, is_locked: bool = False
    ) -> Sequence[Installation]:
        """Return the live installations that use a grant; or lock them too."""
        ...

    def of_site(self, site_id: str) -> Sequence[Installation]:
        """Return every installation of a site that is not purged."""
        ...

    def of_account(self, account_id: str) -> Sequence[Installation]:
        """Return the live installations that an account consented to."""
        ...

    def unused_grants(self) -> Sequence[str]:
        """Return the grants that no live installation and no attempt uses."""
        ...

    def outdated(self, permissions: int) -> Sequence[Installation]:
        """Return the live installations that consented to an older list of scopes."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Installation]:
        """Return the installations somebody has to look at, the longest due first."""
        ...

    def named(self, name: str) -> Installation | None:
        """Return the installation of a site, else the newest ended one."""
        ...


class Stores(Protocol):
    """All stores over one transaction."""

    @property
    def ledger(self) -> ScanLedger:
        """The scans and their units."""
        ...

    @property
    def snapshots(self) -> SnapshotStore:
        """What the last scans saw."""
        ...

    @property
    def findings(self) -> FindingStore:
        """The findings."""
        ...

    @property
    def feed(self) -> ChangeFeed:
        """Every change of every finding, in order."""
        ...

    @property
    def suppressions(self) -> SuppressionStore:
        """What was put aside, and the notes on findings."""
        ...

    @property
    def installations(self) -> InstallationStore:
        """The installations."""
        ...

    @property
    def policies(self) -> PolicyStore:
        """The detector policies."""
        ...

    @property
    def grants(self) -> GrantStore:
        """The grants with their encrypted tokens."""
        ...

    @property
    def consents(self) -> ConsentStore:
        """The attempts to get a site's consent."""
        ...

    @property
    def log(self) -> InstallationLog:
        """What befell the installations."""
        ...

    @property
    def alarms(self) -> AlarmStore:
        """What an operator has to see."""
        ...

    @property
    def admins(self) -> AdminStore:
        """The administrators."""
        ...

    @property
    def sessions(self) -> SessionStore:
        """What the server remembers of browsers."""
        ...

    @property
    def jobs(self) -> JobStore:
        """The work that comes back."""
        ...

    @property
    def accounts(self) -> AccountStore:
        """The people whose names are kept."""
        ...

    @property
    def site_data(self) -> SiteDataStore:
        """All that is kept about a site."""
        ...

    @property
    def clients(self) -> ClientStore:
        """The consumers of the export."""
        ...

    @property
    def webhooks(self) -> WebhookStore:
        """Who is told of changes."""
        ...

    @property
    def deliveries(self) -> DeliveryStore:
        """What they were told, and what waits."""
        ...

    @property
    def listings(self) -> Listings:
        """Pages of what is stored."""
        ...

    @property
    def points(self) -> PointsStore:
        """The points that may be spent in this hour."""
        ...


class Begin(Protocol):
    """Opens a transaction: ``with begin() as stores: ...`` keeps all of it or nothing.

    With ``write=False`` nothing is written and no writer waits.
    """

    def __call__(self, *, write: bool = True) -> AbstractContextManager[Stores]:
        """Begin; commits at the end of the block and rolls back on an error."""
        ...

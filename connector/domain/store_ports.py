"""What the use cases keep, as protocols; every store works inside a transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from casb_sdk import Directory, SpaceSnapshot
from connector.domain.consent import ConsentStore
from connector.domain.finding_state import (
    Change,
    FindingType,
    Status,
    TrackedFinding,
)
from connector.domain.installation import Installation, TokenPair
from connector.domain.policy import DetectorPolicy
from connector.domain.scan_ledger import ScanLedger


class SnapshotStore(Protocol):
    """The last snapshot of each space and the last directory of each site."""

    def save_space(self, site_id: str, scan_id: str, snapshot: SpaceSnapshot) -> None:
        """Replace the snapshot of a space."""
        ...

    def space(self, site_id: str, space_id: str) -> SpaceSnapshot | None:
        """Return the snapshot of a space."""
        ...

    def spaces(
        self, site_id: str, *, with_content: bool = True
    ) -> Iterator[SpaceSnapshot]:
        """Yield the snapshots of a site one at a time, in the order of the ids."""
        ...

    def item_counts(self, site_id: str) -> Mapping[str, int]:
        """Return how many items each space had, by space id."""
        ...

    def forget_spaces(self, site_id: str, space_ids: Collection[str]) -> None:
        """Drop the snapshots of spaces that are gone."""
        ...

    def save_directory(self, site_id: str, scan_id: str, directory: Directory) -> None:
        """Replace the directory of a site."""
        ...

    def directory(self, site_id: str) -> Directory | None:
        """Return the directory of a site."""
        ...


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

    def counts(self, site_id: str) -> Mapping[str, int]:
        """Return the number of open findings of a site by severity."""
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


class PolicyStore(Protocol):
    """Which detectors run on a site, with which settings, severities included."""

    def policy(self, site_id: str) -> DetectorPolicy:
        """Return the detector policy of a site."""
        ...

    def save_policy(self, site_id: str, policy: DetectorPolicy) -> None:
        """Replace the detector policy of a site."""
        ...


class TokenVault(Protocol):
    """Keeps token pairs encrypted at rest, one per grant."""

    def store(self, grant_id: str, pair: TokenPair) -> None:
        """Encrypt and keep a pair, replacing the grant's older one."""
        ...

    def load(self, grant_id: str) -> TokenPair | None:
        """Return the pair of a grant, decrypted."""
        ...

    def erase(self, grant_id: str) -> None:
        """Forget the pair of a grant."""
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
    def installations(self) -> InstallationStore:
        """The installations."""
        ...

    @property
    def policies(self) -> PolicyStore:
        """The detector policies."""
        ...

    @property
    def vault(self) -> TokenVault:
        """The encrypted tokens."""
        ...

    @property
    def consents(self) -> ConsentStore:
        """The attempts to get a site's consent."""
        ...


class Begin(Protocol):
    """Opens a transaction: ``with begin() as stores: ...`` keeps all of it or nothing.

    With ``write=False`` nothing may be written and no writer is kept waiting.
    """

    def __call__(self, *, write: bool = True) -> AbstractContextManager[Stores]:
        """Begin; commits at the end of the block and rolls back on an error."""
        ...

"""What stands today, a page at a time: findings, scans, and how the sites are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from casb_sdk import Severity
from connector.domain.finding_state import Status, TrackedFinding
from connector.domain.installation import Installation
from connector.domain.scan import Scan, ScanReport


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Which findings somebody asks for; empty sets mean all, but for the sites."""

    site_ids: frozenset[str]
    finding_types: frozenset[str] = frozenset()
    severities: frozenset[Severity] = frozenset()
    statuses: frozenset[Status] = frozenset()
    resource_types: frozenset[str] = frozenset()
    updated_since: datetime | None = None
    with_implied: bool = True


@dataclass(frozen=True, slots=True)
class ListedFinding:
    """A finding as it stands, and its last change.

    Listings are in the order of ``number``, which never changes.
    """

    number: int
    changed_at: datetime
    change_seq: int | None
    tracked: TrackedFinding


@dataclass(frozen=True, slots=True)
class ListedScan:
    """A scan, and its report once it is finished; newer ones have larger numbers."""

    number: int
    scan: Scan
    report: ScanReport | None = None


@dataclass(frozen=True, slots=True)
class SiteState:
    """A site and its last scan that came to its end."""

    installation: Installation
    last_scan: ListedScan | None = None


class Listings(Protocol):
    """Reads pages of what is stored."""

    def findings(
        self, wanted: FindingFilter, after: int, limit: int
    ) -> Sequence[ListedFinding]:
        """Return findings with larger numbers than ``after``, in their order."""
        ...

    def finding(self, finding_id: str) -> ListedFinding | None:
        """Return one finding."""
        ...

    def scans(
        self, site_ids: Collection[str], before: int | None, limit: int
    ) -> Sequence[ListedScan]:
        """Return scans with smaller numbers than ``before``, the newest first."""
        ...

    def last_scans(self, site_ids: Collection[str]) -> Mapping[str, ListedScan]:
        """Return the last whole scan of each site that came to its end."""
        ...

    def sites(self, site_ids: Collection[str]) -> Sequence[Installation]:
        """Return the installations of sites, ended ones until they are purged."""
        ...

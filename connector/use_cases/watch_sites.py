"""What an administrator sees: the sites, their health, their findings, the alarms."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from connector.domain.care import Alarm, LogEntry
from connector.domain.errors import NotFoundError
from connector.domain.finding_state import OpenFindings
from connector.domain.installation import Installation
from connector.domain.scan import Scan, ScanReport, ScanStatus
from connector.domain.store_ports import Begin, Stores

PER_PAGE = 50
LOG_LENGTH = 50


@dataclass(frozen=True, slots=True)
class WatchedSite:
    """A site with what is open on it and its last scan."""

    installation: Installation
    open_findings: OpenFindings = field(default_factory=OpenFindings)
    last_scan: Scan | None = None


@dataclass(frozen=True, slots=True)
class SitesPage:
    """Some of the sites, by URL, and what stands over all of them."""

    sites: Sequence[WatchedSite]
    alarms: Sequence[Alarm]
    number: int
    last: int
    total: int


@dataclass(frozen=True, slots=True)
class SitePage:
    """One site: its alarms, its log with the newest entry first, its last report."""

    site: WatchedSite
    alarms: Sequence[Alarm]
    log: Sequence[LogEntry]
    report: ScanReport | None = None


class WatchSites:
    """Reads what the pages show; changes nothing."""

    def __init__(self, begin: Begin, per_page: int = PER_PAGE) -> None:
        self._begin = begin
        self._per_page = per_page

    def sites(self, number: int) -> SitesPage:
        """Return a page of the sites; a number beyond the last gives the last."""
        with self._begin(write=False) as stores:
            known = _newest_each(stores.installations.all())
            last = max(1, -(-len(known) // self._per_page))
            number = min(max(number, 1), last)
            first = (number - 1) * self._per_page
            shown = known[first : first + self._per_page]
            sites = [_watched(stores, installation) for installation in shown]
            alarms = stores.alarms.all()
        return SitesPage(sites, alarms, number, last, len(known))

    def site(self, cloud_id: str) -> SitePage:
        """Return one site; the newest ended installation where none is live."""
        with self._begin(write=False) as stores:
            installation = stores.installations.named(cloud_id)
            if installation is None or installation.site.cloud_id != cloud_id:
                raise NotFoundError("No such site is connected.", "See the list.")
            alarms = [it for it in stores.alarms.all() if it.site_id == cloud_id]
            log = stores.log.latest(cloud_id, LOG_LENGTH)
            done = stores.ledger.latest(cloud_id, ScanStatus.DONE)
            report = stores.ledger.report(done.id) if done else None
            return SitePage(_watched(stores, installation), alarms, log, report)

    def is_ready(self) -> None:
        """Raise what keeps the database from being used."""
        with self._begin(write=False) as stores:
            stores.alarms.get("")


def _watched(stores: Stores, installation: Installation) -> WatchedSite:
    site_id = installation.site.cloud_id
    return WatchedSite(
        installation, stores.findings.counts(site_id), stores.ledger.latest(site_id)
    )


def _newest_each(installations: Sequence[Installation]) -> list[Installation]:
    """Return one installation of each site: the live one, else the last to end."""
    newest: dict[str, Installation] = {}
    for installation in installations:
        former = newest.get(installation.site.cloud_id)
        if former is None or _age(former) < _age(installation):
            newest[installation.site.cloud_id] = installation
    return list(newest.values())


def _age(installation: Installation) -> tuple[bool, float]:
    ended_at = installation.ended_at
    return not installation.state.has_ended, ended_at.timestamp() if ended_at else 0.0

"""Shows the connected sites, and changes what an operator may set per site."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from connector.domain.care import Alarm, LogEntry
from connector.domain.durations import NEVER, duration_of
from connector.domain.errors import ConflictError, NotFoundError, UsageError
from connector.domain.finding_state import OpenFindings
from connector.domain.installation import (
    Installation,
    InstallationState,
    SiteSettings,
)
from connector.domain.life import Event, Paused, Resumed
from connector.domain.scan import Scan, ScanReport, ScanStatus
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.befall import befall

MOST_POINTS = 100_000_000
CONNECT = "Connect one with `casb install`."
LABEL_LENGTH = 63
NAMES = tuple(setting.name for setting in fields(SiteSettings))


@dataclass(frozen=True, slots=True)
class SiteOverview:
    """A connected site, its last scans and what is open on it."""

    installation: Installation
    last_scan: Scan | None = None
    report: ScanReport | None = None
    open_findings: OpenFindings = field(default_factory=OpenFindings)


class ManageSites:
    """The operator's view on the sites; names are cloud ids or URLs."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    def all(self) -> Sequence[SiteOverview]:
        """Return every site, by URL."""
        with self._begin(write=False) as stores:
            scans = stores.ledger.latest_of_each()
            reports = stores.ledger.reports_of_each()
            counts = stores.findings.counts_of_each()
            return [
                SiteOverview(
                    known,
                    scans.get(known.site.cloud_id),
                    reports.get(known.site.cloud_id),
                    counts.get(known.site.cloud_id, OpenFindings()),
                )
                for known in stores.installations.all()
            ]

    def site(self, name: str) -> Installation:
        """Return the installation of a site, or say which sites there are."""
        with self._begin(write=False) as stores:
            return site_named(stores, name)

    def overview(self, name: str) -> SiteOverview:
        """Return one site with its scans and findings."""
        with self._begin(write=False) as stores:
            return _overview(stores, known_site(stores, name))

    def log(self, name: str, limit: int) -> Sequence[LogEntry]:
        """Return what befell a site last, the oldest first; ended ones included."""
        with self._begin(write=False) as stores:
            installation = known_site(stores, name)
            entries = stores.log.latest(installation.site.cloud_id, limit)
        return sorted(entries, key=lambda entry: entry.number)

    def alarms(self, site_id: str) -> Sequence[Alarm]:
        """Return the alarms that stand about a site."""
        with self._begin(write=False) as stores:
            return [it for it in stores.alarms.all() if it.site_id == site_id]

    def known(self, name: str) -> Installation:
        """Return the installation of a site, or the newest that has ended."""
        with self._begin(write=False) as stores:
            return known_site(stores, name)

    def installation(self, installation_id: str) -> Installation:
        """Return an installation as it is now."""
        with self._begin() as stores:
            found = stores.installations.get(installation_id)
        if found is None:
            raise NotFoundError("The site is not connected any more.")
        return found

    def pause(self, name: str, now: datetime) -> Installation:
        """Pause a site: it is looked after and not scanned."""
        return self._befallen(name, Paused(), now)

    def resume(self, name: str, now: datetime) -> Installation:
        """End a pause; what the site has become meanwhile shows."""
        return self._befallen(name, Resumed(), now)

    def _befallen(self, name: str, event: Event, now: datetime) -> Installation:
        """Let an operator's wish befall a site; one fulfilled changes nothing."""
        with self._begin() as stores:
            installation = site_named(stores, name)
            after = befall(stores, installation, event, now)
        if after.state is InstallationState.UNINSTALLING:
            raise ConflictError(f"{installation.site.url} is being uninstalled.")
        return after

    def set(self, name: str, changes: Mapping[str, str]) -> Installation:
        """Change settings of a site; what makes no sense changes nothing at all."""
        values: dict[str, Any] = {
            setting: parsed(setting, text) for setting, text in changes.items()
        }
        with self._begin() as stores:
            named = site_named(stores, name)
            installation = stores.installations.get(named.id) or named
            settings = replace(installation.settings, **values)
            if both := settings.spaces_include & settings.spaces_exclude:
                raise UsageError(
                    f"{', '.join(sorted(both))} would be both included and excluded.",
                    "Name a space in one of the two lists only.",
                )
            changed = replace(installation, settings=settings)
            stores.installations.save(changed)
        return changed


def site_named(stores: Stores, name: str) -> Installation:
    """Return the installation of a site, or say which sites there are."""
    installation = stores.installations.find(name.strip())
    if installation is None:
        ended = stores.installations.named(name.strip())
        if ended and ended.ended_at:
            raise NotFoundError(
                f"{ended.site.url} was uninstalled on {ended.ended_at:%Y-%m-%d}.",
                f"Connect it again with `casb install --site {ended.site.url}`.",
            )
        raise unknown_site(stores, name)
    return installation


def known_site(stores: Stores, name: str) -> Installation:
    """Return the installation of a site, or the newest that has ended."""
    installation = stores.installations.named(name.strip())
    if installation is None:
        raise unknown_site(stores, name)
    return installation


def unknown_site(stores: Stores, name: str) -> NotFoundError:
    """Return what is said of a site that was never connected."""
    known = stores.installations.all()
    urls = ", ".join(it.site.url for it in known if not it.state.has_ended)
    return NotFoundError(
        f"No site {name!r} is connected.",
        f"Connected are: {urls}." if urls else CONNECT,
    )


def parsed(setting: str, text: str) -> object:
    """Return the value that a person wrote for a setting of a site."""
    if setting not in PARSERS:
        raise UsageError(
            f"A site has no setting {setting!r}.", f"It has: {', '.join(NAMES)}."
        )
    try:
        return PARSERS[setting](text.strip())
    except ValueError as error:
        raise UsageError(f"{setting}={text} cannot be: {error}.") from None


def _overview(stores: Stores, installation: Installation) -> SiteOverview:
    site_id = installation.site.cloud_id
    done = stores.ledger.latest(site_id, ScanStatus.DONE)
    return SiteOverview(
        installation,
        stores.ledger.latest(site_id),
        stores.ledger.report(done.id) if done else None,
        stores.findings.counts(site_id),
    )


def _members(text: str) -> frozenset[str]:
    return frozenset(filter(None, (part.strip() for part in text.split(","))))


def _domains(text: str) -> frozenset[str]:
    return frozenset(map(_domain, _members(text)))


def _domain(text: str) -> str:
    try:
        domain = text.removeprefix("@").lower().encode("idna").decode()
    except UnicodeError:
        domain = ""
    labels = domain.split(".")
    if not all(
        0 < len(label) <= LABEL_LENGTH and label.replace("-", "").isalnum()
        for label in labels
    ):
        raise ValueError(f"{text!r} is not a domain")
    return domain


def _switch(text: str) -> bool:
    words = {"true": True, "false": False}
    if text.lower() not in words:
        raise ValueError("it has to be true or false")
    return words[text.lower()]


def _duration(text: str) -> str:
    if text.lower() in {"", NEVER}:
        return text.lower()
    try:
        duration_of(text)
    except ValueError:
        raise ValueError(
            "it has to be a number with s, m, h, d or w, or never"
        ) from None
    return text.lower()


def _points(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_POINTS):
        raise ValueError(f"it has to be a whole number up to {MOST_POINTS}")
    return int(text)


PARSERS: Mapping[str, Callable[[str], object]] = dict.fromkeys(NAMES, _members) | {
    "internal_domains": _domains,
    "match_subdomains": _switch,
    "verify": _switch,
    "scan_every": _duration,
    "incremental_every": _duration,
    "points_per_hour": _points,
}

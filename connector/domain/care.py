"""What keeps a deployment in good order: the log, the alarms, the jobs, privacy."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from connector.domain.installation import Installation
from connector.domain.life import Notice

CREDENTIALS = "credentials"
"""The alarm of a client secret that Atlassian does not accept; it is everybody's."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A notice about an installation, as it was written down.

    Entries of one installation are in the order of ``number``; ``id`` tells a
    repeated delivery from a new entry.
    """

    number: int
    id: str
    installation_id: str
    site_id: str
    at: datetime
    notice: Notice


class InstallationLog(Protocol):
    """What befell the installations; written in the transaction of the change."""

    def add(
        self, installation: Installation, notices: Iterable[Notice], at: datetime
    ) -> None:
        """Write notices down."""
        ...

    def entries(
        self, site_id: str | None = None, *, after: int = 0, limit: int = 100
    ) -> Sequence[LogEntry]:
        """Return entries of a site or of all, oldest first."""
        ...

    def latest(self, site_id: str, limit: int) -> Sequence[LogEntry]:
        """Return the last entries of a site, newest first."""
        ...

    def forget(self, installation: Installation) -> None:
        """Empty the details of an installation's entries, which may name people."""
        ...


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something an operator has to see; ``key`` says what about, once.

    ``raised_at`` is when it was first so, ``seen_at`` when it last was.
    """

    key: str
    message: str
    remedy: str
    raised_at: datetime
    site_id: str = ""
    seen_at: datetime | None = None


class AlarmStore(Protocol):
    """The alarms that stand."""

    def raise_(self, alarm: Alarm) -> bool:
        """Keep an alarm; returns whether it is new.

        One that stands keeps its ``raised_at``, and was seen again at that of this.
        """
        ...

    def end(self, key: str) -> bool:
        """Drop an alarm; returns whether it stood."""
        ...

    def get(self, key: str) -> Alarm | None:
        """Return an alarm that stands."""
        ...

    def all(self) -> Sequence[Alarm]:
        """Return the alarms that stand, the oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """Work that comes back: done by one process at a time, wherever it runs."""

    name: str
    every: timedelta


@dataclass(frozen=True, slots=True)
class JobRun:
    """How a job stands; ``failures`` counts those since it last went well."""

    name: str
    due_at: datetime
    owner: str = ""
    lease_until: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    runs: int = 0
    failures: int = 0
    error: str = ""

    def is_free(self, now: datetime) -> bool:
        """Return whether the job is due and nobody does it."""
        is_held = self.owner and self.lease_until and self.lease_until > now
        return self.due_at <= now and not is_held


class JobStore(Protocol):
    """The jobs and who does them; ``done`` is fenced by owner and lease."""

    def plan(self, jobs: Iterable[Job], now: datetime) -> None:
        """Make sure that every job has its row; the others are dropped."""
        ...

    def take(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Lease a job that is due and that nobody holds."""
        ...

    def disown(self, is_dead: Callable[[str], bool]) -> None:
        """Free the jobs whose owners are dead before their leases run out."""
        ...

    def extend(self, name: str, owner: str, until: datetime) -> bool:
        """Keep a job for another while."""
        ...

    def done(
        self, name: str, owner: str, now: datetime, due_at: datetime, error: str = ""
    ) -> bool:
        """End a lease and say when the job is due again."""
        ...

    def all(self) -> Sequence[JobRun]:
        """Return how the jobs stand, by name."""
        ...


@dataclass(frozen=True, slots=True)
class AccountCopy:
    """An account some of whose personal data is kept, as it was at a time."""

    account_id: str
    copied_at: datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """In how many places names stood that were erased, and where accounts are known.

    ``sites_of`` has no entry for an account that nothing stored speaks of.
    """

    places: int = 0
    sites_of: Mapping[str, frozenset[str]] = field(default_factory=dict)


class AccountStore(Protocol):
    """The accounts whose personal data is kept: reporting and erasing them.

    Personal data is names, in whatever table; account ids alone are none
    (oauth-and-installation 1.6).
    """

    def to_report(self, site_id: str, now: datetime) -> Sequence[AccountCopy]:
        """Return the accounts of a site whose names are kept and that are due."""
        ...

    def reported(
        self, account_ids: Collection[str], at: datetime, again_at: datetime
    ) -> None:
        """Remember that accounts were reported, and when they are due again."""
        ...

    def erase(
        self, account_ids: Collection[str], barred_at: datetime | None = None
    ) -> Erasure:
        """Erase the names of accounts everywhere.

        With ``barred_at`` they are not kept again until Confluence shows an account
        as active.
        """
        ...


class SiteDataStore(Protocol):
    """Everything that is kept about one site, when it has to go."""

    def cancel_scans(self, site_id: str, at: datetime) -> int:
        """End the running scan of a site; returns how many there were."""
        ...

    def erase(self, site_id: str) -> None:
        """Delete findings, snapshots, scans, names and policies of a site."""
        ...

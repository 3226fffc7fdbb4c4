"""Keeps the log of the installations, the alarms and the jobs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select, update

from connector.domain.care import Alarm, Job, JobRun, LogEntry
from connector.domain.installation import Installation
from connector.domain.life import Notice, NoticeKind
from connector.store.json_values import dump_value, load_value
from connector.store.tables import alarms, installation_log, jobs
from connector.store.upsert import insert_if_free, insert_new

NOBODY = ""


class SqlInstallationLog:
    """What befell the installations, in order."""

    def __init__(self, connection: Connection, new_id: Callable[[], str]) -> None:
        self._connection = connection
        self._new_id = new_id

    def add(
        self, installation: Installation, notices: Iterable[Notice], at: datetime
    ) -> None:
        """Write notices down."""
        for notice in notices:
            row = {
                "id": self._new_id(),
                "installation_id": installation.id,
                "site_id": installation.site.cloud_id,
                "at": at,
                "kind": notice.kind.value,
                "detail": dump_value(dict(notice.detail)),
            }
            self._connection.execute(installation_log.insert().values(row))

    def entries(
        self, site_id: str | None = None, *, after: int = 0, limit: int = 100
    ) -> Sequence[LogEntry]:
        """Return entries of a site or of all, oldest first."""
        table = installation_log
        wanted = select(table).where(table.c.number > after)
        if site_id is not None:
            wanted = wanted.where(table.c.site_id == site_id)
        rows = self._connection.execute(wanted.order_by(table.c.number).limit(limit))
        return [_entry(row) for row in rows]

    def latest(self, site_id: str, limit: int) -> Sequence[LogEntry]:
        """Return the last entries of a site, newest first."""
        table = installation_log
        wanted = select(table).where(table.c.site_id == site_id)
        newest = wanted.order_by(table.c.number.desc()).limit(limit)
        return [_entry(row) for row in self._connection.execute(newest)]

    def forget(self, installation: Installation) -> None:
        """Empty the details of an installation's entries, which may name people."""
        table = installation_log
        ours = and_(
            table.c.site_id == installation.site.cloud_id,
            table.c.installation_id == installation.id,
        )
        self._connection.execute(update(table).where(ours).values(detail="{}"))


class SqlAlarmStore:
    """The alarms that stand, one for each thing they are about."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def raise_(self, alarm: Alarm) -> bool:
        """Keep an alarm, or see it again; returns whether it is new."""
        row = {
            "key": alarm.key,
            "message": alarm.message,
            "remedy": alarm.remedy,
            "raised_at": alarm.raised_at,
            "site_id": alarm.site_id,
            "seen_at": alarm.seen_at or alarm.raised_at,
        }
        is_new = insert_if_free(self._connection, alarms, row)
        if not is_new:
            newer = {name: row[name] for name in ("message", "remedy", "seen_at")}
            standing = update(alarms).where(alarms.c.key == alarm.key)
            self._connection.execute(standing.values(newer))
        return is_new

    def end(self, key: str) -> bool:
        """Drop an alarm; returns whether it stood."""
        dropped = self._connection.execute(delete(alarms).where(alarms.c.key == key))
        return dropped.rowcount == 1

    def get(self, key: str) -> Alarm | None:
        """Return an alarm that stands."""
        wanted = select(alarms).where(alarms.c.key == key)
        row = self._connection.execute(wanted).mappings().one_or_none()
        return None if row is None else Alarm(**row)

    def all(self) -> Sequence[Alarm]:
        """Return the alarms that stand, the oldest first."""
        wanted = select(alarms).order_by(alarms.c.raised_at, alarms.c.key)
        return [Alarm(**row) for row in self._connection.execute(wanted).mappings()]


class SqlJobStore:
    """The jobs, each leased to one process at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, planned: Iterable[Job], now: datetime) -> None:
        """Make sure that every job has its row; the others are dropped."""
        names = [job.name for job in planned]
        fresh = {"due_at": now, "owner": NOBODY, "runs": 0, "failures": 0, "error": ""}
        insert_new(self._connection, jobs, [{"name": n, **fresh} for n in names])
        self._connection.execute(delete(jobs).where(jobs.c.name.not_in(names)))

    def take(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Lease a job that is due and that nobody holds."""
        is_free = or_(jobs.c.owner == NOBODY, jobs.c.lease_until <= now)
        possible = and_(jobs.c.name == name, jobs.c.due_at <= now, is_free)
        values = {"owner": owner, "lease_until": until, "started_at": now}
        taken = self._connection.execute(update(jobs).where(possible).values(values))
        return taken.rowcount == 1

    def disown(self, is_dead: Callable[[str], bool]) -> None:
        """Free the jobs whose owners are dead before their leases run out."""
        owners = self._connection.scalars(
            select(jobs.c.owner).where(jobs.c.owner != NOBODY).distinct()
        )
        if dead := [owner for owner in owners if is_dead(owner)]:
            theirs = update(jobs).where(jobs.c.owner.in_(dead))
            self._connection.execute(theirs.values(owner=NOBODY, lease_until=None))

    def extend(self, name: str, owner: str, until: datetime) -> bool:
        """Keep a job for another while."""
        return self._write(name, owner, {"lease_until": until})

    def done(
        self, name: str, owner: str, now: datetime, due_at: datetime, error: str = ""
    ) -> bool:
        """End a lease and say when the job is due again."""
        values = {
            "owner": NOBODY,
            "lease_until": None,
            "ended_at": now,
            "due_at": due_at,
            "runs": jobs.c.runs + 1,
            "failures": jobs.c.failures + 1 if error else 0,
            "error": error,
        }
        return self._write(name, owner, values)

    def all(self) -> Sequence[JobRun]:
        """Return how the jobs stand, by name."""
        wanted = select(jobs).order_by(jobs.c.name)
        return [JobRun(**row) for row in self._connection.execute(wanted).mappings()]

    def _write(self, name: str, owner: str, values: Mapping[str, Any]) -> bool:
        held = and_(jobs.c.name == name, jobs.c.owner == owner)
        written = self._connection.execute(update(jobs).where(held).values(values))
        return written.rowcount == 1


def _entry(row: Any) -> LogEntry:
    notice = Notice(NoticeKind(row.kind), load_value(row.detail, dict[str, str]))
    return LogEntry(
        row.number, row.id, row.installation_id, row.site_id, row.at, notice
    )

"""Units as jobs of Procrastinate: enqueued with them, done by any worker anywhere.

The ledger stays the only truth. A job says no more than "go": one that is lost is made
anew, one too many finds its unit done.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import JobDeferrer
from sqlalchemy import Connection, make_url

from connector.domain.errors import SchemaError
from connector.domain.scan import Scan, Unit

QUEUE = "scans"
TASK = "casb.do_unit"
URGENCY_WEIGHT = 10_000
BRING_FORWARD = """
WITH wanted AS (
    SELECT * FROM unnest(%(locks)s::text[], %(priorities)s::int[]) AS w (lock, priority)
), forward AS (
    UPDATE procrastinate_jobs AS job
    SET priority = greatest(job.priority, wanted.priority), scheduled_at = now()
    FROM wanted
    WHERE job.queueing_lock = wanted.lock AND job.status = 'todo'
      AND (job.scheduled_at > now() OR job.priority < wanted.priority)
)
SELECT job.queueing_lock AS lock FROM procrastinate_jobs AS job
JOIN wanted ON job.queueing_lock = wanted.lock AND job.status = 'todo'
"""
"""Lets jobs wait no longer, and be as urgent as is wanted; finds those there are."""


def jobs_app(url: str, **pool: Any) -> App:
    """Return Procrastinate over the database of an address."""
    plain = make_url(url).set(drivername="postgresql")
    conninfo = plain.render_as_string(hide_password=False)
    return App(connector=PsycopgConnector(conninfo=conninfo, **pool))


def make_tables(app: App) -> None:
    """Make Procrastinate's tables, if they are not there."""
    with app.open():
        if not _are_there(app):
            app.schema_manager.apply_schema()


def seconds_since_heartbeat(app: App) -> float | None:
    """Return how long ago a worker gave a sign of life; none, if none is known.

    Raises SchemaError where Procrastinate's tables are missing.
    """
    with app.open():
        _require_tables(app)
        newest = app.connector.get_sync_connector().execute_query_one(
            "SELECT extract(epoch FROM now() - max(last_heartbeat))::float8 AS ago "
            "FROM procrastinate_workers"
        )
    ago: float | None = newest["ago"]
    return ago


def _require_tables(app: App) -> None:
    if not _are_there(app):
        raise SchemaError(
            "The database has no tables for CASB_WORK=procrastinate yet.",
            "Run `casb migrate`.",
        )


def _are_there(app: App) -> bool:
    there = app.connector.get_sync_connector().execute_query_one(
        "SELECT to_regclass('procrastinate_jobs') IS NOT NULL AS are_there"
    )
    return bool(there["are_there"])


@dataclass(frozen=True, slots=True)
class UnitToDo:
    """A unit to be handed out, after a while and with a priority."""

    scan_id: str
    unit_id: str
    priority: int
    wait: timedelta = timedelta(0)

    @property
    def lock(self) -> str:
        """What keeps a unit from waiting in the queue twice."""
        return f"{self.scan_id}/{self.unit_id}"

    @property
    def arguments(self) -> dict[str, str]:
        """What the job says."""
        return {"scan_id": self.scan_id, "unit_id": self.unit_id}

    def deferrer(self, app: App, connection: Any = None) -> JobDeferrer:
        """Return what enqueues it, over a connection of ours if one is given.

        A unit is enqueued once; who does so again gets AlreadyEnqueued.
        """
        return app.configure_task(
            TASK,
            queue=QUEUE,
            queueing_lock=self.lock,
            priority=self.priority,
            schedule_at=datetime.now(UTC) + self.wait,
            connection=connection,
        )


@dataclass(frozen=True, slots=True)
class Announcer:
    """Enqueues the units a transaction adds, in that very transaction."""

    app: App

    def __call__(
        self, connection: Connection, scan: Scan, units: Sequence[Unit]
    ) -> None:
        """Enqueue units; those that are enqueued already are brought forward."""
        raw: Any = connection.connection.driver_connection
        wanted = units_to_do(scan, units)
        rows = raw.execute(BRING_FORWARD, forward(wanted)).fetchall()
        known = {lock for (lock,) in rows}
        for to_do in wanted:
            if to_do.lock not in known:
                with suppress(AlreadyEnqueued), connection.begin_nested():
                    to_do.deferrer(self.app, raw).defer(**to_do.arguments)


def units_to_do(scan: Scan, units: Sequence[Unit]) -> list[UnitToDo]:
    """Return units as they are to be handed out: urgent scans first, then first units.

    The first shards of all sites come before the second ones of any, so that each
    site has its share.
    """
    urgent = URGENCY_WEIGHT * scan.urgency
    return [
        UnitToDo(scan.id, unit.id, urgent - place) for place, unit in enumerate(units)
    ]


def forward(wanted: Sequence[UnitToDo]) -> dict[str, list[Any]]:
    """Return the parameters of BRING_FORWARD."""
    return {
        "locks": [to_do.lock for to_do in wanted],
        "priorities": [to_do.priority for to_do in wanted],
    }

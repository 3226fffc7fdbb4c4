"""Processes that work on scans of toy sites, over one database."""

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import psycopg

from connector.domain.scan import Scan, ScanReport, Unit, Urgency
from connector.store.database import Database
from tests.fakes.processes import OtherProcess, running

PATIENCE = 45.0
PROCRASTINATE = "procrastinate"

Sites = Mapping[str, Mapping[str, Mapping[str, Any]]]


def shards(count: int, *, pages: int = 3, pause: float = 0.02) -> dict[str, Any]:
    """Return as many shards, each with so many pages of so many seconds."""
    return {f"shard-{n}": {"pages": pages, "pause": pause} for n in range(count)}


def pages_of(sites: Sites, site_id: str) -> Counter[str]:
    """Return the pages of a site, each once."""
    return Counter(
        f"{name}/{page}"
        for name, shard in sites[site_id].items()
        for page in range(shard["pages"])
    )


@dataclass(slots=True)
class Worker:
    """A process that works, known by its number."""

    process: OtherProcess
    pid: int

    def kill(self) -> None:
        """Kill it with the signal nobody can catch, and wait for its end."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def stop(self) -> int:
        """Tell it to stop; returns how it ended."""
        self.process.tell("stop")
        return self.process.wait(PATIENCE)


@dataclass(slots=True)
class EngineRoom:
    """An engine over a database, the sites it works on, and its workers."""

    engine: str
    url: str
    database: Database
    sites: dict[str, Any] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    def worker(self, room: int = 4) -> Worker:
        """Start a process that works; it does not survive the test."""
        process = self._open.enter_context(
            running(
                "tests.contract.engine_process",
                *(self.engine, self.url, str(room), orjson.dumps(self.sites).decode()),
            )
        )
        return Worker(process, int(process.said()))

    def start(
        self,
        site_id: str = "acme",
        urgency: Urgency = Urgency.SCHEDULED,
    ) -> Scan:
        """Start a scan, or ask for it again."""
        with self.database.begin() as stores:
            now = self.database.now()
            return stores.ledger.start(site_id, (), now, urgency)[0]

    def scan(self, scan: Scan) -> Scan:
        """Return a scan as it is now."""
        with self.database.begin(write=False) as stores:
            return stores.ledger.scan(scan.id)

    def units(self, scan: Scan) -> dict[str, Unit]:
        """Return the units of a scan."""
        with self.database.begin(write=False) as stores:
            return {unit.id: unit for unit in stores.ledger.units(scan.id)}

    def staged(self, scan: Scan) -> list[str]:
        """Return the pages that are kept: shard, page and the number of its worker."""
        with self.database.begin(write=False) as stores:
            read = stores.ledger.readings(scan.id, "page")
            return [reading.payload.decode() for reading in read]

    def report(self, scan: Scan) -> ScanReport | None:
        """Return the report of a scan, once it is done."""
        with self.database.begin(write=False) as stores:
            return stores.ledger.report(scan.id)

    def end_of(self, scan: Scan) -> ScanReport:
        """Wait until a scan is done."""
        wait_until(lambda: self.report(scan) is not None)
        report = self.report(scan)
        assert report is not None
        return report

    def pages_by(self, worker: Worker, scan: Scan) -> list[str]:
        """Return the pages that are kept and that a worker read."""
        return [page for page in self.staged(scan) if page.endswith(f"/{worker.pid}")]

    def wait_for_pages(self, scan: Scan, count: int, of: Worker | None = None) -> None:
        """Wait until so many pages are kept, of all workers or of one."""
        wait_until(
            lambda: len(self.pages_by(of, scan) if of else self.staged(scan)) >= count
        )

    def jobs(self, scan: Scan) -> list[str]:
        """Return the units of a scan that have a job."""
        wanted = (
            "SELECT args->>'unit_id' FROM procrastinate_jobs"
            " WHERE args->>'scan_id' = %s ORDER BY id"
        )
        with self.connected() as connection:
            return [unit for (unit,) in connection.execute(wanted, [scan.id])]

    def end_every_connection(self) -> None:
        """Do to PostgreSQL's clients what its restart does."""
        with self.connected() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        self.database.close()

    def freeze(self, worker: Worker) -> None:
        """Stop a process between two transactions, as if its machine stood still."""
        worker.send(signal.SIGSTOP)
        while self._is_locked():
            worker.send(signal.SIGCONT)
            time.sleep(0.01)
            worker.send(signal.SIGSTOP)

    def _is_locked(self) -> bool:
        with self._connected() as connection:
            try:
                connection.execute(
                    "BEGIN IMMEDIATE"
                    if self.url.startswith("sqlite")
                    else "SELECT 1 FROM units FOR UPDATE NOWAIT"
                )
            except (sqlite3.OperationalError, psycopg.errors.LockNotAvailable):
                return True
            return False

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        if not self.url.startswith("sqlite"):
            with self.connected() as connection:
                yield connection
            return
        file = self.url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(file, timeout=0.1)) as connection:
            yield connection

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[Any]]:
        """Connect to PostgreSQL without any of our own code."""
        plain = self.url.replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as connection:
            yield connection

    def close(self) -> None:
        """End every process."""
        self._open.close()
        self.database.close()


def read_once(report: ScanReport) -> Counter[str]:
    """Return how often each page was kept, by shard and page."""
    return Counter(note.rpartition("/")[0] for note in report.notes)


def readers(report: ScanReport) -> set[int]:
    """Return the numbers of the processes whose pages count."""
    return {int(note.rpartition("/")[2]) for note in report.notes}


def wait_until(is_so: Callable[[], bool], look_every: float = 0.05) -> None:
    """Wait for what other processes bring about, however slow they are."""
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until
        time.sleep(look_every)

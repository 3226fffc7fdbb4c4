"""B7: scans under Atlassian's limits and faults, against what these would allow."""

import json
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.child import run
from benchmarks.cloud_process import PLENTY, CloudProcess, cloud_of
from benchmarks.crawl import JITTER, SCOPES
from benchmarks.figure import Aim, Figure, Outcome
from benchmarks.sites import SEED, Size
from benchmarks.stress import FEWEST_HOURS, FEWEST_SECONDS, Stress, Times
from connector.store.database import Database
from connector.store.migrate import migrate

LATENCY = 0.1
IN_FLIGHT = 10
PROCESSES = 2
"""Together they have twenty requests in flight, and neither knows of the other."""
PER_SECOND = 50
WALL = 20_000
HOUR = 10.0
SEARCH = "/content/search"
SMALL_PAGES = 5
"""Results of a search page where the number of calls matters, not their price."""

UNDER_WAY = LATENCY * (1 + JITTER) + 0.25
"""Seconds after a refusal in which calls that were sent before it still come in."""

NOT_HELD = "the machine is too slow for the limit to hold calls back"
MIGRATING = threading.Lock()
"""Alembic keeps what it works on in one place for the whole process."""

SITE = Size("300 spaces, 12k items", 300, 12_000, 200, 20)
FAULTS: Mapping[str, Mapping[str, object]] = {
    "gateway 429 without Retry-After": {
        "kind": "gateway_limit",
        "path": "/wiki/*",
        "probability": 0.01,
    },
    "2 % 503": {"kind": "status", "path": "/wiki/*", "probability": 0.02},
}


def measure() -> Outcome:
    """Scan under each limit and each fault."""
    with _cloud() as cloud:
        whole = _scan(cloud)
        faulty = {what: _scan(cloud, fault=fault) for what, fault in FAULTS.items()}
    with _cloud(search_cap=SMALL_PAGES, burst_per_second=PER_SECOND) as cloud:
        burst = _scan(cloud, processes=PROCESSES)
    # Who waits for points is idle most of the time: two at once disturb nobody.
    with ThreadPoolExecutor() as pool:
        blind_one = pool.submit(_walled, PLENTY, rate_headers="never")
        known, blind = _walled(WALL), blind_one.result()
    rows = (
        *_of_bucket(burst, whole),
        *_of_wall(known, whole),
        *_of_unknown_wall(blind, whole),
        *(row for what in faulty for row in _of_fault(what, faulty[what], whole)),
    )
    return Outcome(
        rows,
        conditions=(
            f"{SITE.name}, {LATENCY * 1000:.0f} ms with {JITTER:.0%} jitter, "
            f"N {IN_FLIGHT} a process, an hour of {HOUR:.0f} s with {WALL:,} points; "
            f"held back for {burst.held_by_bucket(SEARCH):.0f} s by the bucket "
            f"(at least {FEWEST_SECONDS}), in {len(known.held_back(HOUR))} hours by "
            f"the wall (at least {FEWEST_HOURS}), seed {SEED}"
        ),
        void="" if all(row.is_run for row in rows) else NOT_HELD,
    )


def _of_bucket(scan: Stress, whole: Stress) -> Iterator[Figure]:
    what = f"bucket of {PER_SECOND}/s, {PROCESSES} processes"
    used = scan.of_bucket(SEARCH, PER_SECOND)
    yield _at_least(f"{what}: calls / allowed", used)
    yield from _kept(what, scan, whole)


def _of_wall(scan: Stress, whole: Stress) -> Iterator[Figure]:
    yield _at_least("points wall: spent / allowed", scan.of_wall(WALL, HOUR))
    yield from _kept("points wall", scan, whole)


def _of_unknown_wall(scan: Stress, whole: Stress) -> Iterator[Figure]:
    what = "points wall nobody told of"
    in_vain = scan.sent_in_vain(HOUR, UNDER_WAY)
    yield _exactly(f"{what}: calls until the reset", in_vain)
    # Whatever was in flight is refused: how often walls come is up to the hour.
    yield _exactly(f"{what}: lost or doubled", scan.missed(whole))


def _of_fault(what: str, scan: Stress, whole: Stress) -> Iterator[Figure]:
    yield _at_least(f"{what}: useful calls / calls", scan.useful)
    yield from _kept(what, scan, whole)


def _kept(what: str, scan: Stress, whole: Stress) -> Iterator[Figure]:
    yield Figure("B7", f"{what}: 429", "own", scan.refused, Aim.AT_MOST, 0.02)
    yield _exactly(f"{what}: lost or doubled", scan.missed(whole))


def _at_least(what: str, value: float) -> Figure:
    return Figure("B7", what, "own", value, Aim.AT_LEAST, 0.95, note=NOT_HELD)


def _exactly(what: str, value: int) -> Figure:
    return Figure("B7", what, "own", value, Aim.EXACTLY, 0)


def _walled(points: int, **habits: object) -> Stress:
    with _cloud(points_per_hour=WALL, hour=HOUR, **habits) as cloud:
        return _scan(cloud, points=points)


@contextmanager
def _cloud(**habits: object) -> Iterator[CloudProcess]:
    with cloud_of(SITE, LATENCY, JITTER, SCOPES, keeps_log=True, **habits) as cloud:
        yield cloud


def _scan(
    cloud: CloudProcess,
    processes: int = 1,
    points: int = PLENTY,
    fault: Mapping[str, object] | None = None,
) -> Stress:
    """Scan by some processes, none of which knows of the others."""
    cloud.reset()
    cloud.plan(*([fault] if fault else []))
    with tempfile.TemporaryDirectory() as name, _watching(cloud) as points_at:

        def scan(number: int) -> tuple[Times, tuple[str, ...]]:
            folder = Path(name, str(number))
            folder.mkdir()
            return _scanned(cloud, folder, points)

        with ThreadPoolExecutor(processes) as pool:
            done = list(pool.map(scan, range(processes)))
    held = [wait for waits, _ in done for wait in waits]
    return Stress(cloud.log(), tuple(ids for _, ids in done), held, tuple(points_at))


def _scanned(
    cloud: CloudProcess, folder: Path, points: int
) -> tuple[Times, tuple[str, ...]]:
    """Scan into a database of its own; return the waits and the items kept."""
    path, waits = folder / "bench.db", folder / "waits.json"
    database = Database.open(f"sqlite:///{path}")
    with MIGRATING:
        migrate(database)
    arguments = [str(path), cloud.url, cloud.cloud_id, cloud.site_url]
    arguments += [str(IN_FLIGHT), f"{points}/{HOUR}"]
    run("throttle_side", str(waits), *arguments, given=f"{cloud.token} {SCOPES}\n")
    ids = tuple(_ids(database, cloud.cloud_id))
    database.close()
    return [(since, until) for since, until in json.loads(waits.read_text())], ids


def _ids(database: Database, site_id: str) -> Iterator[str]:
    with database.begin(write=False) as stores:
        for snapshot in stores.snapshots.spaces(site_id):
            yield from snapshot.content.ids


@dataclass(slots=True)
class _Watch:
    """Looks at the ledger while a scan runs."""

    cloud: CloudProcess
    seen: list[tuple[float, int]]
    over: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        while not self.over.wait(HOUR / 40):
            spent = int(self.cloud.ledger()["total_points"])
            self.seen.append((time.time(), spent))


@contextmanager
def _watching(cloud: CloudProcess) -> Iterator[list[tuple[float, int]]]:
    watch = _Watch(cloud, [])
    thread = threading.Thread(target=watch.look)
    thread.start()
    try:
        yield watch.seen
    finally:
        watch.over.set()
        thread.join()

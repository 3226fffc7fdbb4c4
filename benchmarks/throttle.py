"""B7: scans under Atlassian's limits and faults, against what these would allow."""

import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.child import run
from benchmarks.cloud_process import PLENTY, CloudProcess, cloud_of
from benchmarks.crawl import JITTER, SCOPES
from benchmarks.figure import Aim, Figure, Outcome
from benchmarks.sites import SEED, Size
from connector.store.database import Database
from connector.store.migrate import migrate

LATENCY = 0.1
IN_FLIGHT = 10
PER_SECOND = 50
WALL = 20_000
HOUR = 10.0
TOO_MANY = 429
OK = 200
SEARCH = "/content/search"
UNDER_WAY = LATENCY * (1 + JITTER) + 0.1
"""Seconds after a refusal in which calls that were sent before it still come in."""

TAIL = 0.9
"""Of the calls of the busiest endpoint; for the rest there may be too few chains."""

BUSY = Size("150 spaces, 15k items", 150, 15_000, 200, 20)
PLAIN = Size("100 spaces, 40k items", 100, 40_000, 200, 20)

Log = Sequence[tuple[float, str, int]]


@dataclass(frozen=True, slots=True)
class Stress:
    """What one scan, or one by several processes, went through."""

    log: Log
    ids: tuple[str, ...]
    points_at: tuple[tuple[float, int], ...] = ()

    @property
    def refused(self) -> float:
        """The share of calls that were one too many."""
        return sum(status == TOO_MANY for *_, status in self.log) / len(self.log)

    @property
    def per_second(self) -> float:
        """How many calls were made in a second."""
        return len(self.log) / (self.log[-1][0] - self.log[0][0])

    @property
    def useful(self) -> float:
        """The share of calls that brought something."""
        return sum(status == OK for *_, status in self.log) / len(self.log)

    def missed(self, whole: "Stress") -> int:
        """How many items of an undisturbed scan are not there, or there twice."""
        seen, twice = set(self.ids), len(self.ids) - len(set(self.ids))
        return len(seen ^ set(whole.ids)) + twice


def measure() -> Outcome:
    """Scan under each limit and each fault."""
    burst, whole = _burst()
    figures = [
        _figure("burst bucket 50/s, N=20: calls / allowed", _of_bucket(burst), 0.95),
        _at_most("burst bucket 50/s, N=20: answered 429", burst.refused, 0.02),
        _exactly("burst bucket 50/s, N=20: items lost or doubled", burst.missed(whole)),
        *_walls(),
    ]
    return Outcome(
        tuple(figures),
        conditions=(
            f"{LATENCY * 1000:.0f} ms with {JITTER:.0%} jitter, "
            f"N {IN_FLIGHT} a process, an hour of {HOUR:.0f} s with {WALL:,} points, "
            f"seed {SEED}"
        ),
        void=(
            ""
            if whole.per_second >= PER_SECOND
            else f"one process made {whole.per_second:.0f} calls a second without limit"
        ),
    )


def _burst() -> tuple[Stress, Stress]:
    """Scan one site with two processes; most calls are for one endpoint."""
    habits: Mapping[str, object] = {"keeps_log": True, "search_cap": 10}
    with _cloud(BUSY, **habits) as cloud:
        whole = _scan(cloud)
    with _cloud(BUSY, burst_per_second=PER_SECOND, **habits) as cloud:
        return _scan(cloud, processes=2), whole


def _walls() -> Iterator[Figure]:
    """Scan with a wall that is known, one that is not, and with what goes wrong."""
    habits: Mapping[str, object] = {"keeps_log": True}
    wall: Mapping[str, object] = {"points_per_hour": WALL, "hour": HOUR}
    with _cloud(PLAIN, **habits) as cloud:
        whole = _scan(cloud)
        for what, fault in FAULTS.items():
            cloud.reset()
            cloud.plan(fault)
            faulty = _scan(cloud)
            yield _figure(f"{what}: useful calls / calls", faulty.useful, 0.95)
            yield _at_most(f"{what}: answered 429", faulty.refused, 0.02)
            yield _exactly(f"{what}: items lost or doubled", faulty.missed(whole))
    with _cloud(PLAIN, **habits, **wall) as cloud:
        scan = _scan(cloud, points=WALL)
    yield _figure("points wall: spent / allowed in full hours", _of_wall(scan), 0.95)
    yield _at_most("points wall: answered 429", scan.refused, 0.02)
    yield _exactly("points wall: items lost or doubled", scan.missed(whole))
    with _cloud(PLAIN, **habits, **wall, rate_headers="never") as cloud:
        blind = _scan(cloud)
    yield _exactly("points wall nobody told of: calls until the reset", _sent(blind))
    yield _exactly("points wall nobody told of: items lost", blind.missed(whole))


FAULTS: Mapping[str, Mapping[str, object]] = {
    "gateway 429 without Retry-After": {
        "kind": "gateway_limit",
        "path": "/wiki/*",
        "probability": 0.01,
    },
    "2 % 503": {"kind": "status", "path": "/wiki/*", "probability": 0.02},
}


@contextmanager
def _cloud(size: Size, **habits: object) -> Iterator[CloudProcess]:
    with cloud_of(size, LATENCY, JITTER, SCOPES, **habits) as cloud:
        yield cloud


def _scan(cloud: CloudProcess, processes: int = 1, points: int = PLENTY) -> Stress:
    with tempfile.TemporaryDirectory() as folder, _watching(cloud) as points_at:
        database = Database.open(f"sqlite:///{Path(folder, 'bench.db')}")
        migrate(database)
        arguments = [str(Path(folder, "bench.db")), cloud.url, cloud.cloud_id]
        arguments += [cloud.site_url, str(IN_FLIGHT), f"{points}/{HOUR}"]

        def scan(_: int) -> None:
            run("crawl_side", *arguments, given=f"{cloud.token} {SCOPES}\n")

        with ThreadPoolExecutor(processes) as pool:
            list(pool.map(scan, range(processes)))
        ids = tuple(_ids(database, cloud.cloud_id))
        database.close()
    return Stress(cloud.log(), ids, tuple(points_at))


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
            self.seen.append((time.time(), int(self.cloud.ledger()["total_points"])))


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


def _of_bucket(scan: Stress) -> float:
    """Return the answers over what a bucket lets through in the time they took."""
    times = sorted(
        at for at, call, status in scan.log if SEARCH in call and status == OK
    )
    busy = times[: int(TAIL * len(times))]
    return len(busy) / (PER_SECOND * (busy[-1] - busy[0]) + PER_SECOND)


def _of_wall(scan: Stress) -> float:
    """Return the points spent over those allowed, in all hours but the last."""
    spent_by: dict[int, int] = {}
    for at, points in scan.points_at:
        spent_by[int(at // HOUR)] = points
    began = int(scan.log[0][0] // HOUR)
    full = max(spent_by) - began
    return spent_by[max(spent_by) - 1] / (full * WALL) if full else 0.0


def _sent(scan: Stress) -> int:
    """Count calls sent after the refusal for the quota and before the reset."""
    refused_at: dict[int, float] = {}
    for at, _, status in scan.log:
        if status == TOO_MANY:
            refused_at.setdefault(int(at // HOUR), at)
    return sum(
        at > refused_at.get(int(at // HOUR), at) + UNDER_WAY for at, *_ in scan.log
    )


def _figure(what: str, value: float, target: float) -> Figure:
    return Figure("B7", what, "own", value, Aim.AT_LEAST, target)


def _at_most(what: str, value: float, target: float) -> Figure:
    return Figure("B7", what, "own", value, Aim.AT_MOST, target)


def _exactly(what: str, value: int) -> Figure:
    return Figure("B7", what, "own", value, Aim.EXACTLY, 0)

"""B1, B2, B3, B6 and B15: a full scan over HTTP, against the least it could cost."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.child import Run, run
from benchmarks.cloud_process import CloudProcess, cloud_of
from benchmarks.figure import Aim, Figure, Outcome
from benchmarks.lower_bound import Bill, lower_bound
from benchmarks.sites import POLICY, SEED, XS, Size
from connector.store.database import Database
from connector.store.migrate import migrate

RESULTS_PER_PAGE = 200
JITTER = 0.5
IDLE_SHARE = 0.10
HEADROOM = 20
TOO_SHORT = frozenset({"B3", "B6"})
"""On the smallest site the start of the process is most of the time and memory."""
SCOPES = (
    "read:confluence-space.summary read:confluence-content.all "
    "read:confluence-content.summary read:confluence-content.permission "
    "read:confluence-user read:confluence-groups search:confluence "
    "read:space:confluence read:space.permission:confluence read:page:confluence "
    "read:user:confluence read:configuration:confluence "
    "read:content.metadata:confluence read:me offline_access"
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How far away the cloud is and how many requests may be in flight."""

    latency: float
    in_flight: int


NEAR = Pace(0.1, 10)


def measure(size: Size, rounds: int, pace: Pace = NEAR) -> Outcome:
    """Scan the site some times and put the bill beside the lower bound.

    The first scan is not counted: it makes the cloud render its answers.
    """
    site = size.site()
    least = lower_bound(site, POLICY, RESULTS_PER_PAGE)
    largest = max(len(space.content) for space in site.spaces)
    del site
    with cloud_of(size, pace.latency, JITTER, SCOPES) as cloud:
        scanned(cloud, pace)
        scans = [scanned(cloud, pace) for _ in range(rounds)]
    return _outcome(size, pace, least, largest, scans)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan took, and the ledger of the cloud."""

    run: Run
    ledger: Mapping[str, Any]

    @property
    def calls(self) -> int:
        """All calls the cloud was asked."""
        return int(self.ledger["total_calls"])

    @property
    def points(self) -> int:
        """All points they cost."""
        return int(self.ledger["total_points"])

    @property
    def cloud_share(self) -> float:
        """Processor time of the cloud over the wall time."""
        return float(self.ledger["cpu_seconds"]) / self.run.seconds

    def stretch(self, pace: Pace) -> float:
        """Wall time over the time its calls take with every slot always busy."""
        return self.run.seconds / (self.calls * pace.latency / pace.in_flight)

    @property
    def headroom(self) -> float:
        """How many times the calls the cloud could have answered in the time."""
        cpu_per_call = float(self.ledger["cpu_seconds"]) / self.calls
        return (self.run.seconds / self.calls) / cpu_per_call


def scanned(cloud: CloudProcess, pace: Pace, side: str = "crawl_side") -> Scanned:
    """Scan the site of a cloud into a new database; ``side`` is who scans."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.db")
        migrated(path)
        cloud.reset()
        done = run(
            side,
            str(path),
            cloud.url,
            cloud.cloud_id,
            cloud.site_url,
            str(pace.in_flight),
            given=f"{cloud.token} {SCOPES}\n",
        )
        return Scanned(done, cloud.ledger())


def migrated(path: Path) -> None:
    """Make a database; the process that scans has it made already, as in real life."""
    database = Database.open(f"sqlite:///{path}")
    migrate(database)
    database.close()


def _outcome(
    size: Size, pace: Pace, least: Bill, largest: int, scans: list[Scanned]
) -> Outcome:
    calls = median(scan.calls for scan in scans)
    points = median(scan.points for scan in scans)
    items = scans[0].run.counts["items"]
    share = median(scan.cloud_share for scan in scans)
    headroom = median(scan.headroom for scan in scans)
    at_most = {
        ("B1", "full scan, calls / lower bound"): (calls / least.calls, 1.05, " x"),
        ("B2", "full scan, points / lower bound"): (points / least.points, 1.05, " x"),
        ("B3", "full scan, wall / (calls x latency / N)"): (
            median(scan.stretch(pace) for scan in scans),
            1.15,
            " x",
        ),
        ("B6", "full scan, peak memory"): (
            median(scan.run.peak_mib for scan in scans),
            150,
            " MiB",
        ),
        ("B15", "simulated cloud, CPU / wall"): (share, IDLE_SHARE, ""),
    }
    figures = [
        Figure(id_, what, size.name, value, Aim.AT_MOST, target, unit)
        for (id_, what), (value, target, unit) in at_most.items()
        if size is not XS or id_ not in TOO_SHORT
    ]
    figures.append(
        Figure(
            "B15",
            "simulated cloud, calls it could answer / calls asked",
            size.name,
            headroom,
            Aim.AT_LEAST,
            HEADROOM,
            " x",
        )
    )
    bottleneck = share > IDLE_SHARE or headroom < HEADROOM
    return Outcome(
        tuple(figures),
        conditions=(
            f"{items:,.0f} items, {largest:,} in the largest space, "
            f"{calls:,.0f} calls (least {least.calls:,}), "
            f"{points:,.0f} points (least {least.points:,}), "
            f"{points / items:.2f} points an item; L {RESULTS_PER_PAGE}, "
            f"N {pace.in_flight}, {pace.latency * 1000:.0f} ms with "
            f"{JITTER:.0%} jitter, seed {SEED}; median of {len(scans)}"
        ),
        void="the simulated cloud was the bottleneck" if bottleneck else "",
    )

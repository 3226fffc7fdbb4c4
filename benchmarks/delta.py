"""B9: an incremental scan after a day of changes, against the full scan it replaces."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.child import Run, run
from benchmarks.cloud_process import CloudProcess, cloud_of
from benchmarks.crawl import NEAR, SCOPES, migrated
from benchmarks.figure import Aim, Figure, Outcome
from benchmarks.sites import SEED, Size

AUDIT_LOG = "read:audit-log:confluence"
DAY = 86_400
COUNT_OF_MEMBERS = re.compile(r"/membersByGroupId\?.*limit=1(&|$)")
POINTS_OF_A_COUNT = 3
LISTS = frozenset(
    f"GET /wiki/{path}"
    for path in (
        "api/v2/spaces",
        "api/v2/space-role-mode",
        "rest/api/group",
        "rest/api/user/current",
        "rest/api/search",
        "rest/api/audit",
    )
)
"""Besides counting members, the calls that look whether anything changed at all."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """A full scan, an incremental one a day later, and a full one right after it."""

    full: Run
    renewed: Run
    after: Run
    counted: int

    def watch(self, what: str, of_a_count: int) -> float:
        """Return the calls or points that only looked whether anything changed."""
        lists = (self.renewed.counts.get(f"{what} of {name}", 0) for name in LISTS)
        return self.counted * of_a_count + sum(lists)

    def share(self, what: str, of_a_count: int) -> float:
        """Return what the incremental scan cost of the full one, without the watch."""
        cost = self.renewed.counts[what] - self.watch(what, of_a_count)
        return 100 * cost / self.full.counts[what]


def measure(size: Size) -> Outcome:
    """Let a day pass on a site and read again what can have changed."""
    scopes = f"{SCOPES} {AUDIT_LOG}"
    with cloud_of(size, NEAR.latency, 0.5, scopes, keeps_log=True) as cloud:
        audited = _renewed(cloud, scopes)
    calls = audited.share("calls", 1)
    points = audited.share("points", POINTS_OF_A_COUNT)
    figures = (
        _at_most("calls beyond tripwires", size, calls, 2),
        _at_most("points beyond tripwires", size, points, 1),
        Figure(
            "B9",
            "incremental scan, changes that it missed",
            size.name,
            audited.after.counts["changes"],
            Aim.EXACTLY,
            0,
        ),
    )
    return Outcome(figures, conditions=_words(audited))


def _at_most(what: str, size: Size, value: float, target: float) -> Figure:
    words = f"incremental scan, {what} / full scan"
    return Figure("B9", words, size.name, value, Aim.AT_MOST, target, " %")


def _words(done: Renewed) -> str:
    full, renewed = done.full.counts, done.renewed.counts
    calls, points = done.watch("calls", 1), done.watch("points", POINTS_OF_A_COUNT)
    return (
        f"{renewed['calls']:,.0f} of {full['calls']:,.0f} calls, {calls:,.0f} of them "
        f"tripwires; {renewed['points']:,.0f} of {full['points']:,.0f} points, "
        f"{points:,.0f} of them for tripwires; {renewed['changes']:,.0f} changes "
        "found; 1 % of the pages, 0.5 % of the groups and 20 permissions changed, "
        f"seed {SEED}"
    )


def _renewed(cloud: CloudProcess, scopes: str) -> Renewed:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.db")
        migrated(path)
        full = _scan("crawl_side", path, cloud, scopes)
        _let_a_day_pass(cloud)
        cloud.reset()
        renewed = _scan("delta_side", path, cloud, scopes)
        targets = [target for _, target, _ in cloud.log()]
        after = _scan("crawl_side", path, cloud, scopes)
    counted = sum(bool(COUNT_OF_MEMBERS.search(target)) for target in targets)
    return Renewed(full, renewed, after, counted)


def _scan(side: str, path: Path, cloud: CloudProcess, scopes: str) -> Run:
    place = (str(path), cloud.url, cloud.cloud_id, cloud.site_url)
    return run(side, *place, str(NEAR.in_flight), given=f"{cloud.token} {scopes}\n")


def _let_a_day_pass(cloud: CloudProcess) -> None:
    day = {"cloud_id": cloud.cloud_id, "seed": SEED}
    httpx.post(f"{cloud.url}/_cloud/change", json=day, timeout=600).raise_for_status()

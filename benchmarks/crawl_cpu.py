"""B5: the processor time of a full scan, beside what its bytes alone must cost."""

from statistics import median

from benchmarks.child import Run
from benchmarks.cloud_process import cloud_of
from benchmarks.crawl import SCOPES, Pace, scanned
from benchmarks.figure import Aim, Figure, Outcome
from benchmarks.sites import SEED, Size

AT_ONCE = Pace(0.0, 10)


def measure(size: Size, rounds: int) -> Outcome:
    """Scan a cloud that answers at once; the first scan is not counted."""
    with cloud_of(size, AT_ONCE.latency, 0.0, SCOPES) as cloud:
        scanned(cloud, AT_ONCE)
        runs = [scanned(cloud, AT_ONCE, "crawl_floor").run for _ in range(rounds)]
    figure = Figure(
        "B5",
        "full scan, items a CPU second / unpacking and decoding alone",
        size.name,
        median(map(_share, runs)),
        Aim.AT_LEAST,
        0.30,
    )
    scan, floor = (median(run.counts[name] for run in runs) for name in _SIDES)
    return Outcome(
        (figure,),
        conditions=(
            f"{size.items:,} items, {scan:.2f} CPU s, of these {floor:.2f} s to unpack "
            f"and decode {runs[0].counts['answers']:,.0f} answers; no latency, "
            f"N {AT_ONCE.in_flight}, seed {SEED}; median of {len(runs)}"
        ),
    )


_SIDES = ("scan", "floor")


def _share(run: Run) -> float:
    """Return the same items over both times: the inverse share of these."""
    scan, floor = (run.counts[name] for name in _SIDES)
    return floor / scan

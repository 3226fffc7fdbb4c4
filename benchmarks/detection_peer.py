"""B10: detecting from stored state beside a program that does it with DuckDB alone."""

import tempfile
from dataclasses import dataclass
from math import nan
from pathlib import Path
from statistics import median

from benchmarks.child import Run, run
from benchmarks.crawl_peers import MISSING, Peer
from benchmarks.detection import MODULE, detect_anew
from benchmarks.figure import Aim, Figure, Outcome
from benchmarks.sites import POLICY, Size

WHAT = (
    "stored state to stored findings, time / DuckDB-only implementation with its load"
)
PEER = Peer("duckdb", "DuckDB", ("duckdb", "numpy"), 1.5)


@dataclass(frozen=True, slots=True)
class Round:
    """We and DuckDB, one after the other, and what DuckDB found, line by line."""

    ours: Run
    peer: Run
    told: frozenset[str]


def measure(size: Size, rounds: int) -> Outcome:
    """Let both sides find the same in turn; a side that finds something else is out."""
    if not PEER.python.exists():
        return Outcome((_figure(size, nan, MISSING),), conditions="not installed")
    with tempfile.TemporaryDirectory() as name:
        folder, database = Path(name), Path(name, "once.db")
        items = run(MODULE, "prepare", str(database), size.name, "1").counts["items"]
        expected = _expected(database, folder)
        sides = [_round(database, folder) for _ in range(rounds)]
    differing = max(len(side.told ^ expected) for side in sides)
    if differing:
        note = f"it finds something else, {differing:,} lines"
        return Outcome((_figure(size, nan, note),), conditions=note)
    ours = median(side.ours.seconds for side in sides)
    peer = median(side.peer.seconds for side in sides)
    work = median(s.ours.counts["work"] / s.peer.counts["work"] for s in sides)
    ratio = median(side.ours.seconds / side.peer.seconds for side in sides)
    counts = sides[0].peer.counts
    return Outcome(
        (_figure(size, ratio),),
        conditions=(
            f"{items:,.0f} items, we {ours:.2f} s, {PEER.versions} {peer:.2f} s with"
            f" {median(side.peer.peak_mib for side in sides):.0f} MiB,"
            f" of processor time {work:.3g} x; median of {rounds}; one thread each;"
            f" both find the same: {counts['finding']:,.0f} findings about content,"
            f" {counts['exposed_item']:,.0f} times an item"
        ),
    )


def _figure(size: Size, ratio: float, note: str = "") -> Figure:
    return Figure("B10", WHAT, size.name, ratio, Aim.AT_MOST, PEER.target, " x", note)


def _expected(database: Path, folder: Path) -> frozenset[str]:
    told = folder / "ours.tsv"
    run("exposed_items", str(database), str(told))
    return _lines(told)


def _round(database: Path, folder: Path) -> Round:
    ours = detect_anew(database, folder)
    findings, told = folder / "findings.duckdb", folder / "theirs.tsv"
    try:
        peer = run(
            f"peers.{PEER.name}",
            *(str(database), str(findings)),
            *(",".join(sorted(POLICY.internal_domains)), str(told)),
            python=str(PEER.python),
        )
        return Round(ours, peer, _lines(told))
    finally:
        for leftover in folder.glob("findings.duckdb*"):
            leftover.unlink()


def _lines(path: Path) -> frozenset[str]:
    return frozenset(path.read_text("utf-8").splitlines())

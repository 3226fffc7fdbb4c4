"""B10 and B11: detecting from stored state, in time and in memory."""

import shutil
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.child import Run, run
from benchmarks.figure import Aim, Figure, Outcome
from benchmarks.sites import L, Size

MODULE = "detect_sides"
EVERY = {L.name: 20}
"""The walk looks into each so-manieth space only: on L its answers fill a disk."""


def measure(size: Size, rounds: int) -> Outcome:
    """Compare detecting with the raw scan and with the walk, sides interleaved."""
    with tempfile.TemporaryDirectory() as folder:
        once, twice = Path(folder, "once.db"), Path(folder, "twice.db")
        items = run(MODULE, "prepare", str(once), size.name, "1").counts["items"]
        run(MODULE, "prepare", str(twice), size.name, "2")
        every = EVERY.get(size.name, 1)
        sides = [_round(once, Path(folder), every) for _ in range(rounds)]
        doubled = detect_anew(twice, Path(folder))
    raw = median(raw.seconds / detect.seconds for raw, detect, _ in sides)
    walk = median(
        walk.seconds / walk.counts["items"] * items / detect.seconds
        for _, detect, walk in sides
    )
    seconds = median(detect.seconds for _, detect, _ in sides)
    work = median(r.counts["work"] / d.counts["work"] for r, d, _ in sides)
    peak = median(detect.peak_mib for _, detect, _ in sides)
    findings = sides[0][1].counts["findings"]
    of = f", every {every}th space" if every > 1 else ""
    figures = (
        Figure(
            "B10",
            "stored state to stored findings, speed / raw scan of the same bytes",
            size.name,
            raw,
            Aim.AT_LEAST,
            0.12,
            " x",
        ),
        Figure(
            "B10",
            f"stored state to stored findings, speed / per-item walk to the same{of}",
            size.name,
            walk,
            Aim.AT_LEAST,
            4,
            " x",
        ),
        Figure(
            "B11", "detecting, peak memory", size.name, peak, Aim.AT_MOST, 200, " MiB"
        ),
        Figure(
            "B11",
            "detecting, peak memory of twice the site / once",
            size.name,
            doubled.peak_mib / peak,
            Aim.AT_MOST,
            1.3,
            " x",
        ),
    )
    return Outcome(
        figures,
        conditions=(
            f"{items:,.0f} items, {findings:,.0f} findings in {seconds:.2f} s"
            f" = {items / seconds:,.0f} items/s, of processor time {work:.3f} x"
            f" the raw scan; median of {rounds}, SQLite;"
            f" the walk over {sides[0][2].counts['items'] / items:.1%} of the items"
        ),
    )


def _round(database: Path, folder: Path, every: int) -> tuple[Run, Run, Run]:
    return (
        run(MODULE, "raw", str(database)),
        detect_anew(database, folder),
        run(MODULE, "walk", str(database), str(every)),
    )


def detect_anew(database: Path, folder: Path) -> Run:
    """Detect on a copy of the stored state, in which nothing was found yet."""
    fresh = folder / "fresh.db"
    shutil.copyfile(database, fresh)
    try:
        return run(MODULE, "detect", str(fresh))
    finally:
        for leftover in folder.glob("fresh.db*"):
            leftover.unlink()

"""B16: what ten times the installations cost; anything quadratic shows here."""

import time
from collections.abc import Callable
from statistics import median

from benchmarks.databases import KINDS, New
from benchmarks.estate import Estate
from benchmarks.figure import Aim, Figure, Outcome

FEW, MANY = 50, 500
TARGET = 12
PASSES = 3
"""Over the many, and as often over the few before and after them."""
WORK: dict[str, Callable[[Estate], None]] = {
    "refresh": Estate.keep_alive,
    "reconcile": Estate.reconcile,
    "listing": Estate.list_sites,
}


def measure(rounds: int) -> Outcome:
    """Compare many installations with few, on both databases."""
    figures: list[Figure] = []
    conditions = []
    for name, opened in KINDS.items():
        with opened() as new:
            seconds = _seconds(new, rounds)
        figures += [_figure(work, name, *seconds[work]) for work in WORK]
        took = ", ".join(f"{w} {s[1] * 1000 / MANY:.2f} ms" for w, s in seconds.items())
        conditions.append(f"{name}: {took} an installation")
    return Outcome(
        tuple(figures),
        conditions=f"{'; '.join(conditions)}; median of {rounds}, Atlassian silent",
    )


def _figure(work: str, database: str, few: float, many: float) -> Figure:
    what = f"{work} over {MANY} installations / over {FEW}, {database}"
    return Figure("B16", what, "-", many / few, Aim.AT_MOST, TARGET, " x")


def _seconds(new: New, rounds: int) -> dict[str, tuple[float, float]]:
    """Return how long each work takes over few and over many."""
    few, many = (Estate(new(), size).fill() for size in (FEW, MANY))
    try:
        return {name: _of_both(few, many, WORK[name], rounds) for name in WORK}
    finally:
        few.database.close()
        many.database.close()


def _of_both(
    few: Estate, many: Estate, work: Callable[[Estate], None], rounds: int
) -> tuple[float, float]:
    """Return the median round, the many amid the few: both see the same machine."""
    for estate in (few, many):
        work(estate)  # what only the first time costs is no matter of size
    took = [_round(few, many, work) for _ in range(rounds)]
    return sorted(took, key=lambda sides: sides[1] / sides[0])[rounds // 2]


def _round(
    few: Estate, many: Estate, work: Callable[[Estate], None]
) -> tuple[float, float]:
    before = [_took(work, few) for _ in range(PASSES)]
    among = [_took(work, many) for _ in range(PASSES)]
    after = [_took(work, few) for _ in range(PASSES)]
    return median(before + after), median(among)


def _took(work: Callable[[Estate], None], estate: Estate) -> float:
    started = time.perf_counter()
    work(estate)
    return time.perf_counter() - started

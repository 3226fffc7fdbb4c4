"""Runs the suite: ``python -m benchmarks [--large] [--only B10] [--rounds 5]``.

``--only B10-DUCKDB`` measures the row of B10 that compares with DuckDB alone.

Gates come first. A missed target is printed as missed; the exit code is 1 only
when a gate does not hold or a workload fails, since times depend on the machine.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import (
    crawl,
    crawl_cpu,
    crawl_peers,
    delta,
    detection,
    detection_peer,
    exactness,
    export,
    installations,
    pages,
    resume,
    throttle,
)
from benchmarks.figure import Outcome
from benchmarks.sites import XS, L, M
from benchmarks.table import machine, markdown

GATES = frozenset({"B7", "B8", "B12"})
HUNDRED_THOUSAND, MILLION = 100_000, 1_000_000
OUTPUT = Path(__file__).parent / "results.md"


def main() -> int:
    """Measure what the arguments ask for and print the table."""
    arguments = _arguments()
    print(machine(), flush=True)
    outcomes = []
    for ids, title, workload in _workloads(arguments):
        if arguments.only and not ids & set(arguments.only):
            continue
        print(f"\n{title}", flush=True)
        started = time.monotonic()
        outcome = workload()
        outcomes.append(outcome)
        _show(outcome, time.monotonic() - started)
        # After each: a suite that is stopped has not measured for nothing.
        OUTPUT.write_text(_table(outcomes), "utf-8")
    print(f"\n{_table(outcomes)}")
    return 0 if _gates_hold(outcomes) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure scans and detection."
    )
    parser.add_argument("--large", action="store_true", help="the large site too")
    parser.add_argument("--only", nargs="*", help="ids, such as B10")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def _workloads(
    arguments: argparse.Namespace,
) -> Iterator[tuple[frozenset[str], str, Callable[[], Outcome]]]:
    rounds = arguments.rounds
    yield frozenset({"B12"}), "The gate: exactness", exactness.measure
    yield frozenset({"B7"}), "The gate: limits and faults", throttle.measure
    yield frozenset({"B8"}), "The gate: killed scans", partial(resume.measure, M)
    yield (
        frozenset({"B16"}),
        "Many installations",
        partial(installations.measure, min(rounds, 3)),
    )
    feed = MILLION if arguments.large else HUNDRED_THOUSAND
    few = rounds if feed < MILLION else 3
    yield (
        frozenset({"B13"}),
        f"The feed to a file, {feed:,} rows",
        partial(export.measure, feed, few),
    )
    yield (
        frozenset({"B14"}),
        f"Pages of the feed over HTTP, {feed:,} rows",
        partial(pages.measure, feed, few),
    )
    sizes = (M, L) if arguments.large else (M,)
    for size in sizes:
        yield (
            frozenset({"B9"}),
            f"An incremental scan after a day of changes, site {size.name}",
            partial(delta.measure, size),
        )
    for size in sizes:
        few = rounds if size is not L else min(rounds, 3)
        yield (
            frozenset({"B10", "B11"}),
            f"Detecting from stored state, site {size.name}",
            partial(detection.measure, size, few),
        )
        yield (
            frozenset({"B10", "B10-DUCKDB"}),
            f"DuckDB beside detecting from stored state, site {size.name}",
            partial(detection_peer.measure, size, few),
        )
    for size in (XS, *sizes):
        few = rounds if size is not L else 1
        yield (
            frozenset({"B1", "B2", "B3", "B6", "B15"}),
            f"A full scan over HTTP, site {size.name}",
            partial(crawl.measure, size, few),
        )
    yield (
        frozenset({"B4"}),
        "Other tools beside a full scan, site XS",
        partial(crawl_peers.measure, min(rounds, 3)),
    )
    for size in sizes:
        few = min(rounds, 3) if size is not L else 1
        yield (
            frozenset({"B5"}),
            f"The processor time of a full scan, site {size.name}",
            partial(crawl_cpu.measure, size, few),
        )


def _table(outcomes: list[Outcome]) -> str:
    return f"{machine()}\n\n{markdown(outcomes)}\n"


def _show(outcome: Outcome, seconds: float) -> None:
    print(f"  {outcome.conditions} [{seconds:.0f} s]")
    if outcome.void:
        print(f"  VOID: {outcome.void}")
    for figure in outcome.figures:
        met = "ok" if figure.is_met else "MISSED" if figure.is_run else ""
        print(
            f"  {figure.id:4} {figure.what:58} "
            f"{figure.shown:>10}  {figure.aimed:>11}  {met}"
        )


def _gates_hold(outcomes: list[Outcome]) -> bool:
    return all(
        figure.is_met
        for outcome in outcomes
        for figure in outcome.figures
        if figure.id in GATES
    )


if __name__ == "__main__":
    sys.exit(main())

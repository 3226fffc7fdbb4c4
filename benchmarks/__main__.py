"""Runs the suite: ``python -m benchmarks [--large] [--only B10] [--rounds 5]``.

``--only B10-DUCKDB`` measures the row of B10 that compares with DuckDB alone.

Gates come first. A missed target is printed as missed; the exit code is 1 only
when a gate does not hold or a workload fails, since times depend on the machine; it is
2 when the suite, or that of the large site, has none of the ids.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
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
from benchmarks.sites import XS, L, M, Size
from benchmarks.table import machine, markdown

NOTHING_TO_MEASURE = 2
GATES = frozenset({"B7", "B8", "B12"})
HUNDRED_THOUSAND, MILLION = 100_000, 1_000_000
OUTPUT = Path(__file__).parent / "results.md"


@dataclass(frozen=True, slots=True)
class Workload:
    """What measures the rows of some ids."""

    ids: AbstractSet[str]
    title: str
    measure: Callable[[], Outcome]


def main() -> int:
    """Measure what the arguments ask for and print the table."""
    arguments = _arguments()
    print(machine(), flush=True)
    outcomes = []
    wanted = [
        workload
        for workload in _workloads(arguments)
        if not arguments.only or workload.ids & set(arguments.only)
    ]
    if not wanted:
        print("The suite has none of these ids.", file=sys.stderr)
        return NOTHING_TO_MEASURE
    for workload in wanted:
        print(f"\n{workload.title}", flush=True)
        started = time.monotonic()
        outcome = workload.measure()
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
    parser.add_argument(
        "--large",
        action="store_true",
        help="the large site and a feed of a million rows instead",
    )
    parser.add_argument("--only", nargs="*", help="ids, such as B10")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def _workloads(arguments: argparse.Namespace) -> Iterator[Workload]:
    rounds = arguments.rounds
    few = min(rounds, 3)
    if arguments.large:
        yield from _on_a_feed(MILLION, few)
        yield from _on_a_site(L, few, scans=1)
        return
    yield Workload({"B12"}, "The gate: exactness", exactness.measure)
    yield Workload({"B7"}, "The gate: limits and faults", throttle.measure)
    yield Workload({"B8"}, "The gate: killed scans", partial(resume.measure, M))
    installed = partial(installations.measure, few)
    yield Workload({"B16"}, "Many installations", installed)
    yield from _on_a_feed(HUNDRED_THOUSAND, rounds)
    yield _a_scan(XS, rounds)
    yield from _on_a_site(M, rounds, scans=rounds)
    others = partial(crawl_peers.measure, few)
    yield Workload({"B4"}, "Other tools beside a full scan, site XS", others)


def _on_a_feed(rows: int, rounds: int) -> Iterator[Workload]:
    yield Workload(
        {"B13"},
        f"The feed to a file, {rows:,} rows",
        partial(export.measure, rows, rounds),
    )
    yield Workload(
        {"B14"},
        f"Pages of the feed over HTTP, {rows:,} rows",
        partial(pages.measure, rows, rounds),
    )


def _on_a_site(size: Size, rounds: int, scans: int) -> Iterator[Workload]:
    yield Workload(
        {"B10", "B11"},
        f"Detecting from stored state, site {size.name}",
        partial(detection.measure, size, rounds),
    )
    yield Workload(
        {"B10", "B10-DUCKDB"},
        f"DuckDB beside detecting from stored state, site {size.name}",
        partial(detection_peer.measure, size, rounds),
    )
    yield _a_scan(size, scans)
    yield Workload(
        {"B5"},
        f"The processor time of a full scan, site {size.name}",
        partial(crawl_cpu.measure, size, min(scans, 3)),
    )
    yield Workload(
        {"B9"},
        f"An incremental scan after a day of changes, site {size.name}",
        partial(delta.measure, size),
    )


def _a_scan(size: Size, rounds: int) -> Workload:
    return Workload(
        {"B1", "B2", "B3", "B6", "B15"},
        f"A full scan over HTTP, site {size.name}",
        partial(crawl.measure, size, rounds),
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

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
from benchmarks.sites import XS, L, M, Size
from benchmarks.table import machine, markdown

GATES = frozenset({"B7", "B8", "B12"})
HUNDRED_THOUSAND, MILLION = 100_000, 1_000_000
Workload = tuple[frozenset[str], str, Callable[[], Outcome]]
"""The ids of its rows, its title, and what measures it."""
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
    parser.add_argument("--large", action="store_true", help="the large site instead")
    parser.add_argument("--only", nargs="*", help="ids, such as B10")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def _workloads(arguments: argparse.Namespace) -> Iterator[Workload]:
    rounds = arguments.rounds
    if arguments.large:
        yield from _on_a_feed(MILLION, min(rounds, 3))
        yield from _on_a_site(L, min(rounds, 3), scans=1)
        return
    yield _of("B12")("The gate: exactness", exactness.measure)
    yield _of("B7")("The gate: limits and faults", throttle.measure)
    yield _of("B8")("The gate: killed scans", partial(resume.measure, M))
    installed = partial(installations.measure, min(rounds, 3))
    yield _of("B16")("Many installations", installed)
    yield from _on_a_feed(HUNDRED_THOUSAND, rounds)
    yield _a_scan(XS, rounds)
    yield from _on_a_site(M, rounds, scans=rounds)
    others = partial(crawl_peers.measure, min(rounds, 3))
    yield _of("B4")("Other tools beside a full scan, site XS", others)


def _on_a_feed(rows: int, rounds: int) -> Iterator[Workload]:
    to_file, over_http = (partial(m.measure, rows, rounds) for m in (export, pages))
    yield _of("B13")(f"The feed to a file, {rows:,} rows", to_file)
    yield _of("B14")(f"Pages of the feed over HTTP, {rows:,} rows", over_http)


def _on_a_site(size: Size, rounds: int, scans: int) -> Iterator[Workload]:
    on = f"site {size.name}"
    yield _of("B10", "B11")(
        f"Detecting from stored state, {on}", partial(detection.measure, size, rounds)
    )
    yield _of("B10", "B10-DUCKDB")(
        f"DuckDB beside detecting from stored state, {on}",
        partial(detection_peer.measure, size, rounds),
    )
    yield _a_scan(size, scans)
    yield _of("B5")(
        f"The processor time of a full scan, {on}",
        partial(crawl_cpu.measure, size, min(scans, 3)),
    )
    yield _of("B9")(
        f"An incremental scan after a day of changes, {on}",
        partial(delta.measure, size),
    )


def _a_scan(size: Size, rounds: int) -> Workload:
    return _of("B1", "B2", "B3", "B6", "B15")(
        f"A full scan over HTTP, site {size.name}",
        partial(crawl.measure, size, rounds),
    )


def _of(*ids: str) -> Callable[[str, Callable[[], Outcome]], Workload]:
    return lambda title, run: (frozenset(ids), title, run)


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

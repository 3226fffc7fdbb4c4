"""Runs one side of a comparison in a process of its own and reports what it took."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.progress import tell, words_of

RESULT = "BENCHMARK-RESULT "


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of the measured part, peak memory in MiB, and what the side counted."""

    seconds: float
    peak_mib: float
    counts: Mapping[str, float]


def run(
    module: str, *arguments: str, given: str = "", python: str = sys.executable
) -> Run:
    """Run a module of this package as a child process and return its report.

    ``given`` is its standard input, the place for what no process list may show.
    """
    tell(words_of(module, arguments))
    child = subprocess.run(  # noqa: S603 - our own interpreter and module
        [python, "-m", f"benchmarks.{module}", *arguments],
        check=False,
        input=given,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    lines = [line for line in child.stdout.splitlines() if line.startswith(RESULT)]
    if child.returncode or not lines:
        raise RuntimeError(
            f"{module} {' '.join(arguments)} failed:\n{child.stderr[-4000:]}"
        )
    report = json.loads(lines[-1].removeprefix(RESULT))
    return Run(report["seconds"], report["peak_mib"], report["counts"])


def access() -> tuple[str, str]:
    """Return the address and the token that the parent gave a peer."""
    address, token = sys.stdin.read().split()
    return address, token


def report(work: Callable[[], Mapping[str, float]]) -> None:
    """Time some work in this process and print the report for the parent."""
    started, before = time.perf_counter(), time.process_time()
    counts = work()
    spent = time.process_time() - before
    seconds = time.perf_counter() - started
    result = {
        "seconds": seconds,
        "peak_mib": _peak_kib() / 1024,
        "counts": {"work": spent, **counts, "cpu": time.process_time()},
    }
    print(RESULT + json.dumps(result), flush=True)


def _peak_kib() -> int:
    """Return the peak memory of this process alone.

    On Linux ``ru_maxrss`` begins as what the parent held when it started this process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text("ascii").splitlines()
        peak = next(line for line in lines if line.startswith("VmHWM:"))
        return int(peak.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

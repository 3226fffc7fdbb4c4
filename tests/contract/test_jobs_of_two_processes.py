"""Two processes never do one job at once; a killed one's job is taken over."""

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0

Process = subprocess.Popen[str]
Stretch = tuple[float, float]


@contextmanager
def working(url: str, owner: str, lease: float, seconds: float) -> Iterator[Process]:
    """Run a process with a part in the jobs; it does not survive the block."""
    arguments = [url, owner, str(lease), str(seconds)]
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "tests.contract.rota_process", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def heard(process: Process, word: str) -> float:
    """Wait until a process says a word; return when it did."""
    assert process.stdout
    until = time.monotonic() + PATIENCE
    for line in process.stdout:
        said, _, at = line.partition(" ")
        if said == word:
            return float(at)
        assert time.monotonic() < until
    raise AssertionError(f"it ended without saying {word}")


def told_to_end(process: Process) -> list[Stretch]:
    """Stop a process; return when it worked."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    # What is read ahead already stands in this stream; communicate() would lose it.
    out = process.stdout.read()
    assert process.wait(PATIENCE) == 0
    lines = [line.split() for line in out.splitlines()]
    times = [float(at) for word, at in lines if word in {"begun", "ended"}]
    return list(zip(times[::2], times[1::2], strict=True))


@pytest.mark.timeout(120)
def test_one_job_is_never_done_by_two_at_once(url: str) -> None:
    with working(url, "one", 5, 0.03) as one, working(url, "two", 5, 0.03) as two:
        heard(one, "ready")
        heard(two, "ready")
        time.sleep(2)
        stretches = sorted(told_to_end(one) + told_to_end(two))

    assert len(stretches) > 5
    for (_, ended), (begun, _) in itertools.pairwise(stretches):
        assert begun >= ended


@pytest.mark.timeout(120)
def test_the_job_of_a_killed_process_is_taken_over_after_its_lease(url: str) -> None:
    with working(url, "one", 2, 60) as one, working(url, "two", 2, 0.01) as two:
        heard(two, "ready")
        heard(one, "ready")
        heard(one, "begun")
        one.send_signal(signal.SIGKILL)
        one.wait()
        killed_at = time.time()
        taken_at = heard(two, "begun")
        while taken_at < killed_at:
            taken_at = heard(two, "begun")

    assert taken_at >= killed_at
    assert taken_at - killed_at < 10


@pytest.mark.timeout(120)
def test_a_long_job_is_not_taken_away(url: str) -> None:
    with working(url, "one", 0.5, 2) as one:
        began = heard(one, "begun")
        with working(url, "two", 0.5, 0.01) as two:
            taken = heard(two, "begun")
            ended = heard(one, "ended")

    assert taken >= ended
    assert ended - began >= 2

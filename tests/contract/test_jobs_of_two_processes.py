"""Two processes never do one job at once; a killed one's job is taken over."""

import itertools
import signal
import time
from contextlib import AbstractContextManager

import pytest

from tests.fakes.processes import OtherProcess, running

PATIENCE = 30.0

Stretch = tuple[float, float]


def working(
    url: str, owner: str, lease: float, seconds: float
) -> AbstractContextManager[OtherProcess]:
    """Run a process with a part in the jobs; it does not survive the block."""
    arguments = [url, owner, str(lease), str(seconds)]
    return running("tests.contract.rota_process", *arguments)


def heard(process: OtherProcess, word: str) -> float:
    """Wait until a process says a word; return when it did."""
    until = time.monotonic() + PATIENCE
    for line in process.stdout:
        said, _, at = line.partition(" ")
        if said == word:
            return float(at)
        assert time.monotonic() < until
    raise AssertionError(f"it ended without saying {word}")


def told_to_end(process: OtherProcess) -> list[Stretch]:
    """Stop a process; return when it worked."""
    process.tell()
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
        one.kill()
        assert one.wait(10) == -signal.SIGKILL
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

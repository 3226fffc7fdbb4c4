"""Workers keep the memory that a page takes, and look away from what they loaded."""

import ctypes
import subprocess
import sys

import pytest

FAULTS = """
from resource import RUSAGE_SELF, getrusage
from connector.web.gunicorn_conf import post_fork

def faults():
    before = getrusage(RUSAGE_SELF).ru_minflt
    for _ in range(20):
        pieces = [b"%070000d" % n for n in range(40)]
        whole = b"".join(pieces)
        del pieces, whole
    return getrusage(RUSAGE_SELF).ru_minflt - before

without = faults()
post_fork(None, None)
faults()
print(without, faults())
"""


def said_by(program: str) -> list[str]:
    """Run a program of ours in a process of its own; returns the words it prints."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return ended.stdout.split()


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "mallopt"), reason="the habits of glibc"
)
def test_a_worker_does_not_fetch_its_memory_anew_for_every_page() -> None:
    without, kept = map(int, said_by(FAULTS))

    assert kept < 100 < without


FROZEN = """
import gc
from connector.web.gunicorn_conf import post_worker_init

loaded = [[number] for number in range(1_000)]
post_worker_init(None)
seen = {id(thing) for thing in gc.get_objects()}
print(gc.get_freeze_count() > 1_000, any(id(each) in seen for each in loaded))
"""


def test_a_worker_does_not_look_for_garbage_in_what_it_loaded() -> None:
    assert said_by(FROZEN) == ["True", "False"]

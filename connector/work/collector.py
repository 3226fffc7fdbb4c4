"""How Python looks for cycles while snapshots are judged by the thousand."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

ALLOCATIONS = 100_000
"""Between two looks; the values of a judgement are trees, which counting frees."""
ALLOCATIONS_OF_A_SCAN = 20_000
"""Fewer, since memory is held until the next look."""


def calm_collector() -> None:
    """Leave what is loaded alone and look for cycles rarely.

    For a process that detects from stored state: walking hundreds of thousands of
    live values again and again costs a third of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, 50, 100)


@contextmanager
def rare_looks() -> Iterator[None]:
    """Look for cycles less often while a scan runs, afterwards as before.

    Answers and what is made of them are trees; only small pieces of queries are in
    cycles. A look at all that a scan holds stops every thread for a tenth of a second.
    """
    before = gc.get_threshold()
    gc.set_threshold(ALLOCATIONS_OF_A_SCAN, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)

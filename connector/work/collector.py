"""How Python looks for cycles while snapshots are judged by the thousand."""

import gc

ALLOCATIONS = 100_000
"""Between two looks; the values of a judgement are trees, which counting frees."""


def calm_collector() -> None:
    """Leave what is loaded alone and look for cycles rarely.

    For a process that detects from stored state: walking hundreds of thousands of
    live values again and again costs a third of the time. Not for one that scans: the
    cycles of the HTTP library hold whole answers, and memory would follow the site.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, 50, 100)

"""How often Python hands the interpreter from one thread to the next."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 0.0005


@contextmanager
def quick_turns() -> Iterator[None]:
    """Let a thread that computes make way soon for the one that waits for answers.

    At each send and each answer the event loop lets go of the interpreter; while a
    space is judged it would get it back only after Python's five milliseconds.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)

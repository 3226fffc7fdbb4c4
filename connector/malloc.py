"""What a process tells glibc about the memory it takes; others need not be told.

Source: mallopt(3).
"""

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
"""What glibc's malloc.h calls them."""


def keep_freed(size: int) -> None:
    """Let the process keep so many bytes that it freed, for what it takes next."""
    _tell(TRIM_THRESHOLD, size)
    _tell(MMAP_THRESHOLD, size // 2)


def share_one_arena() -> None:
    """Let all threads take memory from one place.

    By itself glibc gives each thread a place of its own, which keeps what was taken
    once: each that judged a large space keeps room for it. Python runs one thread at
    a time, so they hardly ever wait for each other there.
    """
    _tell(ARENA_MAX, 1)


def _tell(name: int, value: int) -> None:
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(name, value)

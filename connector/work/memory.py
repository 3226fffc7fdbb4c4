"""Where the threads of a process take their memory from."""

import ctypes

M_ARENA_MAX = -8
"""The name of the setting, from glibc's malloc.h."""


def share_one_arena() -> None:
    """Let all threads take memory from one place, as far as glibc gives it out.

    By itself it gives each thread a place of its own, which keeps what was taken once:
    each that judged a large space keeps room for it. Python runs one thread at a time,
    so they hardly ever wait for each other there. Other C libraries have no such
    setting. Source: mallopt(3).
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        library.mallopt(M_ARENA_MAX, 1)

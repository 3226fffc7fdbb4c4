import ctypes
import subprocess
import sys

import pytest

TELL_ARENAS = """
import ctypes, threading
from connector.malloc import share_one_arena

{first}
together = threading.Barrier(4)


def take():
    together.wait()
    library.free(library.malloc(100_000))
    together.wait()


library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]
threads = [threading.Thread(target=take) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
"""


def arenas(first: str) -> int:
    """Return how many arenas a process with four threads has."""
    program = TELL_ARENAS.format(first=first)
    told = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return told.stdout.count("<heap nr=")


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "mallopt"),
    reason="only glibc has arenas",
)
def test_threads_share_one_arena_where_each_would_have_its_own() -> None:
    assert arenas("") > 1
    assert arenas("share_one_arena()") == 1

"""Lets the threads of a process make their pages of the feed one after the other.

To make a page is work of the processor, and the interpreter does one thread's at a
time. Reading rows lets go of it at each row: threads that read at once take it from
each other some thousand times a page, and all of them wait longer than in a row.
"""

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

MADE_IN_TURN = "/changes"
PATIENCE_SECONDS = 0.1
"""Some pages' time: who waits longer waits for a slow one, and goes beside it."""

Wsgi = Callable[..., Iterable[bytes]]


def in_turn(answer: Wsgi, patience: float = PATIENCE_SECONDS) -> Wsgi:
    """Return an application whose pages of the feed take turns; no other waits.

    What it streams is not part of a turn.
    """
    turn = Lock()

    def waiting(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").endswith(MADE_IN_TURN):
            return answer(environ, start_response)
        is_ours = turn.acquire(timeout=patience)
        try:
            return answer(environ, start_response)
        finally:
            if is_ours:
                turn.release()

    return waiting

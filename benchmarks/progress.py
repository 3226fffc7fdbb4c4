"""Tells on standard error what the suite is at, for runs that take long."""

import sys
import time

STARTED = time.monotonic()


def tell(what: str) -> None:
    """Print a line with the minutes and seconds since the start."""
    minutes, seconds = divmod(int(time.monotonic() - STARTED), 60)
    print(f"[{minutes:3}:{seconds:02}] {what}", file=sys.stderr, flush=True)


def words_of(module: str, arguments: tuple[str, ...]) -> str:
    """Return what a child process does, without its paths and addresses."""
    told = [each for each in arguments if len(each) < 10 and "/" not in each]
    return " ".join([module, *told])

"""The names of workers; on one machine they tell whether a worker still runs."""

import os
import socket
import uuid
from pathlib import Path


def _process_space() -> str:
    """Return what tells the process numbers of containers apart, where that shows."""
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


SPACE = _process_space()
THIS_PROCESS = f"{SPACE}-{uuid.uuid4().hex[:8]}"


def owner_name() -> str:
    """Return a name no other worker bears."""
    place = f"{socket.gethostname()}:{os.getpid()}"
    return f"{place}:{THIS_PROCESS}:{uuid.uuid4().hex[:8]}"


def is_dead(owner: str) -> bool:
    """Return whether a worker certainly runs no more.

    Nothing is known of other machines. A process that was given the number of a
    dead one keeps it alive in our eyes, until its leases run out.
    """
    host, _, rest = owner.partition(":")
    number, _, names = rest.partition(":")
    if host != socket.gethostname() or not number.isdigit():
        return False
    if int(number) == os.getpid():
        return not names.startswith(f"{THIS_PROCESS}:")
    return not _runs(int(number))


def is_dead_neighbour(owner: str) -> bool:
    """Return whether a worker that shares our process numbers runs no more.

    For where many machines work: containers of one name may each have a process 1.
    """
    names = owner.split(":", 2)[2] if owner.count(":") > 1 else ""
    return names.startswith(f"{SPACE}-") and is_dead(owner)


def _runs(number: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return not _is_zombie(number)


def _is_zombie(number: int) -> bool:
    """Return whether a process has ended and nobody has asked how, where that shows."""
    try:
        status = Path(f"/proc/{number}/stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] == "Z"

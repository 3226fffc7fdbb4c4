"""The names of workers; on one machine they tell whether a worker still runs."""

import os
import socket
import uuid

THIS_PROCESS = uuid.uuid4().hex[:8]


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


def _runs(number: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True

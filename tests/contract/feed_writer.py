"""A writer of findings in a process of its own: ``python -m … URL NAME CHANGES``.

Waits for a line on stdin, writes its changes a few at a time, and dawdles in the
middle of transactions, where a feed that is numbered carelessly goes wrong.
"""

import random
import sys
import time
from dataclasses import replace

from connector.domain.finding_state import Change, ChangeType
from connector.store.database import Database
from tests.contract.feeding import created, resolved

LONGEST_PAUSE = 0.02
"""In seconds, within a transaction: nearly always some writer is in one."""
MOST_AT_ONCE = 20


def changes_of(name: str, number: int) -> list[Change]:
    """Return so many changes: each finding opens, is given to somebody, and ends."""
    changes: list[Change] = []
    for page in range(-(-number // 3)):
        opened = created(f"{name}-{page}")
        given = replace(opened.finding, assignee="bob", version=2)
        changes += [
            opened,
            Change(ChangeType.UPDATED, given, ("assignee",), opened.finding.standing),
            resolved(given),
        ]
    return changes[:number]


def main(url: str, name: str, number: int) -> None:
    """Write the changes as soon as the test says so."""
    chance = random.Random(name)  # noqa: S311 - it decides about pauses alone
    database = Database.open(url)
    rest = changes_of(name, number)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    while rest:
        some = chance.randint(1, MOST_AT_ONCE)
        with database.begin() as stores:
            stores.findings.save(rest[:some])
            time.sleep(chance.uniform(0, LONGEST_PAUSE))
        rest = rest[some:]
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

"""Tells whoever keeps names in memory whether they still are what is stored.

A transaction that changes names leaves a mark that no other ever has, and takes older
ones away. So the marks that a transaction sees are the same as another one saw only if
the names are: whoever compares them trusts no clock and waits for nobody. Without
marks no name was changed since there are any.
"""

import uuid

from sqlalchemy import Connection, bindparam, delete, select

from connector.store.prepared import Prepared
from connector.store.tables import name_marks

Marks = frozenset[str]
Place = tuple[str | bytes, ...]
MOST_KEPT = 100_000
"""Of one site: some tens of megabytes."""

MARKS = Prepared(lambda _: select(name_marks.c.id))
OLDER = (
    select(name_marks.c.id)
    .where(name_marks.c.id != bindparam("id"))
    .with_for_update(skip_locked=True)
)
"""What somebody else takes away at the moment is left to them."""
FORGET = delete(name_marks).where(name_marks.c.id.in_(OLDER))
MARK = name_marks.insert()


def names_changed(connection: Connection) -> None:
    """Leave a mark, in the transaction that changes names or their sites."""
    mark = {"id": uuid.uuid4().hex}
    connection.execute(MARK, mark)
    connection.execute(FORGET, mark)


def marks_of_names(connection: Connection) -> Marks:
    """Return the marks that a transaction sees."""
    return frozenset(id_ for (id_,) in MARKS.rows(connection))


class KeptFillings:
    """What the holes of the feed are filled with, kept from one reading to the next.

    Threads may share it. It holds what belongs to one state of the names alone.
    """

    def __init__(self) -> None:
        self._state: tuple[Marks, dict[Place, dict[bytes, bytes]]] = frozenset(), {}

    def at(self, marks: Marks, *of_what: str | bytes) -> dict[bytes, bytes]:
        """Return what is known under some marks, to be read and added to."""
        state = self._state
        if state[0] != marks:
            state = self._state = (marks, {})
        kept = state[1].setdefault(of_what, {})
        if len(kept) > MOST_KEPT:
            kept = state[1][of_what] = {}
        return kept

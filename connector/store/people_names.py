"""Keeps what people are called, in one place, so that it can be forgotten."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from itertools import islice

from sqlalchemy import Connection, Select, bindparam, delete, select

from connector.store.barred_names import BarredNames
from connector.store.column_types import escaped, is_one_of
from connector.store.name_marks import names_changed
from connector.store.tables import people_names
from connector.store.upsert import upsert

IDS_AT_ONCE = 1_000


class PeopleNames:
    """The display names of accounts, by site; an empty name says nothing.

    For one transaction, in which nobody else erases names between two savings.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._saved: dict[str, dict[str, str]] = {}

    def save(self, site_id: str, names: Mapping[str, str]) -> None:
        """Remember names; those that are known already are not written again."""
        saved = self._saved.setdefault(site_id, {})
        new = {
            id_: name for id_, name in names.items() if name and saved.get(id_) != name
        }
        known = self.of(site_id, new)
        rows = [
            {"site_id": site_id, "account_id": id_, "display_name": name}
            for id_, name in sorted(new.items())
            if known.get(id_) != name
        ]
        if rows and (barred := BarredNames(self._connection).all()):
            rows = [row for row in rows if row["account_id"] not in barred]
        if rows:
            upsert(self._connection, people_names, rows, key=["site_id", "account_id"])
            names_changed(self._connection)
        saved |= new

    def of(self, site_id: str, account_ids: Iterable[str]) -> dict[str, str]:
        """Return the names of those accounts of a site that have one."""
        names, ids = dict[str, str](), iter(dict.fromkeys(account_ids))
        wanted = _named(self._connection.dialect.name)
        while chunk := [escaped(id_) for id_ in islice(ids, IDS_AT_ONCE)]:
            asked = {"site_id": site_id, "ids": chunk}
            names.update(self._connection.execute(wanted, asked).all())
        return names

    def erase(self, account_ids: Collection[str]) -> None:
        """Forget the names of accounts on every site."""
        self._saved.clear()
        forgotten = people_names.c.account_id.in_(account_ids)
        self._connection.execute(delete(people_names).where(forgotten))
        names_changed(self._connection)


@cache
def _named(dialect: str) -> Select[str, str]:
    """Return what selects names by a list of ids, which is one value however long."""
    table = people_names
    is_asked = is_one_of(table.c.account_id, "ids", dialect)
    wanted = select(table.c.account_id, table.c.display_name)
    return wanted.where(table.c.site_id == bindparam("site_id"), is_asked)

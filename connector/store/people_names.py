"""Keeps what people are called, in one place, so that it can be forgotten."""

from collections.abc import Collection, Iterable, Mapping
from itertools import islice

from sqlalchemy import Connection, delete, select

from connector.store.barred_names import BarredNames
from connector.store.tables import people_names
from connector.store.upsert import upsert

IDS_AT_ONCE = 1_000


class PeopleNames:
    """The display names of accounts, by site; an empty name says nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, site_id: str, names: Mapping[str, str]) -> None:
        """Remember names; those that are known already are not written again."""
        known = self.of(site_id, names)
        rows = [
            {"site_id": site_id, "account_id": id_, "display_name": name}
            for id_, name in sorted(names.items())
            if name and known.get(id_) != name
        ]
        if rows and (barred := BarredNames(self._connection).all()):
            rows = [row for row in rows if row["account_id"] not in barred]
        upsert(self._connection, people_names, rows, key=["site_id", "account_id"])

    def of(self, site_id: str, account_ids: Iterable[str]) -> dict[str, str]:
        """Return the names of those accounts of a site that have one."""
        table, names = people_names, dict[str, str]()
        ids = iter(dict.fromkeys(account_ids))
        while chunk := list(islice(ids, IDS_AT_ONCE)):
            wanted = select(table.c.account_id, table.c.display_name).where(
                table.c.site_id == site_id, table.c.account_id.in_(chunk)
            )
            for account_id, name in self._connection.execute(wanted):
                names[account_id] = name
        return names

    def erase(self, account_ids: Collection[str]) -> None:
        """Forget the names of accounts on every site."""
        forgotten = people_names.c.account_id.in_(account_ids)
        self._connection.execute(delete(people_names).where(forgotten))

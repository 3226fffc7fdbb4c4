"""The accounts whose names are not kept: they were closed, or somebody erased them.

A name is kept again from the end of the first scan on that sees its account as active.
"""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection, select, update

from casb_sdk import Directory
from casb_sdk.model import Account, Space
from connector.store.column_types import EPOCH
from connector.store.tables import account_reports
from connector.store.upsert import upsert

ACTIVE = "active"


class BarredNames:
    """Who is barred, and how what is about to be stored looks without their names."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> frozenset[str]:
        """Return the accounts whose names are not kept."""
        erased_at = account_reports.c.erased_at
        wanted = select(account_reports.c.account_id).where(erased_at > EPOCH)
        return frozenset(self._connection.scalars(wanted))

    def bar(self, account_ids: Collection[str], at: object) -> None:
        """Keep the names of accounts no longer."""
        rows = [{"account_id": id_, "erased_at": at} for id_ in sorted(account_ids)]
        upsert(self._connection, account_reports, rows, key=["account_id"])

    def cleared(self, directory: Directory) -> Directory:
        """Return a directory without the names of the barred; lift what is active.

        One that comes without its name was not read anew but kept as it was erased.
        """
        barred = self.all() & directory.accounts.keys()
        if not barred:
            return directory
        accounts = dict(directory.accounts)
        back = {id_ for id_ in barred if _is_seen_active(accounts[id_])}
        self._lift(back)
        for id_ in barred - back:
            accounts[id_] = nameless(accounts[id_])
        return replace(directory, accounts=accounts)

    def cleared_space(self, space: Space) -> Space:
        """Return a space; without its name if that is the name of a barred owner."""
        owner = space.personal_owner
        return replace(space, name="") if owner and owner in self.all() else space

    def _lift(self, account_ids: Collection[str]) -> None:
        table = account_reports
        self._connection.execute(
            update(table)
            .where(table.c.account_id.in_(account_ids))
            .values(erased_at=None)
        )


def _is_seen_active(account: Account) -> bool:
    return account.account_status == ACTIVE and bool(account.display_name)


def nameless(account: Account) -> Account:
    """Return an account without the name of its person."""
    return replace(account, display_name="")

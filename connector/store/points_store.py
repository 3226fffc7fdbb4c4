"""Keeps the accounts of points: one row each, locked while points are taken."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from connector.domain.points import EPOCH, NEW_ACCOUNT, AccountState, Wish
from connector.store.tables import point_accounts as table
from connector.store.upsert import insert_if_free


class SqlPointsStore:
    """The accounts; whoever takes from one keeps the others out until it commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, account: str, wish: Wish) -> int:
        """Take points; returns how many, 0 where fewer than wished for are left."""
        state = self._locked(account)
        if state.hour > wish.hour:
            return 0
        taken = state.taken if state.hour == wish.hour else 0
        taken = max(taken, wish.taken)
        left = wish.limit - taken
        granted = min(wish.most, left) if left >= wish.least else 0
        self._write(account, hour=wish.hour, taken=taken + granted)
        return granted

    def give_back(self, account: str, hour: datetime, points: int) -> None:
        """Give back what was not spent of an hour that is not over."""
        self._connection.execute(
            update(table)
            .where(table.c.site_id == account, table.c.hour == hour)
            .values(taken=table.c.taken - points)
        )

    def pause(self, account: str, until: datetime) -> None:
        """Let nobody who uses an account call before a moment; never shortens one."""
        if self._locked(account).paused_until < until:
            self._write(account, paused_until=until)

    def state(self, account: str) -> AccountState:
        """Return how an account stands."""
        wanted = select(table).where(table.c.site_id == account)
        row = self._connection.execute(wanted).one_or_none()
        if row is None:
            return NEW_ACCOUNT
        return AccountState(row.hour, row.taken, row.paused_until)

    def _locked(self, account: str) -> AccountState:
        """Return how an account stands and keep it so for this writer."""
        insert_if_free(
            self._connection,
            table,
            {"site_id": account, "hour": EPOCH, "taken": 0, "paused_until": EPOCH},
        )
        wanted = select(table).where(table.c.site_id == account).with_for_update()
        row = self._connection.execute(wanted).one()
        return AccountState(row.hour, row.taken, row.paused_until)

    def _write(self, account: str, **values: object) -> None:
        ours = update(table).where(table.c.site_id == account)
        self._connection.execute(ours.values(**values))

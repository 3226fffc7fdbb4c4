"""Keeps the administrators, and the failed attempts to sign in as one."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from connector.domain.access import Admin
from connector.store.care_tables import admins, sign_in_failures
from connector.store.upsert import insert_if_free


class SqlAdminStore:
    """The administrators, by name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, admin: Admin) -> bool:
        """Keep an administrator; returns False where the name is taken."""
        row = {
            "name": admin.name,
            "password_hash": admin.password_hash,
            "created_at": admin.created_at,
        }
        return insert_if_free(self._connection, admins, row)

    def get(self, name: str) -> Admin | None:
        """Return an administrator."""
        wanted = select(admins).where(admins.c.name == name)
        row = self._connection.execute(wanted).mappings().one_or_none()
        return None if row is None else Admin(**row)

    def change_hash(self, name: str, password_hash: str) -> None:
        """Keep another hash of the same password."""
        values = {"password_hash": password_hash}
        self._connection.execute(
            update(admins).where(admins.c.name == name).values(values)
        )

    def failures(self, key: str, since: datetime) -> int:
        """Return how many attempts to sign in failed under a key."""
        table = sign_in_failures
        counted = select(func.count()).where(table.c.key == key, table.c.at > since)
        return self._connection.scalar(counted) or 0

    def count_failure(self, key: str, at: datetime) -> None:
        """Count an attempt to sign in as failed."""
        row = {"key": key, "at": at}
        self._connection.execute(sign_in_failures.insert().values(row))

    def forgive(self, key: str) -> None:
        """Forget the failures of a key."""
        self._connection.execute(
            delete(sign_in_failures).where(sign_in_failures.c.key == key)
        )

    def forget_failures(self, before: datetime) -> None:
        """Forget failures that no longer count."""
        self._connection.execute(
            delete(sign_in_failures).where(sign_in_failures.c.at <= before)
        )

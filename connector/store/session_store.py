"""Keeps what the server remembers of browsers, sealed."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from connector.store.care_tables import web_sessions
from connector.store.seal import Seal


class SqlSessionStore:
    """The sessions; the content of one opens for that one only."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def add(self, key: str, content: bytes, expires_at: datetime) -> None:
        """Keep a new session."""
        row = {"id": key, **self._values(key, content, expires_at)}
        self._connection.execute(web_sessions.insert().values(row))

    def change(self, key: str, content: bytes, expires_at: datetime) -> None:
        """Replace what a session holds, if it is still there."""
        values = self._values(key, content, expires_at)
        self._connection.execute(
            update(web_sessions).where(web_sessions.c.id == key).values(values)
        )

    def get(self, key: str, now: datetime) -> bytes | None:
        """Return what a session holds, unless it has expired."""
        wanted = select(web_sessions.c.sealed).where(
            web_sessions.c.id == key, web_sessions.c.expires_at > now
        )
        sealed = self._connection.scalar(wanted)
        return None if sealed is None else self._seal.open(_context(key), sealed)

    def drop(self, key: str) -> None:
        """Forget a session."""
        self._connection.execute(delete(web_sessions).where(web_sessions.c.id == key))

    def clear(self) -> None:
        """End every session."""
        self._connection.execute(delete(web_sessions))

    def forget(self, now: datetime) -> None:
        """Forget the sessions that have expired."""
        self._connection.execute(
            delete(web_sessions).where(web_sessions.c.expires_at <= now)
        )

    def _values(
        self, key: str, content: bytes, expires_at: datetime
    ) -> dict[str, object]:
        sealed = self._seal.close(_context(key), content)
        return {"sealed": sealed, "expires_at": expires_at}


def _context(key: str) -> str:
    return f"session:{key}"

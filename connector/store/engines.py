"""Connections to SQLite and PostgreSQL, one engine to write and one to read with."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from connector.domain.errors import SettingError

BUSY_SECONDS = 30
READERS = 20
PAGE_BYTES = 16_384
"""Of a new SQLite database: evidence weighs tens of kilobytes, and the usual 4,096
bytes would cost four times the calls to write it. An older database keeps its own."""
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
REMEDY = (
    "Set CASB_DATABASE_URL to sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME."
)


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines of one database.

    SQLite has one writer: its pool holds a single connection, so that threads
    queue for it instead of polling a locked file.
    """

    writer: Engine
    reader: Engine

    @classmethod
    def open(cls, url: str) -> "Engines":
        """Return the engines for a URL; nothing is connected yet."""
        parsed = _parsed(url)
        if parsed.get_backend_name() == "sqlite":
            return cls(sqlite_writer(parsed), _sqlite_reader(parsed))
        return cls._of_postgresql(parsed)

    @classmethod
    def _of_postgresql(cls, url: URL) -> "Engines":
        try:
            writer = create_engine(
                url, pool_size=READERS, pool_pre_ping=True, pool_timeout=BUSY_SECONDS
            )
        except ModuleNotFoundError:
            raise SettingError(
                "PostgreSQL needs a driver that is not installed.",
                'Install it with: pip install "casb-connector[scale]"',
            ) from None
        reader = writer.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        return cls(writer, reader)

    def dispose(self) -> None:
        """Close every connection."""
        self.writer.dispose()
        self.reader.dispose()


def sqlite_writer(url: URL, *, foreign_keys: bool = True) -> Engine:
    """Return an engine that takes the write lock at the start of a transaction."""
    return _sqlite(url, 1, "BEGIN IMMEDIATE", {"foreign_keys": foreign_keys})


def _sqlite_reader(url: URL) -> Engine:
    return _sqlite(url, READERS, "BEGIN", {"query_only": True})


def _sqlite(url: URL, size: int, begin: str, pragmas: dict[str, bool]) -> Engine:
    engine = create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    def set_up(connection: Any, record: object) -> None:
        connection.isolation_level = None  # so that BEGIN is ours to say
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name} = {int(value)}")

    def start(connection: Connection) -> None:
        try:
            connection.connection.cursor().execute(begin)
        except connection.dialect.loaded_dbapi.Error:
            connection.exec_driver_sql(begin)  # SQLAlchemy says what is wrong

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", start)
    return engine


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        driver = DRIVERS[parsed.get_backend_name()]
    except (ArgumentError, KeyError):
        raise SettingError(
            "CASB_DATABASE_URL names no database that the connector knows.", REMEDY
        ) from None
    if driver == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise SettingError("CASB_DATABASE_URL names no file.", REMEDY)
    return parsed.set(drivername=driver)

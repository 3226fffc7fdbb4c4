"""Column types that behave alike on SQLite and PostgreSQL."""

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

ESCAPE = "\ufdd0"
"""A code point that Unicode keeps free for a program's own use."""

UNSTORABLE = re.compile(f"[\0\ud800-\udfff{ESCAPE}]")
ESCAPED = re.compile(f"{ESCAPE}([0-9a-f]{{4}})")

Number = BigInteger().with_variant(Integer, "sqlite")
"""A counted key; SQLite counts plain integers only."""


class Blob(LargeBinary):
    """Bytes as they are: both drivers take and give them without any wrapping."""

    def bind_processor(self, dialect: Dialect) -> None:
        """Hand bytes to the driver."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """Take bytes from the driver."""


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970 and read back in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> int | None:
        """Return the time as a number; a time without a zone is refused."""
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(
        self, value: int | None, dialect: Dialect
    ) -> datetime | None:
        """Return the number as a time."""
        return None if value is None else EPOCH + value * MICROSECOND


class Words(TypeDecorator[str]):
    """Text that strangers wrote, NUL and half surrogate pairs included.

    PostgreSQL stores neither and SQLite no surrogates, so they are kept escaped.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text as both databases can store it."""
        return None if value is None else escaped(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text as it was."""
        return None if value is None else unescaped(value)


def escaped(text: str) -> str:
    """Return a text as both databases, and UTF-8, can hold it."""
    return UNSTORABLE.sub(lambda match: f"{ESCAPE}{ord(match[0]):04x}", text)


def unescaped(text: str) -> str:
    """Return an escaped text as it was."""
    if ESCAPE not in text:
        return text
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)

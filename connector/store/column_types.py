"""Column types that behave alike on SQLite and PostgreSQL."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Dialect,
    Integer,
    LargeBinary,
    Text,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from connector.store.json_values import dump_value

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

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[int | None], datetime | None]:
        """Return what turns the number into a time, at one call for each."""
        return moment_of


class TextList(TypeDecorator[list[str]]):
    """Texts as one value to compare with: an array, for SQLite as JSON."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what a database calls a list."""
        is_array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(Text) if is_array else Text())

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        """Return the list as the driver takes it."""
        return value if dialect.name == "postgresql" else dump_value(value)


class Words(TypeDecorator[str]):
    """Text that strangers wrote, NUL and half surrogate pairs included.

    PostgreSQL stores neither and SQLite no surrogates, so they are kept escaped.
    """

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """Return what turns the text into what can be stored, at one call for each."""
        return _storable

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[str | None], str | None]:
        """Return what turns the text into what it was, at one call for each."""
        return _words_of


def is_one_of(column: Column[str], name: str, dialect: str) -> ColumnElement[bool]:
    """Return that a column holds one of a list of escaped texts, which is one value."""
    texts = bindparam(name, type_=TextList())
    if dialect == "postgresql":
        return column == any_(texts)
    each = func.json_each(texts).table_valued("value")
    return column.in_(select(each.c.value))


def moment_of(value: int | None) -> datetime | None:
    """Return a stored time."""
    return None if value is None else EPOCH + timedelta(microseconds=value)


def _storable(value: str | None) -> str | None:
    return None if value is None else escaped(value)


def _words_of(value: str | None) -> str | None:
    return value if value is None or ESCAPE not in value else unescaped(value)


def escaped(text: str) -> str:
    """Return a text as both databases, and UTF-8, can hold it."""
    if text.isascii() and "\0" not in text:
        return text
    return UNSTORABLE.sub(lambda match: f"{ESCAPE}{ord(match[0]):04x}", text)


def unescaped(text: str) -> str:
    """Return an escaped text as it was."""
    if ESCAPE not in text:
        return text
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)

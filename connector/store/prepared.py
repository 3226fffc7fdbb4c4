"""Statements that every request asks: compiled once, then given to the driver as text.

To run a small statement takes SQLAlchemy several times as long as it takes SQLite.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.engine import result_tuple
from sqlalchemy.types import TypeEngine

Processor = Callable[[Any], Any]
Values = Mapping[str, Any]
NO_VALUES: Values = {}


class Prepared:
    """A statement that ``build`` returns for the name of a dialect.

    Every value is one parameter, a list too (`TextList`). Of an INSERT, ``columns``
    are those that get one.
    """

    def __init__(
        self, build: Callable[[str], Executable], columns: Sequence[str] | None = None
    ) -> None:
        self._build = build
        self._columns = columns
        self._texts: dict[str, _Text] = {}

    def rows(self, connection: Connection, values: Values = NO_VALUES) -> Sequence[Any]:
        """Run the statement and return all its rows, with columns as attributes."""
        text = self._text(connection.dialect)
        return text.read(self._run(connection, text, values).fetchall())

    def row(self, connection: Connection, values: Values = NO_VALUES) -> Any:
        """Run the statement and return its first row; None if there is none."""
        return next(iter(self.rows(connection, values)), None)

    def run(self, connection: Connection, values: Values = NO_VALUES) -> Any:
        """Run the statement and return the driver's cursor, with rows as stored."""
        return self._run(connection, self._text(connection.dialect), values)

    def _run(self, connection: Connection, text: "_Text", values: Values) -> Any:
        # Bytes of PostgreSQL come as they are, not as digits, in its binary format.
        options = {"binary": True} if connection.dialect.name == "postgresql" else {}
        cursor = connection.connection.cursor(**options)
        try:
            cursor.execute(text.sql, text.given(values))
        except connection.dialect.loaded_dbapi.Error:
            # Nothing of it was done, and SQLAlchemy knows what to say and to close.
            connection.execute(self._build(connection.dialect.name), dict(values))
            raise
        return cursor

    def _text(self, dialect: Dialect) -> "_Text":
        text = self._texts.get(dialect.name)
        if text is None:
            statement = self._build(dialect.name)
            text = _Text.of(statement, dialect, self._columns)
            self._texts[dialect.name] = text
        return text


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as a driver takes it, and what is done to values and to rows.

    ``places`` are the names of the values in their order; none where a driver takes
    them by name.
    """

    sql: str
    places: Sequence[str]
    always: Values
    given_as: Sequence[tuple[str, Processor]]
    row: Callable[[Sequence[Any]], Any]
    read_as: Sequence[tuple[int, Processor]]

    @classmethod
    def of(
        cls, statement: Any, dialect: Dialect, columns: Sequence[str] | None
    ) -> "_Text":
        """Return the text of a statement."""
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        found = list(getattr(statement, "exported_columns", ()))
        names = [getattr(each, "name", "") for each in found]
        given_as = [
            (n, _kept_as(compiled.binds[n].type, dialect)) for n in compiled.params
        ]
        read_as = [(n, _told_as(each.type, dialect)) for n, each in enumerate(found)]
        return cls(
            str(compiled),
            compiled.positiontup or (),
            dict(compiled.params),
            [(name, process) for name, process in given_as if process],
            result_tuple(names),
            [(place, process) for place, process in read_as if process],
        )

    def given(self, values: Values) -> Any:
        """Return values as the driver takes them."""
        given = {**self.always, **values}
        for name, process in self.given_as:
            given[name] = process(given[name])
        return [given[name] for name in self.places] if self.places else given

    def read(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return rows of the driver as SQLAlchemy would."""
        return [self.row(self._cells(row)) for row in rows]

    def _cells(self, row: Sequence[Any]) -> Sequence[Any]:
        cells = list(row)
        for place, process in self.read_as:
            cells[place] = process(cells[place])
        return cells


def _kept_as(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _told_as(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)

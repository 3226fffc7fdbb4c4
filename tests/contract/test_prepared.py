"""Prepared statements give what SQLAlchemy gives, and fail as it fails."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, func, literal, select, text
from sqlalchemy.exc import DBAPIError

from connector.domain.errors import DatabaseAwayError
from connector.store.client_tables import clients, pulls
from connector.store.column_types import escaped, is_one_of
from connector.store.database import Database
from connector.store.prepared import Prepared

AT = datetime(2026, 11, 23, 9, 30, 0, 123456, tzinfo=UTC)
STRANGE = "no\0text \ud800 \ufdd0 é"
COLUMNS = ["client_id", "endpoint", "at", "rows", "address"]
INSERT = Prepared(lambda _: pulls.insert().inline(), COLUMNS)


def pulled(client_id: str, rows: int) -> dict[str, object]:
    values = (client_id, "/findings", AT, rows, STRANGE)
    return dict(zip(COLUMNS, values, strict=True))


def test_values_and_rows_are_those_of_the_columns(database: Database) -> None:
    statement = select(pulls, literal("said").label("word")).where(
        pulls.c.rows > bindparam("least"), pulls.c.at <= bindparam("at")
    )
    with database.connect(database.engines.writer) as connection:
        for rows in (1, 2, 3):
            INSERT.run(connection, pulled("c1", rows))
        asked = {"least": 1, "at": AT}
        found = Prepared(lambda _: statement).rows(connection, asked)

        assert [tuple(row) for row in found] == [
            tuple(row) for row in connection.execute(statement, asked)
        ]
        assert [(row.rows, row.at, row.address) for row in found] == [
            (2, AT, STRANGE),
            (3, AT, STRANGE),
        ]
        assert found[0].word == "said"
        assert found[0].reached_at is None


def test_a_list_is_one_value_however_long(database: Database) -> None:
    listed = Prepared(
        lambda dialect: (
            select(pulls.c.client_id)
            .where(is_one_of(pulls.c.client_id, "ids", dialect))
            .order_by(pulls.c.client_id)
        )
    )
    with database.connect(database.engines.writer) as connection:
        for client_id in ("a", "b", STRANGE):
            INSERT.run(connection, pulled(client_id, 1))

        for ids, found in (
            ([], []),
            (["b", "nobody"], ["b"]),
            (["a", STRANGE], ["a", STRANGE]),
            ([str(number) for number in range(2_000)], []),
        ):
            asked = {"ids": list(map(escaped, ids))}
            rows = listed.rows(connection, asked)
            assert sorted(row.client_id for row in rows) == sorted(found)


def test_nothing_found_is_no_row(database: Database) -> None:
    named = Prepared(lambda _: select(clients).where(clients.c.id == bindparam("id")))

    with database.connect(database.engines.reader) as connection:
        assert named.row(connection, {"id": "nobody"}) is None


def test_what_it_wrote_goes_with_its_transaction(database: Database) -> None:
    def fail_late() -> None:
        with database.connect(database.engines.writer) as connection:
            INSERT.run(connection, pulled("c1", 1))
            raise RuntimeError("later")

    with pytest.raises(RuntimeError, match="later"):
        fail_late()

    with database.connect(database.engines.reader) as connection:
        assert connection.scalar(select(func.count()).select_from(pulls)) == 0


def test_an_error_is_one_of_sqlalchemy(database: Database) -> None:
    broken = Prepared(lambda _: text("SELECT nothing FROM nowhere"))

    with (
        pytest.raises(DBAPIError, match="nowhere"),
        database.connect(database.engines.writer) as connection,
    ):
        broken.run(connection)


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_connection_that_is_gone_is_said_to_be(database: Database) -> None:
    one = Prepared(lambda _: select(literal(1)))

    def lose_it() -> None:
        with database.connect(database.engines.writer) as connection:
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
            with database.engines.writer.connect() as other:
                end = text("SELECT pg_terminate_backend(:pid)")
                other.execute(end, {"pid": pid})
            one.run(connection)

    with pytest.raises(DatabaseAwayError):
        lose_it()

    with database.connect(database.engines.reader) as connection:
        assert one.row(connection) is not None

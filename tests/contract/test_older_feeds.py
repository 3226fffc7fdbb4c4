"""A feed that an older version rendered says the same after the migration."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from alembic import command
from sqlalchemy import text

from connector.domain.feed import FeedQuery
from connector.store.database import Database
from connector.store.migrate import alembic_config, migrate

OLD_BODY = (
    b'{"change_seq":%d,"resource":{"title":"100 %% %%(ngus)b, \xe2\x80\xa8",'
    b'"url":"\x1eu\x1e/a%%20b"},"principals":[{"display_name":\x1eng(u)s\x1e},'
    b'{"display_name":\x1enAnn\x1e}],"links":{"self":"\x1ep\x1e/api"}}'
)


@pytest.fixture
def older(empty_url: str) -> Iterator[Database]:
    """A database with rows of the feed, the last of them not rendered yet."""
    database = Database.open(empty_url)
    with database.connect(database.engines.writer) as connection:
        command.upgrade(alembic_config(connection), "0006")
        connection.execute(
            text("INSERT INTO people_names VALUES ('acme', 'g(u)s', 'Gus 5%')")
        )
        for seq in (1, 2, 3):
            row = {"seq": seq, "id": bytes([seq]), "body": OLD_BODY % seq}
            connection.execute(
                text(
                    "INSERT INTO changes (seq, changed_at, site_id, finding_id, "
                    "detector_id, resource_type, change_type, severity, status, "
                    "is_implied, body) VALUES (:seq, :seq, 'acme', :id, 'd', 'page', "
                    "'created', 1, 'open', FALSE, :body)"
                ),
                row | ({"body": None} if seq == 3 else {}),
            )
    yield database
    database.close()


def test_older_rows_are_told_as_they_were(older: Database) -> None:
    migrate(older)

    with older.begin(write=False) as stores:
        query = FeedQuery(public_url="https://casb.example")
        [told] = stores.feed.lines(query)
    rows = [orjson.loads(line) for line in b"".join(told.pieces).decode().splitlines()]
    assert [row["change_seq"] for row in rows] == [1, 2]
    for row in rows:
        assert row["resource"] == {
            "title": "100 % %(ngus)b, \u2028",
            "url": "/a%20b",
        }
        assert [it["display_name"] for it in row["principals"]] == ["Gus 5%", None]
        assert row["links"]["self"] == "https://casb.example/api"


@pytest.mark.parametrize(("compacted_to", "microseconds"), [(0, None), (2, 3), (3, 7)])
def test_it_is_known_until_when_ends_were_dropped(
    older: Database, compacted_to: int, microseconds: int | None
) -> None:
    with older.connect(older.engines.writer) as connection:
        connection.execute(
            text("INSERT INTO feed_state VALUES (1, 'epoch', 3, 7, :compacted_to)"),
            {"compacted_to": compacted_to},
        )

    migrate(older)

    with older.begin(write=False) as stores:
        at = stores.feed.watermark().compacted_at
    passed = at and (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert passed == microseconds

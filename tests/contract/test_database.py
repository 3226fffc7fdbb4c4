"""A transaction is kept whole or not at all, and readers keep no writer waiting."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connector.domain.errors import (
    CasbError,
    DatabaseAwayError,
    NotFoundError,
    SettingError,
)
from connector.domain.policy import DetectorPolicy
from connector.domain.store_ports import Begin
from connector.store.column_types import Moment
from connector.store.database import Database
from tests.contract.scanning import NOW, start_scan
from tests.fakes.postgresql import PostgreSQL

MUTED = DetectorPolicy(frozenset({"external-access"}))


def test_an_error_undoes_everything_the_transaction_wrote(begin: Begin) -> None:
    def fail_late() -> None:
        with begin() as stores:
            stores.policies.save_policy("acme", MUTED)
            stores.ledger.start("acme", (), NOW)
            stores.ledger.scan("nothing")

    with pytest.raises(NotFoundError):
        fail_late()

    with begin(write=False) as stores:
        assert stores.policies.policy("acme") == DetectorPolicy()
        assert stores.ledger.latest("acme") is None


def test_nothing_can_be_written_where_only_reading_was_asked_for(
    begin: Begin,
) -> None:
    with pytest.raises(DBAPIError), begin(write=False) as stores:
        stores.policies.save_policy("acme", MUTED)

    with begin() as stores:
        stores.policies.save_policy("acme", MUTED)
    with begin(write=False) as stores:
        assert stores.policies.policy("acme") == MUTED


def test_a_reader_sees_one_moment_and_keeps_no_writer_waiting(begin: Begin) -> None:
    with begin(write=False) as reader:
        before = reader.policies.policy("acme")
        with begin() as writer:
            writer.policies.save_policy("acme", MUTED)
        after = reader.policies.policy("acme")

    assert before == after == DetectorPolicy()


def test_a_writers_work_is_not_seen_before_it_is_done(begin: Begin) -> None:
    with begin() as writer:
        writer.policies.save_policy("acme", MUTED)
        with begin(write=False) as reader:
            assert reader.policies.policy("acme") == DetectorPolicy()


async def test_many_threads_write_at_once(begin: Begin) -> None:
    def write(number: int) -> str:
        return start_scan(begin, site_id=f"site-{number}")

    tasks = [asyncio.to_thread(write, number) for number in range(30)]
    ids = await asyncio.gather(*tasks)

    assert len(set(ids)) == 30


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://host/casb", "sqlite://", "sqlite:///:memory:", "sqlite:"],
)
def test_an_address_of_no_database_is_refused(url: str) -> None:
    with pytest.raises(SettingError, match="CASB_DATABASE_URL"):
        Database.open(url)


def test_a_database_out_of_reach_says_so_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("This is no database." * 99)
    folder = Database.open(f"sqlite:///{tmp_path}/missing/casb.db")
    file = Database.open(f"sqlite:///{tmp_path}/notes.txt")
    server = Database.open(f"postgresql://casb:hidden@/casb?host={tmp_path}")

    for database in (folder, file, server):
        with (
            pytest.raises(CasbError, match="cannot be opened") as refusal,
            database.begin(),
        ):
            pass
        assert "hidden" not in str(refusal.value)
        database.close()
    assert "hidden" not in repr(server)


def test_a_connection_that_is_lost_in_mid_transaction_is_told_from_a_mistake(
    postgresql: PostgreSQL,
) -> None:
    database = Database.open(postgresql.swept())
    suicide, mistake = "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 1 / 0"

    with (
        pytest.raises(DatabaseAwayError, match="went away"),
        database.connect(database.engines.writer) as connection,
    ):
        connection.execute(text(suicide))
    with (
        pytest.raises(DBAPIError, match="division by zero"),
        database.connect(database.engines.writer) as connection,
    ):
        connection.execute(text(mistake))
    database.close()


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the point

    with pytest.raises(TypeError):
        Moment().process_bind_param(naive, database.engines.writer.dialect)


def test_times_are_exact_to_the_microsecond_and_in_utc(begin: Begin) -> None:
    scan_id = start_scan(begin)

    with begin(write=False) as stores:
        started_at = stores.ledger.scan(scan_id).started_at

    assert started_at == NOW
    assert started_at.tzinfo is UTC

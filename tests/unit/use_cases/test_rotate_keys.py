from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography.fernet import Fernet

from connector.domain.installation import TokenPair
from connector.domain.store_ports import Stores
from connector.store.database import Database, utc_now
from connector.store.seal import Seal
from connector.use_cases.rotate_keys import BATCH, KeyUse, RotateKeys, Rotation
from tests.fakes.grants import grant_of, tokens_of
from tests.fakes.stores import TOKEN_KEY

NEW = Fernet.generate_key().decode()
MANY = 2 * BATCH + 7
PAIR = TokenPair("access", "refresh", utc_now())


class Killed(BaseException):
    """What ends a process in mid-work."""


@pytest.fixture
def rotating(database: Database) -> Database:
    """A database with many grants under the old key, opened with a new one first."""
    with database.begin() as stores:
        for number in range(MANY):
            stores.grants.save(grant_of(f"grant-{number:04}", PAIR))
    return Database(database.engines, Seal.of([NEW, TOKEN_KEY]))


def test_every_grant_is_encrypted_anew_batch_by_batch(rotating: Database) -> None:
    rotation = RotateKeys(rotating.begin)()

    assert rotation == Rotation(KeyUse({1: MANY}), KeyUse({0: MANY}))
    only_new = Database(rotating.engines, Seal.of([NEW]))
    with only_new.begin(write=False) as stores:
        assert {grant.pair for grant in stores.grants.all()} == {PAIR}


def test_looking_changes_nothing(rotating: Database) -> None:
    looked = [RotateKeys(rotating.begin).look() for _ in range(2)]

    assert looked == [KeyUse({1: MANY})] * 2


def test_a_rotation_that_was_killed_goes_on_where_it_stopped(
    rotating: Database,
) -> None:
    batches = 0

    @contextmanager
    def dying(*, write: bool = True) -> Iterator[Stores]:
        nonlocal batches
        batches += 1
        with rotating.begin(write=write) as stores:
            yield stores
            if batches == 2:
                raise Killed

    with pytest.raises(Killed):
        RotateKeys(dying)()

    half = RotateKeys(rotating.begin).look()
    rest = RotateKeys(rotating.begin)()
    assert half == KeyUse({0: BATCH, 1: MANY - BATCH})
    assert rest == Rotation(half, KeyUse({0: MANY}))


def test_sessions_end_with_a_rotation(rotating: Database) -> None:
    later = utc_now().replace(year=2100)
    with rotating.begin() as stores:
        stores.sessions.add("cookie", b"who", later)

    RotateKeys(rotating.begin)()

    with rotating.begin(write=False) as stores:
        assert stores.sessions.get("cookie", utc_now()) is None
        assert tokens_of(stores, "grant-0001") == PAIR

"""Tokens are encrypted anew under the first key, whatever else goes on meanwhile."""

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from connector.domain.errors import SettingError
from connector.domain.grant import SealedGrant
from connector.domain.store_ports import Begin
from connector.store.database import Database
from connector.store.tables import grants
from tests.contract.test_crashes_and_races import at_once
from tests.contract.test_grant_store import (
    GRANT,
    NEW,
    OLD,
    keep,
    leased,
    renew,
    stored,
)
from tests.fakes.grants import tokens_of
from tests.fakes.stores import TOKEN_KEY


def test_tokens_are_sealed_anew_under_the_first_key(
    database: Database, url: str
) -> None:
    key, stranger = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    ids = ("a", "b", "c", "d")
    keep(database.begin, *(replace(GRANT, id=id_) for id_ in ids))
    foreign = Database.open(url, [stranger])
    keep(foreign.begin, replace(GRANT, id="b"))
    rotating = Database.open(url, [key, TOKEN_KEY])

    with rotating.begin() as stores:
        first = list(stores.grants.reseal("", 2))
    with rotating.begin() as stores:
        rest = list(stores.grants.reseal("b", 200))
        after = [sealed.key for sealed in stores.grants.seals("", 200)]

    assert first == [SealedGrant("a", 1), SealedGrant("b", None)]
    assert rest == [SealedGrant("c", 1), SealedGrant("d", 1)]
    assert after == [0, None, 0, 0]
    only_new = Database.open(url, [key])
    with only_new.begin(write=False) as stores:
        assert tokens_of(stores, "a") == OLD
    with pytest.raises(SettingError), only_new.begin(write=False) as stores:
        tokens_of(stores, "b")
    for opened in (foreign, rotating, only_new):
        opened.close()


def test_what_is_sealed_under_the_first_key_stays_as_it_is(database: Database) -> None:
    keep(database.begin, GRANT)
    wanted = select(grants.c.sealed)
    with database.engines.reader.connect() as connection:
        before = connection.scalar(wanted)

    with database.begin() as stores:
        assert list(stores.grants.reseal("", 10)) == [SealedGrant("grant", 0)]

    with database.engines.reader.connect() as connection:
        assert connection.scalar(wanted) == before


def test_a_refresh_during_a_rotation_is_not_undone(
    begin: Begin, database: Database, url: str
) -> None:
    key = Fernet.generate_key().decode()
    rotating = Database.open(url, [key, TOKEN_KEY])
    keep(begin, GRANT)
    mine = leased(begin)

    def act(number: int) -> object:
        if number:
            return renew(rotating.begin, mine, "me")
        with rotating.begin() as stores:
            return stores.grants.reseal("", 10)

    at_once(2, act)

    assert stored(rotating.begin).pair == NEW
    rotating.close()

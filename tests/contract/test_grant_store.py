"""Grants on both databases: leases are exclusive, and every end of one is fenced."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from connector.domain.grant import Grant, GrantAge
from connector.domain.installation import TokenPair
from connector.domain.store_ports import Begin
from connector.store.database import Database
from connector.store.tables import grants
from tests.contract.test_crashes_and_races import at_once
from tests.fakes.grants import tokens_of
from tests.fakes.stores import TOKEN_KEY

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
OLD = TokenPair("access-0", "refresh-0", NOON, frozenset({"read:me"}))
NEW = TokenPair("access-1", "refresh-1", NOON + timedelta(hours=1))
GRANT = Grant("grant", OLD, NOON - DAY, NOON - DAY, "mara", "client")

End = Callable[[Begin, Grant, str], bool]


def keep(begin: Begin, *kept: Grant) -> None:
    with begin() as stores:
        for grant in kept:
            stores.grants.save(grant)


def stored(begin: Begin, grant_id: str = "grant") -> Grant:
    with begin(write=False) as stores:
        grant = stores.grants.get(grant_id)
    assert grant is not None
    return grant


def lease(
    begin: Begin, owner: str, *, generation: int = 0, now: datetime = NOON
) -> Grant | None:
    with begin() as stores:
        return stores.grants.lease("grant", generation, owner, now, now + MINUTE)


def leased(begin: Begin, owner: str = "me", now: datetime = NOON) -> Grant:
    grant = lease(begin, owner, now=now)
    assert grant is not None
    return grant


def renew(begin: Begin, grant: Grant, owner: str) -> bool:
    with begin() as stores:
        return stores.grants.renew(grant, owner, NEW, NOON + MINUTE)


def release(begin: Begin, grant: Grant, owner: str) -> bool:
    with begin() as stores:
        return stores.grants.release(grant, owner, "It answered 503.")


def bury(begin: Begin, grant: Grant, owner: str) -> bool:
    with begin() as stores:
        return stores.grants.bury(grant, owner, "It is dead.")


ENDS = [renew, release, bury]


@pytest.fixture
def other_engine(url: str) -> Iterator[Begin]:
    """The same database, opened a second time."""
    database = Database.open(url, [TOKEN_KEY])
    yield database.begin
    database.close()


def test_a_grant_comes_back_as_it_was(begin: Begin) -> None:
    whole = replace(GRANT, generation=7, tried_at=NOON, is_dead=True, error="dead")

    keep(begin, GRANT, replace(GRANT, id="other"))
    keep(begin, whole)

    assert stored(begin) == whole
    with begin(write=False) as stores:
        assert [grant.id for grant in stores.grants.all()] == ["grant", "other"]


def test_one_owner_holds_a_grant(begin: Begin, other_engine: Begin) -> None:
    keep(begin, GRANT)

    first = lease(begin, "me")
    second = lease(other_engine, "they", now=NOON + MINUTE / 2)

    assert first == replace(
        GRANT, lease_owner="me", lease_until=NOON + MINUTE, tried_at=NOON
    )
    assert second is None
    assert stored(other_engine).lease_owner == "me"


def test_a_lease_that_ran_out_is_free(begin: Begin, other_engine: Begin) -> None:
    keep(begin, GRANT)
    leased(begin)

    heir = lease(other_engine, "heir", now=NOON + MINUTE)

    assert heir is not None
    assert heir.lease_owner == "heir"
    assert heir.tried_at == NOON


def test_a_lease_without_an_end_is_free(database: Database) -> None:
    keep(database.begin, GRANT)
    with database.engines.writer.begin() as connection:
        connection.execute(update(grants).values(lease_owner="x", lease_until=None))

    assert lease(database.begin, "me") is not None


def test_an_older_generation_cannot_be_leased(begin: Begin) -> None:
    keep(begin, replace(GRANT, generation=1))

    assert lease(begin, "me", generation=0) is None
    assert lease(begin, "me", generation=1) is not None


def test_a_renewed_grant_is_the_next_generation(begin: Begin) -> None:
    keep(begin, GRANT)

    assert renew(begin, leased(begin), "me")

    assert stored(begin) == replace(
        GRANT, pair=NEW, generation=1, refreshed_at=NOON + MINUTE
    )


def test_a_released_grant_remembers_when_it_was_first_tried(begin: Begin) -> None:
    keep(begin, GRANT)

    assert release(begin, leased(begin), "me")
    again = lease(begin, "me", now=NOON + 2 * MINUTE)

    assert again is not None
    assert (again.tried_at, again.error) == (NOON, "It answered 503.")


def test_a_buried_grant_is_dead_and_keeps_its_tokens_closed(begin: Begin) -> None:
    keep(begin, GRANT)

    assert bury(begin, leased(begin), "me")

    dead = stored(begin)
    assert (dead.is_dead, dead.error, dead.lease_owner) == (True, "It is dead.", "")


@pytest.mark.parametrize("end", ENDS)
def test_nobody_ends_the_lease_of_another(begin: Begin, end: End) -> None:
    keep(begin, GRANT)
    mine = leased(begin)

    assert not end(begin, mine, "they")
    assert stored(begin) == mine


@pytest.mark.parametrize("end", ENDS)
def test_whoever_lost_its_lease_changes_nothing(
    begin: Begin, other_engine: Begin, end: End
) -> None:
    keep(begin, GRANT)
    late = leased(begin)
    heir = leased(other_engine, "heir", now=NOON + MINUTE)

    assert not end(begin, late, "me")
    assert stored(begin) == heir


@pytest.mark.parametrize("end", ENDS)
def test_whoever_is_a_generation_late_changes_nothing(begin: Begin, end: End) -> None:
    keep(begin, GRANT)
    late = leased(begin)
    renew(begin, late, "me")

    assert not end(begin, late, "me")
    assert stored(begin).pair == NEW


@pytest.mark.parametrize("end", ENDS)
def test_a_grant_that_was_erased_does_not_come_back(begin: Begin, end: End) -> None:
    keep(begin, GRANT)
    mine = leased(begin)
    with begin() as stores:
        stores.grants.erase("grant")

    assert not end(begin, mine, "me")
    with begin(write=False) as stores:
        assert tokens_of(stores, "grant") is None


def test_of_many_at_once_one_gets_the_lease(begin: Begin, other_engine: Begin) -> None:
    keep(begin, GRANT)
    engines = [begin, other_engine]

    got = at_once(12, lambda n: lease(engines[n % 2], f"owner-{n}"))

    [winner] = [grant for grant in got if grant]
    assert stored(begin) == winner


def test_what_rested_longest_comes_first(begin: Begin) -> None:
    keep(
        begin,
        *(
            replace(GRANT, id=f"{days} days", refreshed_at=NOON - days * DAY)
            for days in (1, 30, 8, 9)
        ),
        replace(GRANT, id="dead", refreshed_at=NOON - 50 * DAY, is_dead=True),
    )

    with begin(write=False) as stores:
        assert list(stores.grants.idle(NOON - 7 * DAY, 2)) == ["30 days", "9 days"]
        assert len(stores.grants.idle(NOON - 7 * DAY, 10)) == 3


def test_what_is_old_or_idle_is_ageing(begin: Begin) -> None:
    old = replace(GRANT, id="old", consented_at=NOON - 331 * DAY)
    idle = replace(GRANT, id="idle", refreshed_at=NOON - 76 * DAY)
    keep(begin, GRANT, old, idle, replace(old, id="dead", is_dead=True))

    with begin(write=False) as stores:
        ageing = stores.grants.ageing(NOON - 330 * DAY, NOON - 75 * DAY)

    assert list(ageing) == [
        GrantAge("idle", idle.consented_at, idle.refreshed_at),
        GrantAge("old", old.consented_at, old.refreshed_at),
    ]

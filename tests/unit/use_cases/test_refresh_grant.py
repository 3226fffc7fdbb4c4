from datetime import timedelta

import pytest

from connector.domain.errors import AtlassianUnavailableError, ConsentError
from connector.domain.installation import TokenPair
from connector.domain.store_ports import Begin
from tests.fakes.exchange import NOON
from tests.unit.use_cases.refreshing import GRANT, OLD, World


@pytest.fixture
def world(begin: Begin) -> World:
    world = World(begin)
    world.keep()
    world.connect("acme")
    return world


@pytest.mark.parametrize("minutes", [0, 30, 55])
def test_a_pair_is_used_as_long_as_it_is_good(world: World, minutes: int) -> None:
    world.clock.skip(timedelta(minutes=minutes))

    assert world.refresh(GRANT) == OLD
    assert world.exchange.used == []


def test_a_pair_with_less_than_five_minutes_left_is_renewed(world: World) -> None:
    world.clock.skip(timedelta(minutes=55, seconds=1))

    pair = world.refresh(GRANT)

    assert pair.access_token == "access-1"
    assert world.exchange.used == ["old-refresh"]


def test_the_new_pair_is_stored_before_anybody_has_it(world: World) -> None:
    world.expire()

    pair = world.refresh(GRANT)

    grant = world.grant()
    assert grant.pair == pair
    assert grant.generation == 1
    assert grant.refreshed_at == world.clock.now()
    assert (grant.lease_owner, grant.lease_until, grant.tried_at) == ("", None, None)


def test_a_rejected_token_is_renewed_although_it_seems_good(world: World) -> None:
    assert world.refresh(GRANT, "old-access").access_token == "access-1"
    assert world.refresh(GRANT, "old-access").access_token == "access-1"
    assert world.exchange.used == ["old-refresh"]


def test_a_pair_may_be_asked_to_be_newer_than_some_time(world: World) -> None:
    world.clock.skip(timedelta(minutes=1))

    renewed = world.refresh(GRANT, newer_than=world.clock.now())
    again = world.refresh(GRANT, newer_than=world.clock.now())

    assert renewed.access_token == again.access_token == "access-1"


def test_every_refresh_uses_the_newest_token(world: World) -> None:
    for _ in range(3):
        world.expire()
        world.refresh(GRANT)

    assert world.exchange.used == ["old-refresh", "refresh-1", "refresh-2"]


def test_short_lived_tokens_are_not_renewed_for_every_call(world: World) -> None:
    world.exchange.life = timedelta(minutes=2)
    world.expire()

    tokens = {world.refresh(GRANT).access_token for _ in range(3)}
    world.clock.skip(timedelta(seconds=80))
    tokens.add(world.refresh(GRANT).access_token)

    assert tokens == {"access-1"}
    world.clock.skip(timedelta(seconds=20))
    assert world.refresh(GRANT).access_token == "access-2"


def test_a_pair_that_was_dead_on_arrival_is_handed_out_once(world: World) -> None:
    world.exchange.life = timedelta()
    world.expire()

    assert world.refresh(GRANT).access_token == "access-1"
    assert world.refresh(GRANT).access_token == "access-2"


def test_a_site_without_tokens_needs_a_consent(begin: Begin) -> None:
    with pytest.raises(ConsentError, match=r"no tokens.*casb install"):
        World(begin).refresh("nobody")


def test_whoever_comes_second_sleeps_until_the_pair_is_there(world: World) -> None:
    world.expire()
    now = world.clock.now()
    renewed = TokenPair("theirs", "their-refresh", now + timedelta(hours=1))
    with world.begin() as stores:
        held = stores.grants.lease(GRANT, 0, "they", now, now + timedelta(seconds=60))
    assert held is not None
    napped = world.clock.sleep

    def sleep(seconds: float) -> None:
        napped(seconds)
        if len(world.clock.naps) == 5:
            with world.begin() as stores:
                stores.grants.renew(held, "they", renewed, world.clock.now())

    world.refresh = world.another_process(sleep)

    assert world.refresh(GRANT) == renewed
    assert world.exchange.used == []
    assert len(world.clock.naps) == 5
    assert max(world.clock.naps) <= 1


def test_what_stopped_the_first_stops_those_who_waited_for_it(world: World) -> None:
    world.expire()
    now = world.clock.now()
    with world.begin() as stores:
        held = stores.grants.lease(GRANT, 0, "they", now, now + timedelta(seconds=60))
    assert held is not None

    def sleep(seconds: float) -> None:
        with world.begin() as stores:
            stores.grants.release(held, "they", "It answered 503.")

    world.refresh = world.another_process(sleep)

    with pytest.raises(AtlassianUnavailableError, match="It answered 503"):
        world.refresh(GRANT)
    assert world.exchange.used == []


def test_a_lease_whose_owner_died_is_taken_over_with_the_same_token(
    world: World,
) -> None:
    world.expire()
    now = world.clock.now()
    with world.begin() as stores:
        stores.grants.lease(GRANT, 0, "a dead one", now, now + timedelta(seconds=60))

    pair = world.refresh(GRANT)

    assert pair.access_token == "access-1"
    assert world.exchange.used == ["old-refresh"]
    waited = world.clock.now() - now
    assert timedelta(seconds=60) <= waited <= timedelta(seconds=62)


def test_a_lease_that_somebody_renews_forever_is_not_waited_for_forever(
    world: World,
) -> None:
    world.expire()
    far = world.clock.now() + timedelta(days=1)
    with world.begin() as stores:
        stores.grants.lease(GRANT, 0, "a slow one", world.clock.now(), far)

    with pytest.raises(AtlassianUnavailableError, match="for too long"):
        world.refresh(GRANT)

    assert world.clock.now() - NOON < timedelta(hours=2, minutes=5)


def test_a_pair_that_came_too_late_is_dropped_for_the_one_stored(
    world: World,
) -> None:
    world.expire()
    other = world.another_process()
    theirs: list[TokenPair] = []

    class Slow:
        client_id = world.exchange.client_id

        def refresh(self, pair: TokenPair) -> TokenPair:
            """Answer when the lease is over and another has refreshed."""
            ours = world.exchange.refresh(pair)
            world.clock.skip(timedelta(seconds=61))
            theirs.append(other(GRANT))
            return ours

    slow = world.another_process(exchange=Slow())

    assert [slow(GRANT)] == theirs == [world.grant().pair]
    assert world.grant().generation == 1
    assert world.exchange.used == ["old-refresh"] * 2

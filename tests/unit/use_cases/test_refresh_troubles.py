"""Every row of the error table: what each answer of Atlassian brings about."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain.care import CREDENTIALS, Alarm
from connector.domain.errors import (
    AtlassianError,
    AtlassianUnavailableError,
    CredentialsError,
    DeadGrantError,
    SettingError,
)
from connector.domain.installation import InstallationState, TokenPair
from connector.domain.life import NoticeKind
from connector.domain.store_ports import Begin
from tests.unit.use_cases.refreshing import (
    AWAY,
    DEAD,
    GRANT,
    OLD,
    WRONG_SECRET,
    World,
)

REAUTH = InstallationState.REAUTH_REQUIRED
ACTIVE = InstallationState.ACTIVE


@pytest.fixture
def world(begin: Begin) -> World:
    world = World(begin)
    world.keep()
    world.connect("acme", "beta")
    world.keep("another grant")
    world.connect("other", grant_id="another grant")
    world.expire()
    return world


def test_a_dead_grant_takes_its_sites_along_and_no_other(world: World) -> None:
    world.exchange.troubles = [DEAD]

    with pytest.raises(DeadGrantError):
        world.refresh(GRANT)

    assert world.states() == {"acme": REAUTH, "beta": REAUTH, "other": ACTIVE}
    assert world.notices() == [
        ("acme", NoticeKind.REAUTH_REQUIRED),
        ("beta", NoticeKind.REAUTH_REQUIRED),
    ]
    assert world.grant().is_dead


def test_a_dead_grant_is_told_with_its_sites_and_the_remedy(world: World) -> None:
    world.exchange.troubles = [DEAD]

    with pytest.raises(DeadGrantError) as caught:
        world.refresh(GRANT)

    assert "https://acme.atlassian.example, https://beta" in caught.value.message
    assert "casb install --site https://acme" in caught.value.remedy
    assert caught.value.exit_code == 3


def test_a_dead_grant_is_never_asked_for_again(world: World) -> None:
    world.exchange.troubles = [DEAD]
    for _ in range(3):
        with pytest.raises(DeadGrantError, match="acme"):
            world.refresh(GRANT)

    assert len(world.exchange.used) == 1
    assert len(world.notices()) == 2


def test_a_grant_that_was_renewed_meanwhile_is_not_dead(world: World) -> None:
    later = world.clock.now() + timedelta(hours=2)

    class TooLate:
        client_id = world.exchange.client_id

        def refresh(self, pair: TokenPair) -> TokenPair:
            """Refuse, since another process has long used the token up."""
            newer = TokenPair("theirs", "their-refresh", later)
            world.change(lambda grant: replace(grant, pair=newer, generation=1))
            raise DEAD

    pair = world.another_process(exchange=TooLate())(GRANT)

    assert pair.access_token == "theirs"
    assert not world.grant().is_dead
    assert set(world.states().values()) == {ACTIVE}


def test_a_wrong_secret_is_one_alarm_and_changes_no_site(world: World) -> None:
    world.exchange.troubles = [WRONG_SECRET, WRONG_SECRET]

    for grant_id in (GRANT, "another grant"):
        with pytest.raises(CredentialsError, match="Copy it"):
            world.refresh(grant_id)

    [alarm] = world.alarms()
    assert (alarm.key, alarm.remedy) == (CREDENTIALS, "Copy it.")
    assert set(world.states().values()) == {ACTIVE}
    assert world.grant().pair == OLD
    assert not world.grant().is_dead


def test_while_the_secret_is_wrong_nobody_asks(world: World) -> None:
    world.exchange.troubles = [WRONG_SECRET] * 2
    for _ in range(5):
        with pytest.raises(CredentialsError):
            world.refresh(GRANT)
        world.clock.skip(timedelta(seconds=70))
    assert len(world.exchange.used) == 1

    with pytest.raises(CredentialsError):
        world.refresh(GRANT)
    with pytest.raises(CredentialsError):
        world.refresh(GRANT)

    assert len(world.exchange.used) == 2
    assert len(world.alarms()) == 1


def test_tokens_that_are_good_are_used_while_the_secret_is_wrong(
    world: World,
) -> None:
    world.exchange.troubles = [WRONG_SECRET]
    with pytest.raises(CredentialsError):
        world.refresh(GRANT)
    world.keep("fresh", replace(OLD, expires_at=world.clock.now() + timedelta(hours=1)))

    assert world.refresh("fresh").access_token == "old-access"


@pytest.mark.parametrize("grant_id", [GRANT, "another grant"])
def test_the_alarm_ends_with_the_next_success(world: World, grant_id: str) -> None:
    world.exchange.troubles = [WRONG_SECRET]
    with pytest.raises(CredentialsError):
        world.refresh(GRANT)
    world.clock.skip(timedelta(minutes=6))

    world.refresh(grant_id)

    assert world.alarms() == []


def test_a_dead_grant_proves_the_secret_right(world: World) -> None:
    world.exchange.troubles = [WRONG_SECRET, DEAD]
    with pytest.raises(CredentialsError):
        world.refresh(GRANT)
    world.clock.skip(timedelta(minutes=6))

    with pytest.raises(DeadGrantError):
        world.refresh(GRANT)

    assert world.alarm() is None


def test_atlassian_in_trouble_is_asked_again_with_the_same_token(
    world: World,
) -> None:
    world.exchange.troubles = [AWAY, AWAY, AWAY]

    pair = world.refresh(GRANT)

    assert pair.access_token == "access-4"
    assert world.exchange.used == ["old-refresh"] * 4
    assert world.clock.naps == [1, 2, 4]


def test_atlassian_is_given_the_time_it_asks_for(world: World) -> None:
    busy = AtlassianUnavailableError("It answered 429.", retry_after=20)
    world.exchange.troubles = [busy]

    world.refresh(GRANT)

    assert world.clock.naps == [20]


def test_a_wait_beyond_the_lease_is_left_to_the_caller(world: World) -> None:
    busy = AtlassianUnavailableError("It answered 429.", retry_after=120)
    world.exchange.troubles = [busy]

    with pytest.raises(AtlassianUnavailableError) as caught:
        world.refresh(GRANT)

    assert caught.value.retry_after == 120
    assert world.clock.naps == []


def test_a_run_ends_within_its_lease_and_keeps_the_token(world: World) -> None:
    world.exchange.troubles = [AWAY] * 50
    before = world.clock.now()

    with pytest.raises(AtlassianUnavailableError, match="503"):
        world.refresh(GRANT)

    grant = world.grant()
    assert world.clock.now() - before <= timedelta(seconds=35)
    assert (grant.pair, grant.lease_owner, grant.tried_at) == (OLD, "", before)
    assert grant.error == AWAY.message
    assert set(world.states().values()) == {ACTIVE}


def test_the_next_run_begins_where_the_last_one_ended(world: World) -> None:
    world.exchange.troubles = [AWAY] * 6
    with pytest.raises(AtlassianUnavailableError):
        world.refresh(GRANT)

    pair = world.refresh(GRANT)

    assert pair.access_token == "access-7"
    assert set(world.exchange.used) == {"old-refresh"}
    assert world.grant().tried_at is None


def test_after_eight_minutes_every_call_asks_but_once(world: World) -> None:
    world.exchange.troubles = [AWAY] * 50
    with pytest.raises(AtlassianUnavailableError):
        world.refresh(GRANT)
    asked = len(world.exchange.used)
    world.clock.skip(timedelta(minutes=8))

    for _ in range(3):
        with pytest.raises(AtlassianUnavailableError):
            world.refresh(GRANT)

    assert len(world.exchange.used) == asked + 3


def test_a_token_that_was_never_used_up_works_after_a_long_outage(
    world: World,
) -> None:
    world.exchange.troubles = [AWAY] * 6
    with pytest.raises(AtlassianUnavailableError):
        world.refresh(GRANT)
    world.clock.skip(timedelta(hours=20))

    assert world.refresh(GRANT).access_token == "access-7"


def test_what_another_app_was_given_is_not_asked_for_and_not_dead(
    world: World,
) -> None:
    world.change(lambda grant: replace(grant, client_id="another-app"))

    with pytest.raises(SettingError, match=r"acme.*another OAuth app \(another-app\)"):
        world.refresh(GRANT)

    assert world.exchange.used == []
    assert set(world.states().values()) == {ACTIVE}


def test_a_grant_that_died_needs_no_other_alarm(world: World) -> None:
    with world.begin() as stores:
        for key in (f"consent_age:{GRANT}", f"grant_idle:{GRANT}"):
            stores.alarms.raise_(Alarm(key, "It ends.", "Renew it.", world.clock.now()))
    world.exchange.troubles = [DEAD]

    with pytest.raises(DeadGrantError):
        world.refresh(GRANT)

    assert world.alarms() == []


def test_an_answer_nobody_knows_changes_nothing(world: World) -> None:
    world.exchange.troubles = [AtlassianError("It answered 418 teapot.")]

    with pytest.raises(AtlassianError, match="teapot"):
        world.refresh(GRANT)

    assert not world.grant().is_dead
    assert set(world.states().values()) == {ACTIVE}
    assert world.refresh(GRANT).access_token == "access-2"

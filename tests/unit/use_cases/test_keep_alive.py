from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from connector.domain.grant import Grant
from connector.domain.installation import InstallationState
from connector.domain.store_ports import Begin
from connector.store.database import Database
from connector.use_cases.keep_alive import KeepAlive, KeptAlive
from tests.fakes.exchange import NOON
from tests.unit.use_cases.refreshing import (
    AWAY,
    DEAD,
    GRANT,
    OLD,
    WRONG_SECRET,
    World,
)


@pytest.fixture
def world(begin: Begin) -> World:
    return World(begin)


def keep_alive(world: World) -> KeptAlive:
    return KeepAlive(world.begin, world.refresh, world.clock.now)()


def rested(world: World, *grant_ids: str, days: int = 8) -> None:
    for number, grant_id in enumerate(grant_ids):
        world.keep(grant_id, at=NOON - timedelta(days=days, hours=number))
        world.connect(f"site-of-{grant_id}", grant_id=grant_id)


def test_what_rested_for_a_week_is_refreshed(world: World) -> None:
    rested(world, "a", "b")
    rested(world, "young", days=6)

    report = keep_alive(world)

    assert report == KeptAlive(refreshed=2)
    assert world.grant("a").refreshed_at == world.grant("b").refreshed_at == NOON
    assert world.grant("young").generation == 0


def test_whoever_rested_longest_is_first(world: World) -> None:
    rested(world, "a", "b")
    world.exchange.troubles = [AWAY] * 50

    report = keep_alive(world)

    assert report.stopped_by == str(AWAY)
    assert world.grant("b").error == AWAY.message
    assert world.grant("a").error == ""


def test_nothing_is_refreshed_twice(world: World) -> None:
    rested(world, "a")

    keep_alive(world)

    assert keep_alive(world) == KeptAlive()
    assert len(world.exchange.used) == 1


def test_a_dead_grant_stops_no_other(world: World) -> None:
    rested(world, "a", "b", "c")
    world.exchange.troubles = [DEAD]

    report = keep_alive(world)

    assert report == KeptAlive(refreshed=2, died=1)
    assert world.states() == {
        "site-of-a": InstallationState.ACTIVE,
        "site-of-b": InstallationState.ACTIVE,
        "site-of-c": InstallationState.REAUTH_REQUIRED,
    }


def test_tokens_that_no_key_opens_stop_no_other(
    world: World, database: Database
) -> None:
    rested(world, "a", "c")
    other = Database(database.engines, type(database.seal).of([_new_key()]))
    with other.begin() as stores:
        stores.grants.save(_rested_long("b"))

    report = keep_alive(world)

    [failure] = report.failures
    assert report.refreshed == 2
    assert "CASB_TOKEN_KEYS" in failure


@pytest.mark.parametrize("trouble", [AWAY, WRONG_SECRET])
def test_an_outage_puts_everything_off(world: World, trouble: Exception) -> None:
    rested(world, "a", "b", "c")
    world.exchange.troubles = [trouble] * 50

    report = keep_alive(world)

    assert (report.refreshed, report.put_off) == (0, 3)
    assert report.stopped_by == str(trouble)
    assert set(world.states().values()) == {InstallationState.ACTIVE}


def test_whoever_lost_the_job_leaves_the_rest_to_another(world: World) -> None:
    rested(world, "a", "b", "c")
    answers = iter([True, False])

    report = KeepAlive(world.begin, world.refresh, world.clock.now)(
        lambda: next(answers)
    )

    assert (report.refreshed, report.put_off, report.stopped_by) == (1, 2, "")


def test_a_grant_at_rest_for_75_days_is_an_alarm_until_it_is_refreshed(
    world: World,
) -> None:
    rested(world, GRANT, days=76)
    world.exchange.troubles = [AWAY] * 6

    assert keep_alive(world).alarms == 1
    [alarm] = world.alarms()
    assert alarm.key == f"grant_idle:{GRANT}"
    assert "https://site-of-grant.atlassian.example" in alarm.message
    assert "2026-12-07" in alarm.message
    assert "casb doctor" in alarm.remedy

    world.refresh(GRANT, newer_than=NOON)
    assert world.alarms() == []


def test_a_consent_of_330_days_is_an_alarm_until_there_is_a_newer_one(
    world: World,
) -> None:
    rested(world, GRANT, days=331)

    reports = [keep_alive(world) for _ in range(2)]

    [alarm] = world.alarms()
    assert [report.alarms for report in reports] == [1, 1]
    assert alarm.key == f"consent_age:{GRANT}"
    assert "2025-12-27" in alarm.message
    assert "before 2026-12-27 with `casb install --site https://site" in alarm.remedy
    assert alarm.site_id == "site-of-grant-id"

    world.keep(GRANT, OLD)
    assert keep_alive(world).alarms == 0
    assert world.alarms() == []


def test_an_alarm_about_a_grant_that_is_gone_ends(world: World) -> None:
    rested(world, GRANT, days=331)
    keep_alive(world)
    with world.begin() as stores:
        stores.grants.erase(GRANT)

    keep_alive(world)

    assert world.alarms() == []


def _new_key() -> str:
    return Fernet.generate_key().decode()


def _rested_long(grant_id: str) -> Grant:
    long_ago = NOON - timedelta(days=30)
    return Grant(grant_id, OLD, long_ago, long_ago)

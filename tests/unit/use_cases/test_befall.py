"""Events befall what is stored: the state, the log and the alarms are one write."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain import life
from connector.domain.errors import ConflictError
from connector.domain.installation import Installation
from connector.domain.life_steps import advance
from connector.domain.store_ports import Begin
from connector.store.database import Database
from connector.use_cases.befall import befall
from tests.fakes.atlassian_sites import ACME, SCOPES
from tests.fakes.stores import TOKEN_KEY
from tests.unit.domain.lives import EVENTS, FRESH, NOON
from tests.unit.use_cases.caring import State, World

NUMBERS = count()
WELL = life.Checked(SCOPES, 1, account_id="mara")


@pytest.fixture
def caring(begin: Begin) -> World:
    return World(begin)


@pytest.fixture(scope="module")
def shared(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """One database for every example of a property."""
    path = tmp_path_factory.mktemp("befall") / "casb.db"
    shutil.copy(migrated_file, path)
    database = Database.open(f"sqlite:///{path}", [TOKEN_KEY])
    yield database
    database.close()


def test_what_is_stored_counts_and_not_what_was_read(caring: World) -> None:
    read = caring.install(ACME.site, WELL)
    caring.befall(read, life.Paused())

    after = caring.befall(read, life.GrantDied("Dead."))

    assert after.state is State.SUSPENDED
    assert after.trail.beneath is State.REAUTH_REQUIRED


def test_a_write_that_fails_leaves_no_trace(caring: World) -> None:
    read = caring.install(ACME.site, WELL)

    with pytest.raises(ZeroDivisionError):
        _pause_and_fail(caring, read)

    assert caring.state(read) is State.ACTIVE
    assert caring.told(read) == ["app.installed"]


def _pause_and_fail(caring: World, installation: Installation) -> None:
    with caring.begin() as stores:
        befall(stores, installation, life.Paused(), NOON)
        raise ZeroDivisionError


def test_an_event_that_means_nothing_is_logged_and_nothing_else(
    caring: World,
) -> None:
    read = caring.install(ACME.site, WELL)

    caring.befall(read, life.Withdrawn())

    assert caring.stored(read) == read
    assert caring.told(read) == ["app.installed", "app.event_ignored"]


def test_a_site_that_leaves_leaves_no_alarm(caring: World) -> None:
    read = caring.install(ACME.site, WELL)
    caring.befall(read, life.SiteMissing())
    for _ in range(2):
        caring.later(life.MISSING_FOR)
        caring.befall(read, life.SiteMissing())
    assert len(caring.alarms) == 1

    caring.befall(read, life.UninstallRequested())

    assert caring.alarms == []


def test_a_pause_keeps_the_alarm_of_a_lost_site(caring: World) -> None:
    read = caring.install(ACME.site, WELL)
    for _ in range(3):
        caring.befall(read, life.SiteMissing())
        caring.later(life.MISSING_FOR)

    caring.befall(read, life.Paused())

    assert len(caring.alarms) == 1


def test_a_site_has_one_live_installation_whatever_befalls_it(caring: World) -> None:
    first = caring.install(ACME.site, WELL)
    second = replace(first, id="second")
    for event in (life.UninstallRequested(), life.Withdrawn()):
        with pytest.raises(ConflictError), caring.begin() as stores:
            stores.installations.save(second)
        caring.befall(first, event)

    with caring.begin() as stores:
        stores.installations.save(second)

    with caring.begin(write=False) as stores:
        assert stores.installations.find("acme-id") == second


@settings(max_examples=20, deadline=None)
@given(events=st.lists(st.sampled_from(EVENTS), max_size=8))
def test_the_stores_keep_what_the_machine_says(
    shared: Database, events: list[life.Event]
) -> None:
    name = f"site-{next(NUMBERS)}"
    fresh = replace(FRESH, id=name, site=replace(FRESH.site, cloud_id=name))
    expected, told = fresh, list[life.Notice]()
    with shared.begin() as stores:
        stores.installations.save(fresh)
    for event in events:
        step = advance(expected, event, NOON)
        expected, told = step.installation, [*told, *step.notices]
        with shared.begin() as stores:
            befall(stores, fresh, event, NOON)

    with shared.begin() as stores:
        assert stores.installations.get(fresh.id) == expected
        entries = stores.log.entries(name, limit=1_000)
        live = stores.installations.find(name)
    assert [entry.notice for entry in entries] == told
    assert (live is None) == expected.state.has_ended

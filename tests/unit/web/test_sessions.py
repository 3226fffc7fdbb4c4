import sqlite3
from datetime import timedelta

import pytest

from connector.domain.store_ports import Begin
from connector.web.sessions import IDLE, LONGEST, SECURE_NAME, ServerSession
from tests.fakes.stores import OneFile
from tests.unit.web.pages import World


@pytest.fixture
def world(begin: Begin) -> World:
    return World(begin)


def is_in(world: World) -> bool:
    return world.get("/").status_code == 200


def keys(world: World, one_file: OneFile) -> str:
    with sqlite3.connect(one_file.path) as database:
        rows = "\n".join(database.iterdump())
    database.close()
    return "\n".join(row for row in rows.splitlines() if '"web_sessions"' in row)


def test_the_cookie_is_for_this_host_and_encrypted_lines_alone(world: World) -> None:
    answer = world.get("/login")

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{SECURE_NAME}=")
    for habit in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert f"; {habit}" in cookie
    assert "Domain" not in cookie
    assert len(world.cookie) >= 43


def test_the_database_knows_neither_the_cookie_nor_what_it_stands_for(
    world: World, one_file: OneFile
) -> None:
    world.enter()

    kept = keys(world, one_file)

    assert kept
    assert world.cookie not in kept
    assert "admin" not in kept


def test_a_browser_that_does_nothing_leaves_no_session(
    world: World, one_file: OneFile
) -> None:
    assert "Set-Cookie" not in world.get("/healthz").headers
    assert "Set-Cookie" not in world.get("/").headers
    assert keys(world, one_file).count("INSERT") == 0


def test_a_session_ends_an_hour_after_its_last_use(world: World) -> None:
    world.enter()
    for _ in range(5):
        world.now += IDLE - timedelta(minutes=1)
        assert is_in(world)

    world.now += IDLE

    assert not is_in(world)


def test_a_session_ends_after_half_a_day_however_much_it_is_used(world: World) -> None:
    world.enter()
    started = world.now
    while world.now - started < LONGEST - timedelta(minutes=30):
        world.now += timedelta(minutes=30)
        assert is_in(world)

    world.now += timedelta(minutes=31)

    assert not is_in(world)


def test_sessions_that_ended_are_deleted_by_the_next_one(
    world: World, one_file: OneFile
) -> None:
    world.enter()
    world.now += LONGEST
    world.browser = world.new_browser()

    world.get("/login")

    assert keys(world, one_file).count("INSERT") == 1


def test_signing_in_gives_another_cookie_and_ends_the_old_one(world: World) -> None:
    world.get("/login")
    planted = world.cookie

    world.enter()

    assert world.cookie != planted
    attacker = world.new_browser()
    attacker.set_cookie(SECURE_NAME, planted, domain="casb.example", secure=True)
    world.browser = attacker
    assert not is_in(world)


def test_a_consent_begins_with_another_cookie(world: World) -> None:
    world.get("/login")
    planted = world.cookie

    world.begin_consent()

    assert world.cookie != planted


def test_a_made_up_cookie_opens_no_session_and_becomes_none(world: World) -> None:
    world.browser.set_cookie(SECURE_NAME, "made-up", domain="casb.example", secure=True)

    world.enter()

    assert world.cookie != "made-up"


def test_another_secret_key_ends_every_session(world: World) -> None:
    world.enter()
    assert is_in(world)

    world.flask.secret_key = "another key"

    assert not is_in(world)


def test_signing_out_ends_the_session_for_good(world: World) -> None:
    world.enter()
    word = world.cookie

    world.send("/", "/logout")

    assert world.cookie == ""
    world.browser.set_cookie(SECURE_NAME, word, domain="casb.example", secure=True)
    assert not is_in(world)


def test_the_text_of_a_session_says_nothing(world: World) -> None:
    assert repr(ServerSession({"admin": "admin"}, "word")) == "<ServerSession>"

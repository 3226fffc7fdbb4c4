from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from connector.domain.store_ports import Begin
from connector.use_cases.sign_in import (
    COUNTED_FOR,
    FIRST_ADMIN,
    MOST_OF_A_NAME,
    MOST_OF_AN_ADDRESS,
    SignIn,
    SignInError,
    TooManyAttemptsError,
)
from connector.web.passwords import Argon2Passwords


class SlowPasswords:
    """Counts how often it was asked, and can find hashes weak."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.weak = False

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def fits(self, password_hash: str, password: str) -> bool:
        self.asked.append(password_hash)
        return password_hash.removeprefix("old ") == f"hash of {password}"

    def is_weak(self, password_hash: str) -> bool:
        return self.weak


class World:
    def __init__(self, begin: Begin) -> None:
        self.begin = begin
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        self.passwords = SlowPasswords()
        self.sign_in = SignIn(begin, self.passwords, lambda: self.now)
        self.sign_in.add_first("right")

    def fail(self, times: int, address: Callable[[int], str]) -> None:
        for number in range(times):
            with pytest.raises(SignInError, match="is wrong"):
                self.sign_in(FIRST_ADMIN, "wrong", address(number))


@pytest.fixture
def world(begin: Begin) -> World:
    return World(begin)


def test_the_password_lets_the_administrator_in(world: World) -> None:
    assert world.sign_in(FIRST_ADMIN, "right", "here").name == FIRST_ADMIN


def test_the_password_is_read_once(world: World) -> None:
    assert not world.sign_in.add_first("another")

    with pytest.raises(SignInError):
        world.sign_in(FIRST_ADMIN, "another", "here")


def test_the_demonstration_may_set_another_password(world: World) -> None:
    world.sign_in.set_first("another")

    assert world.sign_in(FIRST_ADMIN, "another", "here").name == FIRST_ADMIN


@pytest.mark.parametrize("name", ["nobody", FIRST_ADMIN])
def test_a_wrong_name_costs_as_much_and_says_as_little_as_a_wrong_password(
    world: World, name: str
) -> None:
    with pytest.raises(SignInError) as caught:
        world.sign_in(name, "wrong", "here")

    assert str(caught.value) == "The name or the password is wrong. Try again."
    assert len(world.passwords.asked) == 1


def test_whoever_guesses_has_to_wait(world: World) -> None:
    world.fail(MOST_OF_AN_ADDRESS, lambda _: "there")

    with pytest.raises(TooManyAttemptsError):
        world.sign_in(FIRST_ADMIN, "right", "there")

    assert len(world.passwords.asked) == MOST_OF_AN_ADDRESS
    assert world.sign_in(FIRST_ADMIN, "right", "elsewhere").name == FIRST_ADMIN
    world.now += COUNTED_FOR
    assert world.sign_in(FIRST_ADMIN, "right", "there").name == FIRST_ADMIN


def test_guessing_from_everywhere_is_stopped_too(world: World) -> None:
    world.fail(MOST_OF_A_NAME, str)

    with pytest.raises(TooManyAttemptsError):
        world.sign_in(FIRST_ADMIN, "right", "elsewhere")


def test_a_success_forgives_the_failures_before_it(world: World) -> None:
    world.fail(MOST_OF_AN_ADDRESS - 1, lambda _: "here")
    world.sign_in(FIRST_ADMIN, "right", "here")

    world.fail(MOST_OF_AN_ADDRESS - 1, lambda _: "here")


def test_a_weak_hash_is_made_anew_when_the_password_is_known(world: World) -> None:
    with world.begin() as stores:
        stores.admins.change_hash(FIRST_ADMIN, "old hash of right")
    world.passwords.weak = True

    world.sign_in(FIRST_ADMIN, "right", "here")

    with world.begin(write=False) as stores:
        admin = stores.admins.get(FIRST_ADMIN)
    assert admin is not None
    assert admin.password_hash == "hash of right"
    assert "right" not in repr(admin)


def test_argon2_knows_its_own_hashes() -> None:
    passwords = Argon2Passwords()
    kept = passwords.hash("correct horse")

    assert kept.startswith("$argon2id$")
    assert passwords.fits(kept, "correct horse")
    assert not passwords.fits(kept, "wrong")
    assert not passwords.fits("no hash", "correct horse")
    assert not passwords.is_weak(kept)

"""Lets administrators in, and nobody who guesses."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from connector.domain.access import Admin, Passwords
from connector.domain.errors import CasbError
from connector.domain.store_ports import Begin, Stores

FIRST_ADMIN = "admin"
COUNTED_FOR = timedelta(minutes=15)
MOST_OF_AN_ADDRESS = 10
MOST_OF_A_NAME = 100
"""High, so that nobody can lock the administrator out for long by guessing."""


class SignInError(CasbError):
    """The name and the password do not belong together; nothing says which is wrong."""


class TooManyAttemptsError(SignInError):
    """Somebody guesses."""


class SignIn:
    """Checks names and passwords; failures are counted in the database."""

    def __init__(
        self, begin: Begin, passwords: Passwords, now: Callable[[], datetime]
    ) -> None:
        self._begin = begin
        self._passwords = passwords
        self._now = now
        self._nobodys_hash = ""

    def __call__(self, name: str, password: str, address: str) -> Admin:
        """Return the administrator of a name and a password.

        An attempt counts as failed until it succeeds, so that many at a time gain
        nothing, and a name that nobody has costs as much time as one that is known.
        """
        keys = {
            _key("address", address): MOST_OF_AN_ADDRESS,
            _key("name", name): MOST_OF_A_NAME,
        }
        with self._begin() as stores:
            self._count(stores, keys)
            admin = stores.admins.get(name)
        known_hash = admin.password_hash if admin else self._hash_of_nobody()
        fits = self._passwords.fits(known_hash, password)
        if admin is None or not fits:
            raise SignInError("The name or the password is wrong.", "Try again.")
        with self._begin() as stores:
            for key in keys:
                stores.admins.forgive(key)
            if self._passwords.is_weak(admin.password_hash):
                stores.admins.change_hash(name, self._passwords.hash(password))
        return admin

    def add_first(self, password: str) -> bool:
        """Make the first administrator; returns False where there is one already."""
        with self._begin(write=False) as stores:
            if stores.admins.get(FIRST_ADMIN):
                return False
        admin = Admin(FIRST_ADMIN, self._passwords.hash(password), self._now())
        with self._begin() as stores:
            return stores.admins.add(admin)

    def set_first(self, password: str) -> None:
        """Make the first administrator, or give that one another password."""
        if not self.add_first(password):
            with self._begin() as stores:
                kept = self._passwords.hash(password)
                stores.admins.change_hash(FIRST_ADMIN, kept)

    def _count(self, stores: Stores, keys: dict[str, int]) -> None:
        now = self._now()
        stores.admins.forget_failures(now - COUNTED_FOR)
        for key, most in keys.items():
            if stores.admins.failures(key, now - COUNTED_FOR) >= most:
                raise TooManyAttemptsError(
                    "There were too many attempts to sign in.",
                    "Wait a quarter of an hour.",
                )
        for key in keys:
            stores.admins.count_failure(key, now)

    def _hash_of_nobody(self) -> str:
        self._nobodys_hash = self._nobodys_hash or self._passwords.hash("nobody's")
        return self._nobodys_hash


def _key(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode()).hexdigest()

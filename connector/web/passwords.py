"""Hashes passwords with Argon2id."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Passwords:
    """Slow on purpose; compares in constant time."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        return self._hasher.hash(password)

    def fits(self, password_hash: str, password: str) -> bool:
        """Return whether a password is the one that was hashed."""
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def is_weak(self, password_hash: str) -> bool:
        """Return whether a hash should be made anew, more slowly."""
        return self._hasher.check_needs_rehash(password_hash)

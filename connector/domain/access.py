"""Who may use the pages: administrators, their sessions, and who guesses passwords."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Admin:
    """Somebody who may sign in; only the hash of the password is kept."""

    name: str
    password_hash: str = field(repr=False)
    created_at: datetime


class AdminStore(Protocol):
    """The administrators, and how often somebody failed to be one."""

    def add(self, admin: Admin) -> bool:
        """Keep an administrator; returns False where the name is taken."""
        ...

    def get(self, name: str) -> Admin | None:
        """Return an administrator."""
        ...

    def change_hash(self, name: str, password_hash: str) -> None:
        """Keep another hash of the same password."""
        ...

    def failures(self, key: str, since: datetime) -> int:
        """Return how many attempts to sign in failed under a key."""
        ...

    def count_failure(self, key: str, at: datetime) -> None:
        """Count an attempt to sign in as failed."""
        ...

    def forgive(self, key: str) -> None:
        """Forget the failures of a key."""
        ...

    def forget_failures(self, before: datetime) -> None:
        """Forget failures that no longer count."""
        ...


class SessionStore(Protocol):
    """What the server remembers of browsers; keyed by a hash of the cookie."""

    def add(self, key: str, content: bytes, expires_at: datetime) -> None:
        """Keep a new session."""
        ...

    def change(self, key: str, content: bytes, expires_at: datetime) -> None:
        """Replace what a session holds, if it is still there."""
        ...

    def get(self, key: str, now: datetime) -> bytes | None:
        """Return what a session holds, unless it has expired."""
        ...

    def drop(self, key: str) -> None:
        """Forget a session."""
        ...

    def forget(self, now: datetime) -> None:
        """Forget the sessions that have expired."""
        ...

    def clear(self) -> None:
        """End every session."""
        ...


class Passwords(Protocol):
    """Hashes passwords slowly, and compares them in constant time."""

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        ...

    def fits(self, password_hash: str, password: str) -> bool:
        """Return whether a password is the one that was hashed."""
        ...

    def is_weak(self, password_hash: str) -> bool:
        """Return whether a hash should be made anew, more slowly."""
        ...

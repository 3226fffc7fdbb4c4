"""What an account gave our app: one family of tokens, refreshed by one at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from connector.domain.installation import TokenPair

IDLE = "grant_idle"
OLD = "consent_age"
"""The alarms of a grant that rested for long, and of one whose consent is old."""


def alarm_about(what: str, grant_id: str) -> str:
    """Return the key of an alarm of a grant."""
    return f"{what}:{grant_id}"


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant and how its tokens stand (oauth-and-installation, part 2, 1.7).

    ``generation`` counts the pairs. ``lease_until`` says until when ``lease_owner``
    refreshes it; ``tried_at`` when the first request went out whose answer nobody
    has stored. A dead grant needs a new consent.
    """

    id: str
    pair: TokenPair = field(repr=False)
    consented_at: datetime
    refreshed_at: datetime
    account_id: str = ""
    client_id: str = ""
    generation: int = 0
    lease_owner: str = ""
    lease_until: datetime | None = None
    tried_at: datetime | None = None
    is_dead: bool = False
    error: str = ""

    def is_leased(self, now: datetime) -> bool:
        """Return whether somebody is refreshing it."""
        held_until = self.lease_until if self.lease_owner else None
        return held_until is not None and held_until > now


@dataclass(frozen=True, slots=True)
class GrantAge:
    """How old a grant is; its tokens stay closed."""

    id: str
    consented_at: datetime
    refreshed_at: datetime


@dataclass(frozen=True, slots=True)
class SealedGrant:
    """Which key opens the tokens of a grant: its place from 0, None if no key does."""

    id: str
    key: int | None


class GrantStore(Protocol):
    """The grants, their tokens encrypted at rest.

    ``renew``, ``release`` and ``bury`` are fenced: they do nothing and return False
    unless the owner still holds the lease of that generation.
    """

    def save(self, grant: Grant) -> None:
        """Insert or replace a grant; ends any lease."""
        ...

    def get(self, grant_id: str) -> Grant | None:
        """Return a grant, its tokens decrypted."""
        ...

    def lease(
        self, grant_id: str, generation: int, owner: str, now: datetime, until: datetime
    ) -> Grant | None:
        """Take the right to refresh a generation, unless somebody holds it."""
        ...

    def renew(self, grant: Grant, owner: str, pair: TokenPair, now: datetime) -> bool:
        """Keep the next pair and end the lease."""
        ...

    def release(self, grant: Grant, owner: str, error: str) -> bool:
        """End a lease that brought nothing; when it was first tried is kept."""
        ...

    def bury(self, grant: Grant, owner: str, error: str) -> bool:
        """Mark a grant as dead and end the lease."""
        ...

    def idle(self, refreshed_before: datetime, limit: int) -> Sequence[str]:
        """Return living grants that rested for long, the longest first."""
        ...

    def ageing(
        self, consented_before: datetime, refreshed_before: datetime
    ) -> Sequence[GrantAge]:
        """Return living grants that are old, or that rested for long, by id."""
        ...

    def seals(self, after_id: str, limit: int) -> Sequence[SealedGrant]:
        """Return which keys open some grants, in the order of the ids."""
        ...

    def reseal(self, after_id: str, limit: int) -> Sequence[SealedGrant]:
        """Encrypt some grants under the first key; returns how they were found."""
        ...

    def ids(self) -> frozenset[str]:
        """Return which grants there are."""
        ...

    def all(self) -> Iterator[Grant]:
        """Yield every grant, in the order of the ids."""
        ...

    def erase(self, grant_id: str) -> None:
        """Forget a grant and its tokens."""
        ...

"""Drops what nobody needs any more: old attempts, old sessions, tokens of no site."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connector.domain.consent import LIFE
from connector.domain.store_ports import Begin


@dataclass(frozen=True, slots=True)
class Swept:
    """How many grants were dropped that no site uses."""

    grants: int = 0

    @property
    def summary(self) -> str:
        """Return what was done, in a line; empty if nothing was."""
        return f"{self.grants} unused grants erased" if self.grants else ""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Cleans up; what it drops has had its time."""

    begin: Begin
    now: Callable[[], datetime]

    def __call__(self) -> Swept:
        """Drop it all in one transaction."""
        now = self.now()
        with self.begin() as stores:
            stores.consents.forget(now - LIFE)
            stores.sessions.forget(now)
            unused = stores.installations.unused_grants()
            for grant_id in unused:
                stores.grants.erase(grant_id)
        return Swept(len(unused))

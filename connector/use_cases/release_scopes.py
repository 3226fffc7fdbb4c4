"""Tells the installations that a newer connector asks for more than they granted."""

from collections.abc import Callable
from datetime import datetime

from connector.domain import life
from connector.domain.life_steps import RUNNING
from connector.domain.store_ports import Begin
from connector.use_cases.befall import befall, standing_of
from connector.use_cases.check_site import ScopesOf, missing_from


class ReleaseScopes:
    """Called when a process starts; costs one question where nothing is new."""

    def __init__(
        self,
        begin: Begin,
        required_of_profile: ScopesOf,
        permissions: int,
        now: Callable[[], datetime],
    ) -> None:
        self._begin = begin
        self._required_of_profile = required_of_profile
        self._permissions = permissions
        self._now = now

    def __call__(self) -> int:
        """Return how many installations consented to an older list of scopes."""
        with self._begin(write=False) as stores:
            if not stores.installations.outdated(self._permissions):
                return 0
        with self._begin() as stores:
            outdated = stores.installations.outdated(self._permissions)
            running = [it for it in outdated if standing_of(it) in RUNNING]
            for installation in running:
                required = self._required_of_profile(installation.profile)
                missing = missing_from(installation.scopes, required)
                event = life.Released(self._permissions, missing)
                befall(stores, installation, event, self._now())
        return len(running)

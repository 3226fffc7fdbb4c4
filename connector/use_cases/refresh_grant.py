"""Keeps the tokens of a grant fresh: one request for any number of callers.

Whoever finds a pair that runs out takes a lease in the database, asks Atlassian
outside any transaction, and stores the next pair before anybody uses it. Whoever
comes second sleeps and reads again (oauth-and-installation, part 2, 1.7).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from connector.domain.care import CREDENTIALS, Alarm
from connector.domain.consent import TokenExchange
from connector.domain.errors import (
    AtlassianUnavailableError,
    CasbError,
    ConsentError,
    CredentialsError,
    DeadGrantError,
)
from connector.domain.grant import IDLE, Grant, alarm_about
from connector.domain.installation import TokenPair
from connector.domain.store_ports import Begin
from connector.use_cases.bury_grant import bury_grant, dead_grant, foreign_grant

FRESH_FOR = timedelta(minutes=5)
AGAIN = "Authorise the site with `casb install`."
LATER = "Try again in a few minutes."
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take and how patient we are.

    A lease outlives one run of requests, each of which takes ``request`` at most.
    Runs are made until ``persistence`` after the first request without an answer;
    later callers ask once each. ``pause`` lies between two requests while Atlassian
    does not know our app.
    """

    lease: timedelta = timedelta(seconds=60)
    request: timedelta = timedelta(seconds=25)
    persistence: timedelta = timedelta(minutes=8)
    pause: timedelta = timedelta(minutes=5)
    first_wait: timedelta = timedelta(seconds=1)
    longest_nap: timedelta = timedelta(seconds=1)
    jitter: Callable[[], float] = random.random


class RefreshGrant:
    """Hands out the pair of a grant, refreshed if it has to be; it blocks."""

    def __init__(
        self,
        begin: Begin,
        exchange: TokenExchange,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        new_owner: Callable[[], str],
        pace: Pace | None = None,
    ) -> None:
        self._begin = begin
        self._exchange = exchange
        self._now = now
        self._sleep = sleep
        self._new_owner = new_owner
        self._pace = pace or Pace()

    def __call__(
        self, grant_id: str, rejected: str = "", *, newer_than: datetime | None = None
    ) -> TokenPair:
        """Return a pair that is good for a while.

        ``rejected`` is an access token that Atlassian no longer takes, and
        ``newer_than`` asks for a pair from after a time. Raises DeadGrantError
        where only a new consent helps, CredentialsError where Atlassian does not
        know our app, AtlassianUnavailableError where it gives no answer, and
        SettingError where the grant is another app's: asked as ourselves, Atlassian
        would call it dead.
        """
        waited = timedelta()
        for naps in count():
            grant, alarm = self._found(grant_id)
            if self._is_good(grant, rejected, newer_than):
                return grant.pair
            if not grant.is_leased(self._now()):
                self._heed_what_stopped_others(grant, alarm, has_waited=naps > 0)
                if pair := self._refreshed(grant):
                    return pair
            elif waited > 3 * self._pace.lease:
                break
            waited += self._nap(naps)
        raise AtlassianUnavailableError(
            "Other processes have been refreshing the tokens for too long.", LATER
        )

    def _found(self, grant_id: str) -> tuple[Grant, Alarm | None]:
        """Return a grant that may be asked for, and the alarm about our app."""
        with self._begin(write=False) as stores:
            grant = stores.grants.get(grant_id)
            if grant is None:
                raise ConsentError("There are no tokens for this site.", AGAIN)
            if grant.is_dead:
                raise dead_grant(stores.installations.of_grant(grant_id))
            if grant.client_id not in {"", self._exchange.client_id}:
                raise foreign_grant(grant, stores.installations.of_grant(grant_id))
            return grant, stores.alarms.get(CREDENTIALS)

    def _is_good(
        self, grant: Grant, rejected: str, newer_than: datetime | None
    ) -> bool:
        pair = grant.pair
        margin = min(FRESH_FOR, (pair.expires_at - grant.refreshed_at) / 4)
        left = pair.expires_at - self._now()
        is_fresh = left >= margin and left > timedelta()
        is_new = newer_than is None or grant.refreshed_at >= newer_than
        return is_fresh and is_new and pair.access_token != rejected

    def _heed_what_stopped_others(
        self, grant: Grant, alarm: Alarm | None, *, has_waited: bool
    ) -> None:
        paused_since = self._now() - self._pace.pause
        if alarm and (alarm.seen_at or alarm.raised_at) > paused_since:
            raise CredentialsError(alarm.message, alarm.remedy)
        if has_waited and grant.error and not grant.lease_owner:
            raise AtlassianUnavailableError(grant.error, LATER)

    def _refreshed(self, grant: Grant) -> TokenPair | None:
        """Return the next pair, or nothing where somebody else was quicker."""
        owner = self._new_owner()
        with self._begin() as stores:
            now = self._now()
            leased = stores.grants.lease(
                grant.id, grant.generation, owner, now, now + self._pace.lease
            )
        if leased is None:
            return None
        try:
            pair = self._exchanged(leased)
        except DeadGrantError as error:
            bury_grant(self._begin, leased, owner, error, self._now())
            return None
        except CredentialsError as error:
            self._raise_alarm(leased, owner, error)
            raise
        except CasbError as error:
            with self._begin() as stores:
                stores.grants.release(leased, owner, error.message)
            raise
        return pair if self._is_kept(leased, owner, pair) else None

    def _exchanged(self, grant: Grant) -> TokenPair:
        """Ask until there is an answer; the leeway lets one token be sent again."""
        now = self._now()
        end = (grant.lease_until or now) - self._pace.request
        end = min(end, (grant.tried_at or now) + self._pace.persistence)
        number = 0
        while True:
            try:
                return self._exchange.refresh(grant.pair)
            except AtlassianUnavailableError as error:
                wait = self._wait_after(error, number)
                if self._now() + wait > end:
                    raise
                self._sleep(wait.total_seconds())
                number += 1

    def _wait_after(self, error: AtlassianUnavailableError, number: int) -> timedelta:
        wait = self._pace.first_wait * (1 << number) * (0.5 + self._pace.jitter() / 2)
        return max(wait, timedelta(seconds=min(error.retry_after or 0, DAY_SECONDS)))

    def _is_kept(self, grant: Grant, owner: str, pair: TokenPair) -> bool:
        with self._begin() as stores:
            is_ours = stores.grants.renew(grant, owner, pair, self._now())
            stores.alarms.end(CREDENTIALS)
            stores.alarms.end(alarm_about(IDLE, grant.id))
        return is_ours

    def _raise_alarm(self, grant: Grant, owner: str, error: CredentialsError) -> None:
        """Tell the operator once; this is about our app and about no site."""
        alarm = Alarm(CREDENTIALS, error.message, error.remedy, self._now())
        with self._begin() as stores:
            stores.grants.release(grant, owner, error.message)
            stores.alarms.raise_(alarm)

    def _nap(self, naps: int) -> timedelta:
        nap = min(
            self._pace.longest_nap, timedelta(milliseconds=20) * (1 << min(naps, 9))
        )
        nap *= 0.5 + self._pace.jitter() / 2
        self._sleep(nap.total_seconds())
        return nap

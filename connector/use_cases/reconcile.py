"""Looks after the installations: whoever is due is checked, ended or purged.

One question per grant tells which of its sites are still there; only those are asked
themselves. What comes of one installation is kept before the next one is looked at.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby, takewhile
from typing import Protocol

from connector.domain.consent import AtlassianSites, GrantedSite
from connector.domain.errors import (
    AtlassianUnavailableError,
    CasbError,
    ConsentError,
    NotFoundError,
    RefusedError,
)
from connector.domain.installation import (
    Installation,
    InstallationState,
    TokenPair,
)
from connector.domain.life import CHECK_EVERY, CheckRefused, Event, GrantDied
from connector.domain.store_ports import Begin
from connector.use_cases.befall import befall, standing_of
from connector.use_cases.check_site import CheckSite
from connector.use_cases.uninstall_site import UninstallSite

logger = logging.getLogger(__name__)

State = InstallationState

BATCH = 100
GRANTS_AT_ONCE = 4
LATER = timedelta(minutes=5)
"""When to look again after Atlassian gave no answer."""
SILENT_AT_MOST = 3
AGAIN = "It is tried again in a few minutes."
NO_TOKENS = "There are no tokens for {0}. Connect it: `casb install --site {0}`."


class Refresh(Protocol):
    """Hands out a fresh pair of a grant."""

    def __call__(self, grant_id: str, rejected: str = "") -> TokenPair:
        """Return a pair that is good for a while."""
        ...


@dataclass(frozen=True, slots=True)
class Rounds:
    """How many installations were looked at, by the state they are in now.

    ``put_off`` counts those about which nothing could be found out.
    """

    looked_at: Mapping[str, int] = field(default_factory=dict)
    put_off: int = 0


@dataclass(frozen=True, slots=True)
class Reach:
    """A token of a grant and the sites that it reaches."""

    access_token: str = field(repr=False)
    sites: Mapping[str, GrantedSite]


@dataclass(slots=True)
class Round:
    """What one round has learnt: each grant is asked once, and fails once.

    After some grants in a row without an answer the others are not tried: each would
    wait for as long.
    """

    reaches: dict[str, Reach | CasbError] = field(default_factory=dict)
    silent: int = 0

    def reach(self, grant_id: str, ask: Callable[[str], Reach]) -> Reach:
        """Return what a grant reaches."""
        if grant_id not in self.reaches:
            self.reaches[grant_id] = self._asked(grant_id, ask)
        found = self.reaches[grant_id]
        if isinstance(found, CasbError):
            raise found
        return found

    def _asked(self, grant_id: str, ask: Callable[[str], Reach]) -> Reach | CasbError:
        if self.silent >= SILENT_AT_MOST:
            return AtlassianUnavailableError("Atlassian gives no answer.", AGAIN)
        try:
            reach = ask(grant_id)
        except CasbError as error:
            is_silent = isinstance(error, AtlassianUnavailableError)
            self.silent = self.silent + 1 if is_silent else 0
            return error
        self.silent = 0
        return reach


class Reconcile:
    """Goes round the installations that are due; one bad site stops no other."""

    def __init__(
        self,
        begin: Begin,
        refresh: Refresh,
        sites: AtlassianSites,
        check: CheckSite,
        uninstall: UninstallSite,
        now: Callable[[], datetime],
    ) -> None:
        self._begin = begin
        self._refresh = refresh
        self._sites = sites
        self._check = check
        self._uninstall = uninstall
        self._now = now

    def is_wanted(self) -> bool:
        """Return whether anything is due; costs one short question."""
        with self._begin(write=False) as stores:
            return bool(stores.installations.due(self._now(), 1))

    def __call__(self, keep_going: Callable[[], bool] = lambda: True) -> Rounds:
        """Look after all that is due, some grants at once, until told to stop."""
        states, put_off = Counter[str](), 0
        this_round = Round()

        def care(group: Sequence[Installation]) -> list[Installation | None]:
            going = takewhile(lambda _: keep_going(), group)
            return [self._cared_for(installation, this_round) for installation in going]

        with ThreadPoolExecutor(GRANTS_AT_ONCE) as pool:
            for groups in self._due():
                cared = [after for some in pool.map(care, groups) for after in some]
                states.update(after.state.value for after in cared if after)
                put_off += cared.count(None)
                if len(cared) < sum(map(len, groups)):
                    break
        return Rounds(dict(states), put_off)

    def site(self, installation_id: str) -> Installation:
        """Look after one installation now; raises what kept it from being checked."""
        with self._begin() as stores:
            known = stores.installations.get(installation_id)
        if known is None:
            raise NotFoundError("The site is not connected any more.")
        return self._care(known, Round())

    def _due(self) -> Iterator[Sequence[Sequence[Installation]]]:
        """Yield what is due in batches, each installation once, grant by grant.

        Young installations come first: somebody is waiting for them.
        """
        seen, stuck = set[str](), 0
        while True:
            with self._begin(write=False) as stores:
                due = stores.installations.due(self._now(), stuck + BATCH)
            fresh = [each for each in due if each.id not in seen]
            if not fresh:
                return
            stuck = len(due) - len(fresh)
            seen.update(each.id for each in fresh)
            groups = [
                list(group)
                for _, group in groupby(sorted(fresh, key=_grant_of), key=_grant_of)
            ]
            yield sorted(groups, key=_has_no_young)

    def _cared_for(
        self, installation: Installation, this_round: Round
    ) -> Installation | None:
        """Return an installation after a look at it, or nothing if that failed."""
        try:
            return self._care(installation, this_round)
        except CasbError as error:
            logger.info("%s was put off: %s", installation.site.url, error)
        except Exception:
            # A site nobody can handle must not keep the others from being looked at.
            logger.exception("%s could not be looked after", installation.site.url)
            self._put_off(installation, LATER)
        return None

    def _care(self, installation: Installation, this_round: Round) -> Installation:
        standing = standing_of(installation)
        if standing is State.UNINSTALLING:
            return self._uninstall.finish(installation.id)
        if standing is State.UNINSTALLED:
            return self._purged_in_time(installation)
        if standing in {State.REAUTH_REQUIRED, State.PURGED}:
            return self._put_off(installation, None)
        return self._checked(installation, this_round)

    def _checked(self, installation: Installation, this_round: Round) -> Installation:
        try:
            reach = this_round.reach(installation.grant_id, self._asked)
            granted = reach.sites.get(installation.site.cloud_id)
            return self._check(installation, reach.access_token, granted)
        except RefusedError as error:
            return self._befallen(installation, CheckRefused(str(error)))
        except CasbError as error:
            if self._has_no_grant(installation):
                died = GrantDied(NO_TOKENS.format(installation.site.url))
                return self._befallen(installation, died)
            self._put_off(installation, _wait_after(error))
            raise

    def _purged_in_time(self, installation: Installation) -> Installation:
        if installation.due_at is None or installation.due_at > self._now():
            return installation
        return self._uninstall.purge(installation.id)

    def _asked(self, grant_id: str) -> Reach:
        pair = self._refresh(grant_id)
        try:
            granted = self._sites.granted(pair.access_token)
        except RefusedError:
            # The token may have been revoked before its time: try a newer one once.
            pair = self._refresh(grant_id, rejected=pair.access_token)
            granted = self._sites.granted(pair.access_token)
        return Reach(pair.access_token, _confluence_sites(granted))

    def _has_no_grant(self, installation: Installation) -> bool:
        with self._begin(write=False) as stores:
            return stores.grants.get(installation.grant_id) is None

    def _befallen(self, installation: Installation, event: Event) -> Installation:
        """Let something befall an installation, unless it has another grant by now."""
        with self._begin() as stores:
            current = stores.installations.get(installation.id) or installation
            if current.grant_id != installation.grant_id:
                return current
            return befall(stores, current, event, self._now())

    def _put_off(
        self, installation: Installation, wait: timedelta | None
    ) -> Installation:
        """Look again later, or never unless something else happens."""
        with self._begin() as stores:
            current = stores.installations.get(installation.id) or installation
            if current.due_at is None or standing_of(current) is not standing_of(
                installation
            ):
                return current
            due_at = None if wait is None else self._now() + wait
            later = replace(current, due_at=due_at)
            stores.installations.save(later)
        return later


def _confluence_sites(granted: Sequence[GrantedSite]) -> dict[str, GrantedSite]:
    return {each.site.cloud_id: each for each in granted if each.has_confluence}


def _has_no_young(group: Sequence[Installation]) -> bool:
    return all(standing_of(each) is not State.VERIFYING for each in group)


def _grant_of(installation: Installation) -> str:
    return installation.grant_id


def _wait_after(error: CasbError) -> timedelta:
    if isinstance(error, AtlassianUnavailableError):
        return max(LATER, timedelta(seconds=error.retry_after or 0))
    if isinstance(error, ConsentError):
        return CHECK_EVERY
    return LATER

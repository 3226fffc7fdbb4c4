"""Makes of a consent what follows from it: the grant, the site, the sites beside it.

One transaction; nothing in here talks to Atlassian.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.domain import life
from connector.domain.care import CREDENTIALS
from connector.domain.consent import Consent, GrantedSite
from connector.domain.errors import ConflictError
from connector.domain.grant import Grant
from connector.domain.installation import (
    Installation,
    InstallationState,
    TokenPair,
)
from connector.domain.life_steps import CONNECTED
from connector.domain.store_ports import Stores
from connector.use_cases.befall import befall, standing_of
from connector.use_cases.bury_grant import drop_unused
from connector.use_cases.check_site import (
    CheckSite,
    Findings,
    account_scopes,
)

SAYS_THE_LIST = frozenset({life.SCOPES_MISSING, life.REFUSED})
"""Reasons that a new list of scopes answers; others only a look at the site does."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a consent is asked with: the profile, our app, the version of the list."""

    profile: str
    client_id: str
    permissions: int


@dataclass(frozen=True, slots=True)
class Given:
    """A consent that was given: its tokens, whose they are, and what they reach."""

    consent: Consent
    pair: TokenPair = field(repr=False)
    account_id: str
    reached: Mapping[str, GrantedSite]

    def site(self, cloud_id: str) -> GrantedSite | None:
        """Return what the consent holds for a site, the account's own scopes too."""
        found = self.reached.get(cloud_id)
        if found is None:
            return None
        return replace(found, scopes=found.scopes | account_scopes(self.pair.scopes))


class SettleConsent:
    """Stores a consent and lets it befall every installation that it concerns."""

    def __init__(
        self,
        check: CheckSite,
        terms: Terms,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._check = check
        self._terms = terms
        self._now = now
        self._new_id = new_id

    def grant(self, given: Given) -> Grant:
        """Return the grant of a consent."""
        now = self._now()
        return Grant(
            id=given.consent.id,
            pair=given.pair,
            consented_at=now,
            refreshed_at=now,
            account_id=given.account_id,
            client_id=self._terms.client_id,
        )

    def __call__(
        self,
        stores: Stores,
        given: Given,
        chosen: GrantedSite,
        found: Findings | None,
    ) -> Installation:
        """Return the installation of the chosen site.

        ``found`` is None where Atlassian could not be asked: then the site waits to
        be verified.
        """
        concerned = _concerned(stores, chosen, given)
        known = concerned.get(chosen.site.cloud_id)
        fresh = self._taken(stores, known, given, chosen)
        installation = self._consented(stores, fresh, given)
        if found is not None:
            site = given.site(chosen.site.cloud_id)
            installation = self._check.conclude(stores, installation, site, found)
        for sibling in concerned.values():
            if sibling.id != installation.id:
                self._follow(stores, sibling, given)
        stores.grants.save(self.grant(given))
        for grant_id in sorted({it.grant_id for it in concerned.values()}):
            drop_unused(stores, grant_id)
        stores.alarms.end(CREDENTIALS)  # Atlassian has just accepted our app.
        return installation

    def _taken(
        self,
        stores: Stores,
        known: Installation | None,
        given: Given,
        chosen: GrantedSite,
    ) -> Installation:
        if known and known.state is InstallationState.UNINSTALLING:
            raise ConflictError(
                f"{chosen.site.url} is being uninstalled.", "Try again in a minute."
            )
        now = self._now()
        fresh = known or Installation(
            id=self._new_id(),
            site=chosen.site,
            grant_id=given.consent.id,
            state=InstallationState.VERIFYING,
            profile=given.consent.profile,
            installed_at=now,
            permissions=self._terms.permissions,
        )
        account_id = given.account_id or fresh.installing_account
        taken = replace(fresh, site=chosen.site, installing_account=account_id)
        stores.installations.save(taken)
        return taken

    def _consented(
        self, stores: Stores, installation: Installation, given: Given
    ) -> Installation:
        event = life.ConsentGranted(
            given.consent.id, given.consent.profile, self._terms.permissions
        )
        return befall(stores, installation, event, self._now())

    def _follow(self, stores: Stores, sibling: Installation, given: Given) -> None:
        """Let a site of the same account use the newest tokens, if they reach it.

        Its scopes were overridden either way, so somebody looks at it at once.
        """
        site = given.site(sibling.site.cloud_id)
        after = sibling
        if site is not None:
            found = Findings(given.account_id, trouble=_lasting(sibling))
            consented = self._consented(stores, sibling, given)
            after = self._check.conclude(stores, consented, site, found)
        if site is not None or standing_of(sibling) in CONNECTED:
            stores.installations.save(replace(after, due_at=self._now()))


def _concerned(
    stores: Stores, chosen: GrantedSite, given: Given
) -> dict[str, Installation]:
    """Return the chosen site and those beside it, by cloud id and locked.

    They are as they are once locked: another may have changed them until then.
    """
    known = stores.installations.find(chosen.site.cloud_id)
    siblings = _siblings(stores, known, given)
    ids = {it.id for it in (*siblings, *filter(None, [known]))}
    # In one order, and before any grant, as everywhere.
    found = [stores.installations.get(id_) for id_ in sorted(ids)]
    live = [it for it in found if it and not it.state.has_ended]
    leaving = InstallationState.UNINSTALLING
    return {
        it.site.cloud_id: it
        for it in live
        if it.site.cloud_id == chosen.site.cloud_id or it.state is not leaving
    }


def _siblings(
    stores: Stores, known: Installation | None, given: Given
) -> list[Installation]:
    if not given.account_id:
        return []
    of_account = stores.installations.of_account(given.account_id)
    of_grant = stores.installations.of_grant(known.grant_id) if known else ()
    same = (it for it in of_grant if it.installing_account in {"", given.account_id})
    return [*of_account, *same]


def _lasting(sibling: Installation) -> life.Trouble | None:
    """Return the trouble of a site that a new list of scopes does not settle."""
    is_degraded = standing_of(sibling) is InstallationState.DEGRADED
    if not is_degraded or not sibling.reason or sibling.reason in SAYS_THE_LIST:
        return None
    return life.Trouble(sibling.reason, sibling.note)

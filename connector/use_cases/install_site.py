"""Gets the consent for a site and makes an installation of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.domain.consent import (
    LIFE,
    AtlassianSites,
    Consent,
    ConsentStatus,
    GrantedSite,
    hash_of,
    is_confluence_scope,
)
from connector.domain.errors import (
    CasbError,
    ConsentError,
    NotFoundError,
    UsageError,
)
from connector.domain.installation import (
    Installation,
    InstallationState,
    TokenPair,
)
from connector.domain.store_ports import Begin, Stores

AGAIN = "Run `casb install` again for a fresh link."


@dataclass(frozen=True, slots=True)
class Ticket:
    """A link's one-time secret, and the attempt it starts."""

    secret: str = field(repr=False)
    consent: Consent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a consent came to: an installation, or sites to choose from."""

    installation: Installation | None = None
    choices: tuple[GrantedSite, ...] = ()


class InstallSite:
    """Leads an attempt from the one-time link to an installation.

    Whatever goes wrong on the way ends the attempt with a sentence for the person
    who asked, and changes no installation.
    """

    def __init__(
        self,
        begin: Begin,
        sites: AtlassianSites,
        profile: str,
        scopes: frozenset[str],
        now: Callable[[], datetime],
        new_secret: Callable[[], str],
    ) -> None:
        self._begin = begin
        self._sites = sites
        self._profile = profile
        self._scopes = frozenset(filter(is_confluence_scope, scopes))
        self._now = now
        self._new_secret = new_secret

    def ask(self, wanted: str = "", asked_by: str = "") -> Ticket:
        """Begin an attempt; the ticket's secret goes into the link and nowhere else."""
        secret, now = self._new_secret(), self._now()
        consent = Consent(
            id=self._new_secret(),
            ticket_hash=hash_of(secret),
            asked_at=now,
            asked_by=asked_by,
            wanted=wanted,
            profile=self._profile,
        )
        with self._begin() as stores:
            for grant_id in stores.consents.forget(now - LIFE):
                stores.vault.erase(grant_id)
            stores.consents.save(consent)
        return Ticket(secret, consent)

    def start(self, secret: str) -> Consent:
        """Use the ticket up; the browser that did so goes on to Atlassian."""
        with self._begin() as stores:
            consent = stores.consents.start(hash_of(secret), self._now())
        if consent is None:
            raise ConsentError("This link was used before, or it is too old.", AGAIN)
        return consent

    def attempt(self, consent_id: str) -> Consent:
        """Return how far an attempt has come; one that ran out has failed."""
        with self._begin(write=False) as stores:
            consent = stores.consents.get(consent_id)
        if consent is None:
            raise NotFoundError("This attempt to connect a site is unknown.", AGAIN)
        is_over = consent.status in {ConsentStatus.DONE, ConsentStatus.FAILED}
        if not is_over and self._now() >= consent.expires_at:
            return _failed(consent, ConsentError("Nobody consented in time.", AGAIN))
        return consent

    def fail(self, consent_id: str, error: CasbError) -> None:
        """End an attempt with the reason; what was installed stays as it was."""
        consent = self.attempt(consent_id)
        if consent.status is ConsentStatus.DONE:
            return
        with self._begin() as stores:
            stores.consents.save(_failed(consent, error))
            stores.vault.erase(consent_id)

    def finish(self, consent_id: str, pair: TokenPair) -> Outcome:
        """Turn fresh tokens into an installation, or into sites to choose from."""
        consent = self._running(consent_id)
        try:
            return self._finish(consent, pair, consent.wanted)
        except CasbError as error:
            self.fail(consent_id, error)
            raise

    def choices(self, consent_id: str) -> tuple[GrantedSite, ...]:
        """Return the sites to choose from."""
        self._running(consent_id)
        return tuple(self._granted(self._kept_pair(consent_id)))

    def choose(self, consent_id: str, cloud_id: str) -> Outcome:
        """Install the site that somebody chose from several."""
        consent = self._running(consent_id)
        pair = self._kept_pair(consent_id)
        if not cloud_id:
            raise UsageError("No site was chosen.", "Choose one.")
        return self._finish(consent, pair, cloud_id)

    def installed(self, consent: Consent) -> Installation:
        """Return the installation that an attempt brought."""
        with self._begin(write=False) as stores:
            installation = stores.installations.find(consent.site_id)
        if installation is None:
            raise NotFoundError("The site is not connected any more.", AGAIN)
        return installation

    def _running(self, consent_id: str) -> Consent:
        consent = self.attempt(consent_id)
        if consent.status is ConsentStatus.FAILED:
            raise consent.failure
        if consent.status is not ConsentStatus.STARTED:
            raise ConsentError("This attempt is over.", AGAIN)
        return consent

    def _kept_pair(self, consent_id: str) -> TokenPair:
        with self._begin(write=False) as stores:
            pair = stores.vault.load(consent_id)
        if pair is None:
            raise ConsentError("There is nothing to choose from any more.", AGAIN)
        return pair

    def _granted(self, pair: TokenPair) -> list[GrantedSite]:
        granted = self._sites.granted(pair.access_token)
        return [site for site in granted if site.has_confluence]

    def _finish(self, consent: Consent, pair: TokenPair, wanted: str) -> Outcome:
        granted = self._granted(pair)
        matching = [site for site in granted if not wanted or site.is_called(wanted)]
        if not matching:
            raise _none_granted(granted, wanted)
        if len(matching) > 1:
            with self._begin() as stores:
                stores.vault.store(consent.id, pair)
            return Outcome(choices=tuple(matching))
        [chosen] = matching
        account_id = self._sites.account_id(pair.access_token, chosen.site.cloud_id)
        with self._begin() as stores:
            stores.vault.store(consent.id, pair)
            installation = self._installed(stores, consent, chosen, pair, account_id)
            self._move_siblings(stores, installation, granted)
            stores.consents.save(
                replace(
                    consent, status=ConsentStatus.DONE, site_id=chosen.site.cloud_id
                )
            )
        return Outcome(installation)

    def _installed(
        self,
        stores: Stores,
        consent: Consent,
        chosen: GrantedSite,
        pair: TokenPair,
        account_id: str,
    ) -> Installation:
        known = stores.installations.find(chosen.site.cloud_id)
        fresh = known or Installation(
            id=self._new_secret(),
            site=chosen.site,
            grant_id=consent.id,
            installed_at=self._now(),
        )
        state, note = self._judge(chosen, fresh.state)
        installation = replace(
            fresh,
            site=chosen.site,
            grant_id=consent.id,
            state=state,
            note=note,
            scopes=chosen.scopes | _of_account(pair.scopes),
            profile=consent.profile,
            installing_account=account_id,
        )
        stores.installations.save(installation)
        if known:
            self._drop_unused(stores, known.grant_id)
        return installation

    def _judge(
        self, granted: GrantedSite, state: InstallationState
    ) -> tuple[InstallationState, str]:
        missing = sorted(self._scopes - granted.scopes)
        if state is InstallationState.SUSPENDED:
            return state, ""
        if not missing:
            return InstallationState.ACTIVE, ""
        note = (
            f"The consent lacks {_scopes(missing)}. Add what is missing to the OAuth "
            "app in Atlassian's developer console, then run `casb install` again."
        )
        return InstallationState.DEGRADED, note

    def _move_siblings(
        self, stores: Stores, installation: Installation, granted: Sequence[GrantedSite]
    ) -> None:
        """Let the account's other sites use the newest tokens that reach them."""
        reached = {site.site.cloud_id: site for site in granted}
        for sibling in stores.installations.all():
            site = reached.get(sibling.site.cloud_id)
            if (
                site is None
                or sibling.id == installation.id
                or sibling.installing_account != installation.installing_account
            ):
                continue
            state, note = self._judge(site, sibling.state)
            stores.installations.save(
                replace(
                    sibling,
                    grant_id=installation.grant_id,
                    scopes=site.scopes | _of_account(installation.scopes),
                    state=state,
                    note=note,
                )
            )
            self._drop_unused(stores, sibling.grant_id)

    def _drop_unused(self, stores: Stores, grant_id: str) -> None:
        if all(known.grant_id != grant_id for known in stores.installations.all()):
            stores.vault.erase(grant_id)


def _failed(consent: Consent, error: CasbError) -> Consent:
    return replace(
        consent,
        status=ConsentStatus.FAILED,
        error=error.message,
        remedy=error.remedy,
        exit_code=error.exit_code,
    )


def _none_granted(granted: Sequence[GrantedSite], wanted: str) -> ConsentError:
    if not granted:
        return ConsentError(
            "The consent opens no Confluence site.",
            "On Atlassian's page choose a site with Confluence, with an account that "
            "is not a guest there.",
        )
    others = ", ".join(sorted(site.site.url for site in granted))
    return ConsentError(
        f"The consent does not open {wanted}, but {others}.",
        f"Choose {wanted} under 'Use app on' on Atlassian's page.",
    )


def _of_account(scopes: frozenset[str]) -> frozenset[str]:
    return frozenset(scope for scope in scopes if not is_confluence_scope(scope))


def _scopes(names: Sequence[str]) -> str:
    return f"the scope{'s' if len(names) > 1 else ''} {', '.join(names)}"

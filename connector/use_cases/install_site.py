"""Gets the consent for a site and makes an installation of it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.domain.consent import (
    LIFE,
    READ_ME,
    AtlassianSites,
    Consent,
    ConsentStatus,
    GrantedSite,
    hash_of,
)
from connector.domain.errors import (
    AtlassianError,
    AtlassianUnavailableError,
    CasbError,
    ConsentError,
    NotFoundError,
    UsageError,
)
from connector.domain.installation import Installation, TokenPair
from connector.domain.store_ports import Begin
from connector.use_cases.check_site import CheckSite, Findings
from connector.use_cases.settle_consent import Given, SettleConsent, Terms

AGAIN = "Begin again: press Install, or run `casb install` for a fresh link."
LOOKED_AT_LATER = "The site is looked at again as soon as the worker runs."


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
        check: CheckSite,
        terms: Terms,
        now: Callable[[], datetime],
        new_secret: Callable[[], str],
    ) -> None:
        self._begin = begin
        self._sites = sites
        self._check = check
        self._terms = terms
        self._settle = SettleConsent(check, terms, now, new_secret)
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
            profile=self._terms.profile,
        )
        with self._begin() as stores:
            for grant_id in stores.consents.forget(now - LIFE):
                stores.grants.erase(grant_id)
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
        failed = _failed(self.attempt(consent_id), error)
        with self._begin() as stores:
            # Another call-back of the same browser may have got it done meanwhile.
            if stores.consents.fail(failed):
                stores.grants.erase(consent_id)

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
        consent = self._running(consent_id)
        granted = self._granted(self._kept_pair(consent_id))
        return tuple(
            site for site in granted if self._check.is_for_us(site, consent.profile)
        )

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
            grant = stores.grants.get(consent_id)
        if grant is None:
            raise ConsentError("There is nothing to choose from any more.", AGAIN)
        return grant.pair

    def _granted(self, pair: TokenPair) -> list[GrantedSite]:
        granted = self._sites.granted(pair.access_token)
        return [site for site in granted if site.has_confluence]

    def _finish(self, consent: Consent, pair: TokenPair, wanted: str) -> Outcome:
        granted = self._granted(pair)
        ours = [
            site for site in granted if self._check.is_for_us(site, consent.profile)
        ]
        matching = [site for site in ours if not wanted or site.is_called(wanted)]
        if not matching:
            raise _none_granted(granted, ours, self._url_of(wanted))
        reached = {site.site.cloud_id: site for site in granted}
        if len(matching) > 1:
            with self._begin() as stores:
                kept = Given(consent, pair, "", reached)
                stores.grants.save(self._settle.grant(kept))
            return Outcome(choices=tuple(matching))
        [chosen] = matching
        found, note = self._looked(consent, pair, chosen)
        account_id = self._account_id(pair, found)
        given = Given(consent, pair, account_id, reached)
        with self._begin() as stores:
            installation = self._settle(stores, given, chosen, found)
            if note:
                installation = replace(installation, note=note)
                stores.installations.save(installation)
            done = replace(
                consent, status=ConsentStatus.DONE, site_id=chosen.site.cloud_id
            )
            stores.consents.save(done)
        return Outcome(installation)

    def _looked(
        self, consent: Consent, pair: TokenPair, chosen: GrantedSite
    ) -> tuple[Findings | None, str]:
        """Return what a look at the site brought, or why there was none."""
        token = pair.access_token
        try:
            return self._check.look(chosen.site, consent.profile, token), ""
        except AtlassianUnavailableError as error:
            return None, f"{error.message} {LOOKED_AT_LATER}"

    def _account_id(self, pair: TokenPair, found: Findings | None) -> str:
        """Return whose consent this is, asked of the site or else of Atlassian."""
        if found and found.account_id:
            return found.account_id
        if READ_ME not in pair.scopes:
            return ""
        with suppress(ConsentError, AtlassianError):
            return self._sites.own_account_id(pair.access_token)
        return ""

    def _url_of(self, wanted: str) -> str:
        """Return a site's URL, which people know, where its cloud id was given."""
        with self._begin(write=False) as stores:
            known = stores.installations.named(wanted) if wanted else None
        return known.site.url if known else wanted


def _failed(consent: Consent, error: CasbError) -> Consent:
    return replace(
        consent,
        status=ConsentStatus.FAILED,
        error=error.message,
        remedy=error.remedy,
        exit_code=error.exit_code,
    )


def _none_granted(
    granted: Sequence[GrantedSite], ours: Sequence[GrantedSite], wanted: str
) -> ConsentError:
    if not granted:
        return ConsentError(
            "The consent opens no Confluence site.",
            "On Atlassian's page choose a site with Confluence, with an account that "
            "is not a guest there.",
        )
    if not ours:
        return ConsentError(
            "This consent holds none of the scopes that the connector asks for: it "
            "was given to another app.",
            "Check CASB_ATLASSIAN_CLIENT_ID and the app's scopes in Atlassian's "
            "developer console.",
        )
    others = ", ".join(sorted(site.site.url for site in ours))
    return ConsentError(
        f"The consent does not open {wanted}, but {others}.",
        f"Begin again and pick this site on the consent screen: {wanted}, under 'Use "
        "app on'.",
    )

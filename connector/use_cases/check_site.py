"""Says what a working token shows about a site, and lets that befall its installation.

Called after a consent, by the retries of a young installation and by the daily
reconcile; an installation that got another grant meanwhile is left alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from casb_sdk import Site
from connector.domain import life
from connector.domain.consent import (
    AtlassianSites,
    GrantedSite,
    is_confluence_scope,
)
from connector.domain.errors import RefusedError, ScopeError
from connector.domain.health import ProbeReport, SiteProbe
from connector.domain.installation import Installation, InstallationState
from connector.domain.points import APP, spent_already
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.befall import befall, standing_of

CALLS_GONE = "calls_gone"
CALLS_REFUSED = "calls_refused"
REFUSAL, ONE_ACCOUNT = 1, 3
"""The points of the real call: one, and two more for the account it returns."""

ScopesOf = Callable[[str], frozenset[str]]
"""Gives the scopes without which a profile does not work, by its name."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the calls of one check brought.

    ``refusal`` is Atlassian's 401 or 403 to the one real call, ``trouble`` what else
    was wrong with it.
    """

    account_id: str = ""
    report: ProbeReport | None = None
    trouble: life.Trouble | None = None
    refusal: RefusedError | None = None


def judge(
    installation: Installation,
    granted: GrantedSite | None,
    required: frozenset[str],
    permissions: int,
    found: Findings,
) -> life.Event:
    """Return what a check means; ``granted`` is None where the token lacks the site."""
    if granted is None:
        return life.SiteMissing()
    if found.refusal is not None:
        is_young = standing_of(installation) is InstallationState.VERIFYING
        if found.refusal.is_gone and not is_young:
            return life.SiteMissing()
        return life.CheckRefused(str(found.refusal))
    return life.Checked(
        scopes=granted.scopes,
        permissions=permissions,
        missing=missing_from(granted.scopes, required),
        trouble=found.trouble or trouble_of(found.report),
        account_id=found.account_id,
    )


def missing_from(scopes: frozenset[str], required: frozenset[str]) -> tuple[str, ...]:
    """Return the scopes of Confluence that a site did not grant."""
    return tuple(sorted(filter(is_confluence_scope, required - scopes)))


def trouble_of(report: ProbeReport | None) -> life.Trouble | None:
    """Return what a probe found wrong."""
    if report is None or report.is_well:
        return None
    if report.missing_scopes:
        return life.Trouble(life.SCOPES_MISSING, report.note)
    return life.Trouble(CALLS_GONE if report.gone else CALLS_REFUSED, report.note)


def account_scopes(scopes: frozenset[str]) -> frozenset[str]:
    """Return the scopes that belong to the account and stand at no site."""
    return frozenset(scope for scope in scopes if not is_confluence_scope(scope))


def _account_of(stores: Stores, site: Site) -> str:
    """Return the account of points that the calls to a site count against."""
    installation = stores.installations.find(site.cloud_id)
    has_own = installation is not None and installation.settings.points_per_hour
    return site.cloud_id if has_own else APP


class CheckSite:
    """Checks an installation with a token that works: the one real call, the probe."""

    def __init__(
        self,
        begin: Begin,
        sites: AtlassianSites,
        probe: SiteProbe,
        required_of_profile: ScopesOf,
        permissions: int,
        now: Callable[[], datetime],
    ) -> None:
        self._begin = begin
        self._sites = sites
        self._probe = probe
        self._required_of_profile = required_of_profile
        self._permissions = permissions
        self._now = now

    def __call__(
        self,
        installation: Installation,
        access_token: str,
        granted: GrantedSite | None,
    ) -> Installation:
        """Return the installation after a check.

        ``granted`` is the site's entry among the accessible resources of the token.
        Raises AtlassianUnavailableError where Atlassian gives no answer: then
        nothing is known and nothing has changed.
        """
        found = Findings()
        if granted is not None:
            found = self.look(installation.site, installation.profile, access_token)
            # What belongs to the account stands in no list of a site's scopes.
            own = granted.scopes | account_scopes(installation.scopes)
            granted = replace(granted, scopes=own)
        with self._begin() as stores:
            current = stores.installations.get(installation.id) or installation
            if current.grant_id != installation.grant_id:
                return current
            return self.conclude(stores, current, granted, found)

    def is_for_us(self, granted: GrantedSite, profile: str) -> bool:
        """Return whether a site grants anything that this connector asks for."""
        return bool(self._required_of_profile(profile) & granted.scopes)

    def look(self, site: Site, profile: str, access_token: str) -> Findings:
        """Return what the real call and the probe say; only their price is stored."""
        found = self._seen(site, profile, access_token)
        points = found.report.points + ONE_ACCOUNT if found.report else REFUSAL
        with self._begin() as stores:
            stores.points.take(
                _account_of(stores, site), spent_already(points, self._now())
            )
        return found

    def _seen(self, site: Site, profile: str, access_token: str) -> Findings:
        try:
            account_id = self._sites.account_id(access_token, site.cloud_id)
        except ScopeError as error:
            return Findings(trouble=life.Trouble(life.SCOPES_MISSING, str(error)))
        except RefusedError as error:
            return Findings(refusal=error)
        return Findings(account_id, self._probe.probe(access_token, site, profile))

    def conclude(
        self,
        stores: Stores,
        installation: Installation,
        granted: GrantedSite | None,
        found: Findings,
    ) -> Installation:
        """Let what was found befall an installation; a lost site is seen first."""
        required = self._required_of_profile(installation.profile)
        event = judge(installation, granted, required, self._permissions, found)
        is_lost = standing_of(installation) is InstallationState.ACCESS_LOST
        if is_lost and not isinstance(event, life.SiteMissing):
            installation = befall(stores, installation, life.SiteSeen(), self._now())
        return befall(stores, installation, event, self._now())

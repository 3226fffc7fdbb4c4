"""Ends a grant that Atlassian no longer accepts, or that no site uses any more."""

from collections.abc import Sequence
from datetime import datetime

from connector.domain.care import CREDENTIALS
from connector.domain.errors import DeadGrantError, SettingError
from connector.domain.grant import IDLE, OLD, Grant, alarm_about
from connector.domain.installation import Installation
from connector.domain.life import GrantDied
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.befall import befall

MOST_NAMED = 20
NOTE = "Atlassian no longer accepts the consent. Renew it: `casb install --site {}`."


def bury_grant(
    begin: Begin, grant: Grant, owner: str, error: DeadGrantError, now: datetime
) -> None:
    """Mark a leased grant as dead and tell its sites, unless it was renewed meanwhile.

    Whoever judged the token has accepted our app, so its alarm ends.
    """
    with begin() as stores:
        # Locked before the grant, as elsewhere; who has another by now is left out.
        sites = stores.installations.of_grant(grant.id, is_locked=True)
        if stores.grants.bury(grant, owner, error.message):
            for site in sites:
                befall(stores, site, GrantDied(NOTE.format(site.site.url)), now)
            _end_alarms(stores, grant.id)
        stores.alarms.end(CREDENTIALS)


def drop_unused(stores: Stores, grant_id: str) -> None:
    """Erase the tokens of a grant, and end its alarms, unless a site uses it."""
    if grant_id and not stores.installations.of_grant(grant_id):
        stores.grants.erase(grant_id)
        _end_alarms(stores, grant_id)


def dead_grant(sites: Sequence[Installation]) -> DeadGrantError:
    """Return what callers are told of a dead grant, with the sites it is about."""
    names = names_of(sites)
    if not sites:
        return DeadGrantError(
            "Atlassian no longer accepts this consent.", "Run `casb install` again."
        )
    [site] = sites[:1]
    each = "" if len(sites) == 1 else ", and so on for each"
    return DeadGrantError(
        f"Atlassian no longer accepts the consent for {names}.",
        f"Authorise again with `casb install --site {site.site.url}`{each}.",
    )


def foreign_grant(grant: Grant, sites: Sequence[Installation]) -> SettingError:
    """Return what callers are told of a grant that was given to another app."""
    names = names_of(sites) or "this site"
    return SettingError(
        f"The consent for {names} was given to another OAuth app ({grant.client_id}).",
        "Set CASB_ATLASSIAN_CLIENT_ID and its secret back, or connect the sites again "
        "with `casb install`.",
    )


def _end_alarms(stores: Stores, grant_id: str) -> None:
    for what in (IDLE, OLD):
        stores.alarms.end(alarm_about(what, grant_id))


def names_of(sites: Sequence[Installation]) -> str:
    """Return the addresses of some sites; of very many the first few."""
    urls = [site.site.url for site in sites]
    rest = len(urls) - MOST_NAMED
    return ", ".join(urls[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")

"""Looks at what the operator's sites need: their states, tokens, consents, alarms."""

from collections.abc import Callable, Iterator, Sequence

from connector.domain.consent import AtlassianSites
from connector.domain.errors import (
    ConsentError,
    CredentialsError,
    LostKeyError,
    SettingError,
)
from connector.domain.installation import Installation, InstallationState
from connector.domain.store_ports import Begin
from connector.use_cases.diagnose import Diagnosis, failed, ok, warning
from connector.use_cases.refresh_grant import RefreshGrant
from connector.use_cases.rotate_keys import RotateKeys

BROKEN = frozenset({InstallationState.REAUTH_REQUIRED, InstallationState.ACCESS_LOST})
QUIET = frozenset({InstallationState.UNINSTALLING, InstallationState.UNINSTALLED})
MOST_ASKED = 20
CONNECT = "Connect it again with `casb install --site {}`."


class DiagnoseSites:
    """Says which sites do not work, and why; only ``consents`` asks Atlassian."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    def states(self) -> Sequence[Diagnosis]:
        """Return which sites are not well."""
        known = self._installations()
        if not known:
            return [
                warning("No site is connected.", "Connect one with `casb install`.")
            ]
        ill = [it for it in known if it.state is not InstallationState.ACTIVE]
        fine = len(known) - len(ill)
        found = [_state(installation) for installation in ill]
        return [*found, ok(f"{fine} connected and active")] if fine else found

    def tokens(self, keys: int) -> Sequence[Diagnosis]:
        """Return which tokens are missing or open with no key, and idle keys."""
        return list(self._tokens(keys)) or [ok("every site's tokens can be decrypted")]

    def consents(
        self, refresh: Callable[[], RefreshGrant], sites: Callable[[], AtlassianSites]
    ) -> Sequence[Diagnosis]:
        """Return which consents Atlassian no longer accepts; asks it about a few."""
        first_of = {it.grant_id: it for it in self._installations() if _is_in_use(it)}
        asked = list(first_of.items())[:MOST_ASKED]
        if not asked:
            return [ok("there is none to ask Atlassian about")]
        renew, granted = refresh(), sites()
        found, accepted = [], 0
        for grant_id, installation in asked:
            try:
                _try_out(grant_id, renew, granted)
                accepted += 1
            except CredentialsError:
                raise
            except LostKeyError:
                continue  # as `tokens` has said
            except (ConsentError, SettingError) as error:
                remedy = error.remedy or CONNECT.format(installation.site.url)
                found.append(failed(error.message, remedy))
        if not found and accepted:
            found = [ok(f"Atlassian accepts {accepted} of {len(first_of)}")]
        return found

    def alarms(self) -> Sequence[Diagnosis]:
        """Return the alarms that stand."""
        with self._begin(write=False) as stores:
            standing = stores.alarms.all()
        return [
            warning(f"Since {alarm.raised_at:%Y-%m-%d}: {alarm.message}", alarm.remedy)
            for alarm in standing
        ] or [ok("none stands")]

    def _tokens(self, keys: int) -> Iterator[Diagnosis]:
        use = RotateKeys(self._begin).look()
        for lost in use.lost:
            yield failed(
                f"No key of CASB_TOKEN_KEYS opens the tokens of {lost}.",
                "Put back the key they were encrypted with, or connect it again with "
                "`casb install`.",
            )
        if use.older:
            yield warning(
                f"{use.older} of the grants are under an older key of CASB_TOKEN_KEYS.",
                "Run `casb keys rotate`, then remove the older keys.",
            )
        for place in range(1, 0 if use.lost else keys):
            if not use.opens(place):
                yield warning(
                    f"Key {place + 1} of CASB_TOKEN_KEYS opens nothing any more.",
                    "Remove it.",
                )
        for installation in self._without_tokens():
            yield failed(
                f"There are no tokens for {installation.site.url}.",
                CONNECT.format(installation.site.url),
            )

    def _without_tokens(self) -> list[Installation]:
        with self._begin(write=False) as stores:
            known = stores.installations.all()
            kept = stores.grants.ids()
        return [it for it in known if _is_in_use(it) and it.grant_id not in kept]

    def _installations(self) -> list[Installation]:
        with self._begin(write=False) as stores:
            known = stores.installations.all()
        return [it for it in known if it.state not in QUIET]


def _state(installation: Installation) -> Diagnosis:
    url = installation.site.url
    tell = failed if installation.state in BROKEN else warning
    return tell(
        f"{url} is {installation.state}.",
        installation.note or f"See `casb sites show {url}`.",
    )


def _is_in_use(installation: Installation) -> bool:
    return installation.state not in QUIET | BROKEN


def _try_out(grant_id: str, refresh: RefreshGrant, sites: AtlassianSites) -> None:
    """Use a consent; a token that is refused is replaced once."""
    token = refresh(grant_id).access_token
    try:
        sites.granted(token)
    except ConsentError:
        sites.granted(refresh(grant_id, token).access_token)

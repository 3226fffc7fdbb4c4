"""The OAuth app of the settings, and the tokens it holds."""

import time
from collections.abc import Callable

from connector.atlassian.oauth_app import OAuthApp
from connector.atlassian.tokens import Bearer, RefreshOverHttp
from connector.bootstrap.application import Application
from connector.domain.errors import SettingError
from connector.domain.installation import Installation
from connector.manifest_files import Manifests
from connector.settings import Settings
from connector.use_cases.refresh_grant import RefreshGrant
from connector.work.owners import owner_name

NEEDED = (
    "CASB_TOKEN_KEYS",
    "CASB_ATLASSIAN_CLIENT_ID",
    "CASB_ATLASSIAN_CLIENT_SECRET",
)


def oauth_app(settings: Settings) -> OAuthApp:
    """Return our app in the developer console, with the scopes it asks for."""
    settings.require(*NEEDED)
    return OAuthApp(
        client_id=settings.atlassian_client_id,
        client_secret=settings.atlassian_client_secret,
        scopes=scopes_asked(settings),
        auth_url=settings.atlassian_auth_url,
        api_url=settings.atlassian_api_url,
        with_pkce=settings.atlassian_pkce,
        certificates=settings.certificates,
    )


def scopes_asked(settings: Settings) -> tuple[str, ...]:
    """Return the scopes of the profile, with the optional ones that were chosen."""
    needs = Manifests.shipped().scopes(settings.scope_profile)
    optional = {need.scope for need in needs if need.is_optional}
    chosen = optional if settings.optional_scopes is None else settings.optional_scopes
    if strange := sorted(set(chosen) - optional):
        raise SettingError(
            f"CASB_OPTIONAL_SCOPES names {', '.join(strange)}, which the profile "
            f"{settings.scope_profile} does not offer.",
            f"It offers: {', '.join(sorted(optional)) or 'none'}.",
        )
    return tuple(
        need.scope for need in needs if not need.is_optional or need.scope in chosen
    )


def refresh_grant(application: Application) -> RefreshGrant:
    """Return what keeps the tokens of grants fresh, whoever else does so too."""
    app = oauth_app(application.settings)
    return RefreshGrant(
        application.begin,
        RefreshOverHttp(app, application.now),
        application.now,
        time.sleep,
        owner_name,
    )


def bearer_of(application: Application) -> Callable[[Installation], Bearer]:
    """Return what hands out the access tokens of an installation."""
    refresh = refresh_grant(application)

    def open_bearer(installation: Installation) -> Bearer:
        return Bearer(refresh, installation.grant_id, application.now)

    return open_bearer

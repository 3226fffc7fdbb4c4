"""The way of a browser to Atlassian and back, and what is made of it."""

import secrets

from flask import Flask

from connector.atlassian.oauth import FlaskConsentPage, SitesOverHttp
from connector.bootstrap.application import Application
from connector.bootstrap.oauth_app import oauth_app
from connector.domain.consent import ConsentPage
from connector.manifest_files import Manifests
from connector.use_cases.install_site import InstallSite

SECRET_BYTES = 32


def install_site(application: Application) -> InstallSite:
    """Return the use case that gets consents."""
    settings = application.settings
    app = oauth_app(settings)
    needs = Manifests.shipped().scopes(settings.scope_profile)
    return InstallSite(
        application.begin,
        SitesOverHttp(app),
        settings.scope_profile,
        frozenset(need.scope for need in needs if not need.is_optional),
        application.now,
        lambda: secrets.token_urlsafe(SECRET_BYTES),
    )


def consent_page(application: Application, flask: Flask) -> ConsentPage:
    """Return the way of a browser of a Flask application to Atlassian."""
    return FlaskConsentPage(flask, oauth_app(application.settings), application.now)

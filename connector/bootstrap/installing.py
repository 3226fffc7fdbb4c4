"""The way of a browser to Atlassian and back, and what is made of it."""

import secrets

from flask import Flask

from connector.atlassian.oauth import FlaskConsentPage, SitesOverHttp
from connector.atlassian.probe import ProbeOverHttp
from connector.bootstrap.application import Application
from connector.bootstrap.oauth_app import oauth_app
from connector.domain.consent import ConsentPage
from connector.manifest_files import Manifests
from connector.use_cases.check_site import CheckSite
from connector.use_cases.install_site import InstallSite
from connector.use_cases.release_scopes import ReleaseScopes
from connector.use_cases.settle_consent import Terms

SECRET_BYTES = 32


def install_site(application: Application) -> InstallSite:
    """Return the use case that gets consents."""
    settings = application.settings
    app = oauth_app(settings)
    return InstallSite(
        application.begin,
        SitesOverHttp(app),
        check_site(application),
        Terms(settings.scope_profile, app.client_id, Manifests.shipped().permissions),
        application.now,
        lambda: secrets.token_urlsafe(SECRET_BYTES),
    )


def check_site(application: Application) -> CheckSite:
    """Return the check of an installation with a token that works."""
    app = oauth_app(application.settings)
    manifests = Manifests.shipped()
    return CheckSite(
        application.begin,
        SitesOverHttp(app),
        ProbeOverHttp(app),
        manifests.required_scopes,
        manifests.permissions,
        application.now,
    )


def release_scopes(application: Application) -> ReleaseScopes:
    """Return what tells the installations of a newer list of scopes."""
    manifests = Manifests.shipped()
    return ReleaseScopes(
        application.begin,
        manifests.required_scopes,
        manifests.permissions,
        application.now,
    )


def consent_page(application: Application, flask: Flask) -> ConsentPage:
    """Return the way of a browser of a Flask application to Atlassian."""
    return FlaskConsentPage(flask, oauth_app(application.settings), application.now)

"""The web application: what gunicorn serves, and what `casb install` serves itself."""

from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from threading import Lock
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from connector.bootstrap.application import Application, lasting_application
from connector.bootstrap.caring import uninstall_site
from connector.bootstrap.exporting import consumers_api
from connector.bootstrap.installing import (
    consent_page,
    install_site,
    release_scopes,
)
from connector.bootstrap.signing_in import sign_in
from connector.domain.errors import CasbError
from connector.settings import load_settings
from connector.use_cases.watch_sites import WatchSites
from connector.web.api.application import Wsgi, api_routes
from connector.web.errors import explain_errors
from connector.web.forms import offer_form_tokens
from connector.web.health import health_routes
from connector.web.installing import Installing, installing_routes
from connector.web.security import protect
from connector.web.sessions import ServerSessions
from connector.web.signing_in import door_routes, signed_in
from connector.web.site_controls import SiteControls, control_routes
from connector.web.site_pages import site_routes
from connector.web.site_words import speak


def create_app(
    application: Application | None = None, *, is_brief: bool = False
) -> Flask:
    """Return the web application; without arguments, of this process's settings.

    One that is served but briefly prepares the API only once somebody calls it.
    """
    if application is None:
        application = lasting_application(load_settings())
    settings = application.settings
    settings.require("CASB_SECRET_KEY")
    flask = Flask("connector.web")
    flask.secret_key = settings.secret_key
    flask.session_interface = ServerSessions(application.begin, application.now)
    protect(flask, settings.public_url)
    explain_errors(flask)
    offer_form_tokens(flask)
    speak(flask)
    flask.jinja_env.globals["signed_in"] = signed_in
    _route(flask, application)
    api = _asked_for(application) if is_brief else consumers_api(application)
    wsgi = api_routes(flask.wsgi_app, api)
    if hops := settings.trusted_proxies:
        wsgi = ProxyFix(wsgi, x_for=hops, x_proto=hops, x_host=hops)
    flask.wsgi_app = wsgi  # type: ignore[method-assign]
    with suppress(CasbError):  # A database that is away or old: /readyz says so.
        release_scopes(application)()
    return flask


def site_controls(application: Application) -> SiteControls:
    """Return what an administrator can do to a site."""
    return SiteControls(
        application.manage_sites, uninstall_site(application), application.now
    )


def _asked_for(application: Application) -> Wsgi:
    # Who installs learns of it, not the first consumer who calls.
    application.settings.require("CASB_TOKEN_KEYS")
    lock, prepared = Lock(), cache(lambda: consumers_api(application))

    def api(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with lock:
            flask = prepared()
        return flask(environ, start_response)

    return api


def _route(flask: Flask, application: Application) -> None:
    watch = WatchSites(application.begin)
    installing = Installing(
        install_site(application),
        consent_page(application, flask),
        application.settings.public_url,
    )
    for routes in (
        health_routes(watch.is_ready),
        door_routes(sign_in(application)),
        installing_routes(installing),
        site_routes(watch, installing),
        control_routes(site_controls(application)),
    ):
        flask.register_blueprint(routes)

"""The web application: what gunicorn serves, and what `casb install` serves itself."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from connector.bootstrap.application import Application, lasting_application
from connector.bootstrap.installing import consent_page, install_site
from connector.settings import load_settings
from connector.web.errors import explain_errors
from connector.web.health import health
from connector.web.installing import installing_routes
from connector.web.security import protect


def create_app(application: Application | None = None) -> Flask:
    """Return the web application; without arguments, of this process's settings."""
    if application is None:
        application = lasting_application(load_settings())
    settings = application.settings
    settings.require("CASB_SECRET_KEY")
    flask = Flask("connector.web")
    flask.secret_key = settings.secret_key
    protect(flask, settings.public_url)
    explain_errors(flask)
    flask.register_blueprint(health)
    flask.register_blueprint(
        installing_routes(
            install_site(application),
            consent_page(application, flask),
            settings.public_url,
        )
    )
    if hops := settings.trusted_proxies:
        flask.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            flask.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    return flask

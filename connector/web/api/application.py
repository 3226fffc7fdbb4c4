"""The API as an application of its own: no sessions, no forms, no pages.

It shares the address of the web application and nothing else, so what protects a
browser (cookies, CSRF tokens, error pages) cannot get into a consumer's way.
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from flask_smorest import Api

from connector.web.api import changes, findings, sites, snapshot, webhooks
from connector.web.api.admission import admit_clients
from connector.web.api.compression import compress_answers
from connector.web.api.documents import (
    SECURITY_SCHEMES,
    ProblemSchema,
    blueprint,
    sites_blueprint,
)
from connector.web.api.exporting import API, EXTENSION, Exporting
from connector.web.api.finding_schemas import (
    ChangePageSchema,
    FindingPageSchema,
    rows_property,
)
from connector.web.api.oauth import (
    METADATA_PATH,
    REVOKE_PATH,
    SCOPES,
    TOKEN_PATH,
    oauth_routes,
)
from connector.web.api.problems import explain_problems
from connector.web.api.turns import in_turn

__all__ = [
    "api_routes",
    "changes",
    "export_api",
    "findings",
    "sites",
    "snapshot",
    "webhooks",
]

TITLE = "CASB connector for Confluence Cloud"
OPENAPI = "3.1.0"
OAUTH_PATHS = frozenset({TOKEN_PATH, REVOKE_PATH, METADATA_PATH})

Wsgi = Callable[..., Iterable[bytes]]


class DocumentedApi(Api):  # type: ignore[misc]
    """flask-smorest without its own errors: ours are problems (RFC 9457)."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        pass


def export_api(parts: Exporting) -> Flask:
    """Return the API over its parts."""
    app = Flask("connector.web.api", static_folder=None)
    app.extensions[EXTENSION] = parts
    app.config.update(
        API_TITLE=TITLE,
        API_VERSION="v1",
        OPENAPI_VERSION=OPENAPI,
        OPENAPI_URL_PREFIX=API,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={"servers": [{"url": parts.public_url}]},
    )
    explain_problems(app)
    # What is registered last runs first on the way out: compress what is complete.
    compress_answers(app)
    admit_clients(app)
    api = DocumentedApi(app)
    _describe(api, parts.public_url)
    api.register_blueprint(blueprint)
    api.register_blueprint(sites_blueprint)
    api.register_blueprint(webhooks.blueprint)
    app.register_blueprint(oauth_routes(app))
    app.wsgi_app = in_turn(app.wsgi_app)  # type: ignore[method-assign]
    return app


def api_routes(pages: Wsgi, api: Wsgi) -> Wsgi:
    """Return an application that hands the API its paths and leaves the others."""

    def chosen(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        is_ours = path.startswith(f"{API}/") or path in OAUTH_PATHS
        return (api if is_ours else pages)(environ, start_response)

    return chosen


def _describe(api: DocumentedApi, public_url: str) -> None:
    api.ma_plugin.converter.add_attribute_function(rows_property)
    for page in (ChangePageSchema, FindingPageSchema):
        api.spec.components.schema(page.__name__.removesuffix("Schema"), schema=page)
    for name, scheme in SECURITY_SCHEMES.items():
        api.spec.components.security_scheme(name, scheme)
    api.spec.components.security_scheme(
        "oauth2",
        {
            "type": "oauth2",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": f"{public_url}{TOKEN_PATH}",
                    "scopes": dict.fromkeys(SCOPES, ""),
                }
            },
        },
    )

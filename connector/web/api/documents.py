"""What the OpenAPI document says of every endpoint."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from marshmallow import INCLUDE, Schema, fields

from connector.web.api.exporting import API
from connector.web.api.parameters import Blueprint
from connector.web.api.problems import PROBLEM_JSON

View = TypeVar("View", bound=Callable[..., Any])

ALWAYS = (400, 401, 403, 429, 500, 503)
REASONS = {
    304: "Nothing has changed since the answer with this ETag",
    400: "bad-parameter or invalid-cursor",
    401: "unauthorized: no credential, or none that works",
    403: "insufficient-scope",
    404: "not-found: it is not there, or on a site of others",
    406: "not-acceptable: nothing that Accept names is offered",
    409: "position-ahead-of-feed: the position lies beyond the end of the feed",
    410: "feed-reset: the feed began anew; go on with `restart`",
    429: "rate-limited",
    500: "internal",
    503: "unavailable: try again later",
}
SECURITY_SCHEMES: dict[str, dict[str, Any]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token, or an API key",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "An API key as the password; the name does not matter",
    },
}
RATE_HEADERS = {
    "RateLimit-Policy": "the limit: requests and seconds",
    "RateLimit": "what is left of it",
    "X-RateLimit-Limit": "requests per window",
    "X-RateLimit-Remaining": "requests that are left in this window",
    "X-RateLimit-Reset": "when the window ends, in seconds since 1970",
}
NUMBERS = frozenset(name for name in RATE_HEADERS if name.startswith("X-"))

blueprint = Blueprint(
    "findings", __name__, url_prefix=API, description="Findings and their changes"
)
sites_blueprint = Blueprint(
    "sites", __name__, url_prefix=API, description="Sites, scans and consumers"
)


class ProblemSchema(Schema):
    """What went wrong (RFC 9457)."""

    class Meta:
        """A problem may have members of its own."""

        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    request_id = fields.String(required=True)
    restart = fields.String(metadata={"description": "with feed-reset: begin here"})


PROBLEM = {
    "$ref": f"#/components/schemas/{ProblemSchema.__name__.removesuffix('Schema')}"
}


def documented(
    schema: type[Schema] | None,
    *statuses: int,
    rows: bool = False,
    headers: dict[str, Any] | None = None,
    success: int = 200,
) -> Callable[[View], View]:
    """Describe the answers of an endpoint; ``rows`` come in other formats too."""

    def decorate(view: View) -> View:
        described: Any = view
        said = headers_of({**RATE_HEADERS, "X-Request-Id": "the id of the request"})
        said |= headers or {}
        if rows:
            for media_type in ("application/x-ndjson", "text/csv"):
                described = blueprint.alt_response(
                    200,
                    schema={"type": "string"},
                    content_type=media_type,
                    success=True,
                )(described)
        shape = _page_or_rows(schema) if rows and schema else schema
        described = blueprint.response(
            success, shape, headers=said, description=HTTPStatus(success).phrase
        )(described)
        # One decorator for all: each copies what those beneath it say.
        problems = {status: _problem(status) for status in {*ALWAYS, *statuses}}
        marked: View = blueprint.doc(responses=problems, security=security())(described)
        return marked

    return decorate


def not_modified(view: View) -> View:
    """Say that an endpoint may answer that nothing is new."""
    described: View = blueprint.alt_response(304, description=REASONS[304])(view)
    return described


def security() -> list[dict[str, list[str]]]:
    """Return what lets a client in: any one of the schemes."""
    return [{name: []} for name in (*SECURITY_SCHEMES, "oauth2")]


def headers_of(texts: dict[str, str]) -> dict[str, Any]:
    """Return headers by their descriptions."""
    return {
        name: {
            "description": description,
            "schema": {"type": "integer" if name in NUMBERS else "string"},
        }
        for name, description in texts.items()
    }


def page_headers() -> dict[str, Any]:
    """Return the headers that repeat what the envelope says."""
    return headers_of(
        {
            "Link": 'the next page, rel="next", only if there is one',
            "X-Has-More": "whether there is a next page",
            "X-Next-Cursor": "the cursor of the next page, only if there is one",
            "X-Checkpoint": "where to go on later",
            "ETag": "names this answer, for If-None-Match",
        }
    )


def _page_or_rows(schema: type[Schema]) -> dict[str, Any]:
    """Return a page, or its rows alone as `format=array` has them."""
    name = schema.__name__.removesuffix("Schema")
    page = f"#/components/schemas/{name}"
    row = {"$ref": f"{page}/properties/items/items"}
    return {"anyOf": [{"$ref": page}, {"type": "array", "items": row}]}


def _problem(status: int) -> dict[str, Any]:
    """Return what the document says of a problem with a status."""
    return {
        "description": REASONS[status],
        "headers": _problem_headers(status),
        "content": {PROBLEM_JSON: {"schema": PROBLEM}},
    }


def _problem_headers(status: int) -> dict[str, Any]:
    texts = {"X-Request-Id": "the id of the request"}
    if status in {401, 403}:
        texts["WWW-Authenticate"] = "what is missing (RFC 6750)"
    if status in {429, 503}:
        texts["Retry-After"] = "seconds to wait"
    return headers_of(texts)

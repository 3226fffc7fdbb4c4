"""Errors as `application/problem+json` (RFC 9457), the same for every endpoint."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from connector.domain.errors import (
    CasbError,
    ConflictError,
    NotFoundError,
    SchemaError,
    UsageError,
)
from connector.domain.export_errors import (
    FeedResetError,
    InsufficientScopeError,
    InvalidCursorError,
    NotAcceptableError,
    PositionAheadError,
    RateLimitedError,
    UnauthorizedError,
    UnavailableError,
)
from connector.web.api.exporting import exporting

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "urn:casb:problem:"
REALM = 'Bearer realm="casb"'
RETRY_SECONDS = 5
NOT_NOW = "The connector cannot do this at the moment."
LOOK_IN_THE_LOG = "The log of the connector says more, under this request id."


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem: its name ends its type, and ``more`` are members of its own."""

    name: str
    status: HTTPStatus
    detail: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)


KINDS: tuple[tuple[type[CasbError], str, HTTPStatus], ...] = (
    (InvalidCursorError, "invalid-cursor", HTTPStatus.BAD_REQUEST),
    (UsageError, "bad-parameter", HTTPStatus.BAD_REQUEST),
    (UnauthorizedError, "unauthorized", HTTPStatus.UNAUTHORIZED),
    (InsufficientScopeError, "insufficient-scope", HTTPStatus.FORBIDDEN),
    (NotFoundError, "not-found", HTTPStatus.NOT_FOUND),
    (NotAcceptableError, "not-acceptable", HTTPStatus.NOT_ACCEPTABLE),
    (PositionAheadError, "position-ahead-of-feed", HTTPStatus.CONFLICT),
    (FeedResetError, "feed-reset", HTTPStatus.GONE),
    (RateLimitedError, "rate-limited", HTTPStatus.TOO_MANY_REQUESTS),
    (UnavailableError, "unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    (ConflictError, "unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    (SchemaError, "unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
)
NAMES = {status: name for _, name, status in KINDS} | {
    HTTPStatus.BAD_REQUEST: "bad-parameter",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
}


def explain_problems(app: Flask) -> None:
    """Let an application answer every error with a problem that leaks nothing."""
    app.register_error_handler(HTTPException, _on_http)

    @app.errorhandler(CasbError)
    def on_ours(error: CasbError) -> Response:
        problem = problem_of(error)
        if _is_the_operators(problem.status):
            app.logger.error("request %s failed: %s", g.get("request_id"), error)
        return answer_of(problem)

    @app.errorhandler(Exception)
    def on_unexpected(error: Exception) -> Response:
        app.logger.error("request %s failed", g.get("request_id"), exc_info=error)
        return answer_of(_internal())


def problem_of(error: CasbError) -> Problem:
    """Return an error of ours as a problem."""
    for kind, name, status in KINDS:
        if isinstance(error, kind):
            # A sentence for the operator may name the database.
            hidden = f"{NOT_NOW} {LOOK_IN_THE_LOG}"
            detail = hidden if _is_the_operators(status) else str(error)
            return Problem(name, status, detail, _headers(error), _more(error))
    return _internal()


def answer_of(problem: Problem) -> Response:
    """Return a problem as a response."""
    body = {
        "type": f"{TYPE_PREFIX}{problem.name}",
        "title": problem.name.replace("-", " ").capitalize(),
        "status": problem.status.value,
        "detail": problem.detail,
        "instance": request.path,
        "request_id": g.get("request_id", ""),
        **problem.more,
    }
    text = orjson.dumps({name: _plain(value) for name, value in body.items()})
    response = Response(text, problem.status.value, mimetype=PROBLEM_JSON)
    response.headers.update(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def _on_http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    name = NAMES.get(status, status.phrase.lower().replace(" ", "-"))
    messages = getattr(error, "data", {}).get("messages")
    if messages:
        return answer_of(Problem(name, status, _sentence(messages)))
    allowed = {
        header: value
        for header, value in error.get_headers()
        if header in {"Allow", "Location", "Retry-After"}
    }
    return answer_of(Problem(name, status, f"{error.name}.", allowed))


def _sentence(messages: Mapping[str, object]) -> str:
    """Return what is wrong where; what is no object at all is wrong as a whole."""
    reasons = []
    for place, wrong in messages.items():
        fields = wrong if isinstance(wrong, Mapping) else {place: wrong}
        reasons += [f"{name}: {_reason(fields[name])}" for name in sorted(fields)]
    return " ".join(reasons)


def _reason(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(_reason(each) for each in value.values())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _headers(error: CasbError) -> Mapping[str, str]:
    if isinstance(error, UnauthorizedError):
        challenge = REALM if error.is_missing else f'{REALM}, error="invalid_token"'
        return {"WWW-Authenticate": challenge}
    if isinstance(error, InsufficientScopeError):
        scope = f'error="insufficient_scope", scope="{error.scope.value}"'
        return {"WWW-Authenticate": f"{REALM}, {scope}"}
    if isinstance(error, RateLimitedError):
        left = (error.allowance.resets_at - exporting().now()).total_seconds()
        return {"Retry-After": str(max(1, math.ceil(left)))}
    if isinstance(error, (UnavailableError, ConflictError, SchemaError)):
        return {"Retry-After": str(RETRY_SECONDS)}
    return {}


def _more(error: CasbError) -> Mapping[str, object]:
    if isinstance(error, FeedResetError):
        base = exporting().public_url
        return {"restart": f"{base}/api/v1/findings/changes?cursor={error.restart}"}
    return {}


def _is_the_operators(status: HTTPStatus) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _internal() -> Problem:
    return Problem("internal", HTTPStatus.INTERNAL_SERVER_ERROR, LOOK_IN_THE_LOG)


def _plain(value: object) -> object:
    """Return text that UTF-8 can carry: a path may hold half a character."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value

"""Who asks, how often they may, and what every answer says about that."""

import math
import re
import uuid
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, Response, current_app, g, request

from connector.domain.client import Allowance, Consumer, Pull, Scope
from connector.domain.export_errors import (
    InsufficientScopeError,
    RateLimitedError,
    UnauthorizedError,
)
from connector.web.api.exporting import API, exporting
from connector.web.security import A_YEAR, HTTPS

GOOD_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
VARY = "Authorization, X-API-Key, Accept, Accept-Encoding"
NO_CREDENTIAL = (
    "Send an access token or an API key: Authorization: Bearer, X-API-Key, or as the "
    "password of Basic."
)
OPEN_TO_ALL = frozenset({f"{API}/openapi.json"})
SCHEMES = frozenset({"bearer", "token"})
COUNTS_LATER = "counts_later"

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def admit_clients(app: Flask) -> None:
    """Let an application answer nobody but clients, and count what they ask."""
    app.before_request(_name_request)
    app.before_request(_admit)
    app.after_request(_say_more)


def consumer() -> Consumer:
    """Return who asks."""
    who: Consumer = g.consumer
    return who


def needs(
    scope: Scope,
) -> Callable[[Callable[Parameters, Answer]], Callable[Parameters, Answer]]:
    """Refuse an endpoint to clients without a scope."""

    def decorate(view: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
        @wraps(view)
        def guarded(*args: Parameters.args, **rest: Parameters.kwargs) -> Answer:
            demand(scope)
            return view(*args, **rest)

        return guarded

    return decorate


def counts_with_rows(
    view: Callable[Parameters, Answer],
) -> Callable[Parameters, Answer]:
    """Let a view count its request when it writes down what it gives: `count`.

    What it does not count is counted when it is done, even if it fails.
    """

    @wraps(view)
    def counted(*args: Parameters.args, **rest: Parameters.kwargs) -> Answer:
        try:
            return view(*args, **rest)
        finally:
            if "allowance" not in g:
                count()

    setattr(counted, COUNTS_LATER, True)
    return counted


def count(pull: Pull | None = None) -> None:
    """Count this request, with what it is given; RateLimitedError if one too many."""
    try:
        g.allowance = exporting().admit.count(consumer(), pull)
    except RateLimitedError as error:
        g.allowance = error.allowance
        raise


def demand(scope: Scope) -> None:
    """Refuse to go on for a client without a scope."""
    if not consumer().may(scope):
        raise InsufficientScopeError(scope)


def address() -> str:
    """Return where the request comes from."""
    return request.remote_addr or ""


def _name_request() -> None:
    given = request.headers.get("X-Request-Id", "")
    is_good = GOOD_REQUEST_ID.fullmatch(given)
    g.request_id = given if is_good else uuid.uuid4().hex


def _admit() -> None:
    path = request.path
    if not path.startswith(f"{API}/") or path in OPEN_TO_ALL:
        return
    presented = _presented()
    if not presented:
        raise UnauthorizedError(NO_CREDENTIAL, is_missing=True)
    admit = exporting().admit
    g.consumer = admit(presented, address())
    view = current_app.view_functions.get(request.endpoint or "")
    if not (hasattr(view, COUNTS_LATER) and admit.may_ask(g.consumer)):
        count()


def _presented() -> str:
    if key := request.headers.get("X-API-Key", "").strip():
        return key
    authorization = request.authorization
    if authorization is None:
        return ""
    if authorization.type == "basic":
        return authorization.password or ""
    if authorization.type in SCHEMES:
        return authorization.token or ""
    return ""


def _say_more(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = g.get("request_id", "")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Vary"] = VARY
    if exporting().public_url.startswith(HTTPS):
        headers["Strict-Transport-Security"] = A_YEAR
    headers.setdefault("Cache-Control", "private, no-cache")
    if allowance := g.get("allowance"):
        headers.update(_rate_headers(allowance))
    return response


def _rate_headers(allowance: Allowance) -> dict[str, str]:
    """Return the fields of draft-ietf-httpapi-ratelimit-headers-11, and older ones."""
    limit, window = allowance.limit.requests, int(allowance.limit.per.total_seconds())
    left = (allowance.resets_at - exporting().now()).total_seconds()
    return {
        "RateLimit-Policy": f'"default";q={limit};w={window}',
        "RateLimit": f'"default";r={allowance.remaining};t={max(0, math.ceil(left))}',
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Reset": str(math.ceil(allowance.resets_at.timestamp())),
    }

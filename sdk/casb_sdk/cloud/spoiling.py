"""What a fault does to a request: refuses it, or spoils its answer."""

import json
from collections.abc import Callable, Iterable

from casb_sdk.cloud import refusals
from casb_sdk.cloud.faults import Fault, FaultKind
from casb_sdk.cloud.http import Reply, Request
from casb_sdk.cloud.jsontext import dumps

HTML_PAGE = b"<!DOCTYPE html><html><body><h1>Log in to continue</h1></body></html>"
TIMEOUT = 504
UNNAMED = "Something went wrong"
MESSAGES = {
    403: "Current user not permitted to use Confluence",
    404: refusals.TRASHED,
    503: "Service Unavailable",
}
ENUMERATIONS = ("type", "accountType", "accountStatus", "status", "principalType")
NESTED = {"principal": "type", "operation": "key"}

Page = dict[str, object]


def refusal_of(faults: Iterable[Fault]) -> Reply | None:
    """Return the answer of the first fault that refuses."""
    for fault in faults:
        if fault.kind in REFUSING:
            return REFUSING[fault.kind](fault)
    return None


def spoilt(reply: Reply, faults: Iterable[Fault], request: Request) -> Reply:
    """Return an answer as the faults leave it."""
    for fault in faults:
        if fault.kind is FaultKind.TRUNCATED:
            body = reply.plain_body()
            reply = Reply(reply.status, body[: len(body) // 2], reply.headers)
        elif fault.kind in PAGE_CHANGES and reply.status == 200:  # noqa: PLR2004
            reply = _changed(reply, fault, request)
    return reply


def delay_of(faults: Iterable[Fault]) -> float:
    """Return the extra seconds the faults take."""
    return sum(f.seconds or 0.0 for f in faults if f.kind is FaultKind.SLOW)


def _status(fault: Fault) -> Reply:
    headers = _retry_after(fault)
    if fault.status == TIMEOUT:
        return Reply(fault.status, b"upstream request timeout", headers, "text/plain")
    body: dict[str, object] = {
        "statusCode": fault.status,
        "message": fault.message or MESSAGES.get(fault.status, UNNAMED),
    }
    return refusals.json_reply(fault.status, body, *headers)


def _rate_limit(fault: Fault) -> Reply:
    body = {"code": 429, "message": "Rate limit exceeded"}
    reason = ("RateLimit-Reason", "confluence-burst-based")
    return refusals.json_reply(429, body, *_retry_after(fault), reason)


def _gateway_limit(_fault: Fault) -> Reply:
    return refusals.json_reply(
        429,
        {"code": 429, "message": "Rate limit exceeded"},
        ("X-Failure-Category", "FAILURE CLIENT RATE LIMITED"),
        ("X-Ratelimit-Limit", "360000"),
        ("X-Ratelimit-Remaining", "0"),
    )


def _quota(fault: Fault) -> Reply:
    return refusals.json_reply(
        429,
        {"code": 429, "message": "Rate limit exceeded"},
        *_retry_after(fault),
        ("X-RateLimit-Remaining", "0"),
        ("RateLimit-Reason", fault.message or "confluence-quota-global-based"),
    )


def _expired_token(_fault: Fault) -> Reply:
    return refusals.gateway(401, "Unauthorized")


def _html(fault: Fault) -> Reply:
    return Reply(fault.status, HTML_PAGE, (), "text/html;charset=UTF-8")


def _empty(_fault: Fault) -> Reply:
    return Reply(200, b"")


def _cut(_fault: Fault) -> Reply:
    return Reply(cut_after=0)


def _retry_after(fault: Fault) -> tuple[tuple[str, str], ...]:
    if fault.seconds is None:
        return ()
    return (("Retry-After", f"{fault.seconds:g}"),)


REFUSING: dict[FaultKind, Callable[[Fault], Reply]] = {
    FaultKind.STATUS: _status,
    FaultKind.RATE_LIMIT: _rate_limit,
    FaultKind.GATEWAY_LIMIT: _gateway_limit,
    FaultKind.QUOTA: _quota,
    FaultKind.EXPIRED_TOKEN: _expired_token,
    FaultKind.HTML: _html,
    FaultKind.EMPTY: _empty,
    FaultKind.CUT: _cut,
}


def _repeat_cursor(page: Page, _fault: Fault, request: Request) -> None:
    links = _links(page)
    if "next" in links:
        links["next"] = _inside_site(request)


def _empty_page(page: Page, _fault: Fault, request: Request) -> None:
    page["results"] = []
    if "size" in page:
        page["size"] = 0
    _links(page).setdefault("next", _inside_site(request))


def _foreign_next(page: Page, fault: Fault, _request: Request) -> None:
    links = _links(page)
    if "next" in links:
        links["next"] = f"{fault.host}{links['next']}"


def _unknown_enum(page: Page, fault: Fault, _request: Request) -> None:
    results = page.get("results")
    if not isinstance(results, list) or not results:
        return
    row = results[-1]
    for name in ENUMERATIONS:
        if isinstance(row.get(name), str):
            row[name] = fault.value
    for name, inner in NESTED.items():
        if isinstance(row.get(name), dict) and inner in row[name]:
            row[name][inner] = fault.value


PAGE_CHANGES: dict[FaultKind, Callable[[Page, Fault, Request], None]] = {
    FaultKind.REPEATED_CURSOR: _repeat_cursor,
    FaultKind.EMPTY_PAGE: _empty_page,
    FaultKind.FOREIGN_NEXT: _foreign_next,
    FaultKind.UNKNOWN_ENUM: _unknown_enum,
}


def _changed(reply: Reply, fault: Fault, request: Request) -> Reply:
    page = json.loads(reply.plain_body())
    if not isinstance(page, dict):
        return reply
    PAGE_CHANGES[fault.kind](page, fault, request)
    headers = tuple(pair for pair in reply.headers if pair[0] != "Link")
    return Reply(reply.status, dumps(page).encode(), headers)


def _links(page: Page) -> dict[str, object]:
    links = page.setdefault("_links", {})
    return links if isinstance(links, dict) else {}


def _inside_site(request: Request) -> str:
    """Return the request's own target as its next link would be written."""
    target = "/wiki" + request.target.partition("/wiki")[2]
    return target.removeprefix("/wiki") if "/rest/api/" in target else target

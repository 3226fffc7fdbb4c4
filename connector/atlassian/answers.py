"""Judges what came back from a call: an answer, or why there is none and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

import httpx

from connector.atlassian.failures import NETWORK, SCOPE
from connector.atlassian.packed import Answer
from connector.atlassian.rate_limits import (
    Scope,
    reset_of,
    retry_after_of,
    scope_of,
)

OK = 200
UNAUTHORIZED = 401
TOO_MANY = 429
TRANSIENT_STATUSES = frozenset({408, 425, 500, 502, 503, 504})
CLOUD_EDGE_STATUSES = range(520, 531)
SCOPE_CATEGORY = "FAILURE_CLIENT_SCOPE_CHECK"
SCOPE_TEXT = "scope does not match"
OVERLOADED = frozenset({503, 504})
TIMEOUT = "timeout"
KEPT_TEXT = 4000
TRACES = ("atl-traceid", "atl-request-id")


class Remedy(Enum):
    """What may help after a call that went wrong."""

    NONE = auto()
    NEW_TOKEN = auto()
    TRY_AGAIN = auto()
    SLOW_ENDPOINT = auto()
    PAUSE_SITE = auto()
    AWAIT_QUOTA = auto()
    AWAIT_SITE_QUOTA = auto()


FINAL = frozenset({Remedy.NONE, Remedy.NEW_TOKEN})
QUOTA_REMEDIES = frozenset({Remedy.AWAIT_QUOTA, Remedy.AWAIT_SITE_QUOTA})
REMEDY_OF = {
    Scope.ENDPOINT: Remedy.SLOW_ENDPOINT,
    Scope.GATEWAY: Remedy.PAUSE_SITE,
    Scope.SITE_QUOTA: Remedy.AWAIT_SITE_QUOTA,
    Scope.APP_QUOTA: Remedy.AWAIT_QUOTA,
}


@dataclass(frozen=True, slots=True)
class Setback:
    """Why a try gave no answer; ``wait`` is the least number of seconds to wait."""

    reason: str
    remedy: Remedy = Remedy.NONE
    status: int = 0
    wait: float | None = None
    text: str = ""
    trace: str = ""

    @property
    def is_about_number(self) -> bool:
        """Whether too many calls were made, by us or by others."""
        return self.status == TOO_MANY

    @property
    def is_about_quota(self) -> bool:
        """Whether the points of the hour are used up, and nothing else is wrong."""
        return self.remedy in QUOTA_REMEDIES

    @property
    def shows_overload(self) -> bool:
        """Whether fewer calls at once may help."""
        return (
            self.remedy is Remedy.SLOW_ENDPOINT
            or self.status in OVERLOADED
            or self.reason == TIMEOUT
        )


def setback_of(answer: Answer, now: float) -> Setback | None:
    """Return what is wrong with an answer, or None; its body may still be broken."""
    status = answer.status
    if status == OK:
        return None
    text = answer.text[:KEPT_TEXT]
    reason, remedy = _judged(answer, text, now)
    wait = retry_after_of(answer.headers, now)
    if wait is None and remedy in QUOTA_REMEDIES:
        wait = reset_of(answer.headers, now)
    return Setback(
        reason,
        remedy,
        status,
        wait=wait,
        text=text,
        trace=next(filter(None, map(answer.headers.get, TRACES)), ""),
    )


def _judged(answer: Answer, text: str, now: float) -> tuple[str, Remedy]:
    status = answer.status
    reason = str(status)
    if status == UNAUTHORIZED:
        is_about_scope = is_scope_mismatch(answer.headers, text)
        return (SCOPE, Remedy.NONE) if is_about_scope else (reason, Remedy.NEW_TOKEN)
    if status == TOO_MANY:
        return reason, REMEDY_OF[scope_of(answer.headers, now)]
    if status in TRANSIENT_STATUSES or status in CLOUD_EDGE_STATUSES:
        return reason, Remedy.TRY_AGAIN
    if text.lstrip().startswith("<") and not answer.is_redirect:
        # A page of a proxy or a login page says nothing about what was asked.
        return "html", Remedy.TRY_AGAIN
    return "redirect" if answer.is_redirect else reason, Remedy.NONE


def setback_of_transport(error: httpx.RequestError) -> Setback:
    """Return why no response came at all."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return Setback(NETWORK, Remedy.TRY_AGAIN)
    if isinstance(error, httpx.TimeoutException):
        return Setback(TIMEOUT, Remedy.TRY_AGAIN)
    return Setback("cut", Remedy.TRY_AGAIN)


def is_scope_mismatch(headers: Mapping[str, str], text: str) -> bool:
    """Return whether a 401 means that the grant lacks a scope: no refresh helps."""
    category = headers.get("x-failure-category", "").upper().replace(" ", "_")
    return category == SCOPE_CATEGORY or SCOPE_TEXT in text.lower()

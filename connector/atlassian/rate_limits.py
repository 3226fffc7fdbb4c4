"""Reads what an answer says about rate limits, enforced or only announced."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto

ANNOUNCED = "beta-"
UNNAMED_POLICY = "x-ratelimit"
REMAINING = "x-ratelimit-remaining"
QUOTA_HOUR = 3600.0
WHOLE_APP = re.compile(r"quota|global|tenant", re.IGNORECASE)
ONE_SITE = re.compile(r"tenant", re.IGNORECASE)
GATEWAY_LIMIT = re.compile(r"rate.limited", re.IGNORECASE)
ENTRY = re.compile(r'"([^"]*)"((?:\s*;\s*\w+\s*=\s*[^;,\s]+)*)')
PARAMETER = re.compile(r"(\w+)\s*=\s*([^;,\s]+)")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The state of one limit; what an answer did not say is None.

    ``is_enforced`` is false for a limit that is only announced (``Beta-``).
    ``resets_in`` is in seconds.
    """

    policy: str
    is_enforced: bool
    limit: int | None = None
    remaining: int | None = None
    resets_in: float | None = None
    is_near: bool = False

    @property
    def is_quota(self) -> bool:
        """Whether this is the quota of the whole app, not a burst limit."""
        return self.policy == UNNAMED_POLICY or bool(WHOLE_APP.search(self.policy))

    @property
    def is_for_all(self) -> bool:
        """Whether all sites share this limit, as they do where it does not say."""
        return not ONE_SITE.search(self.policy)

    @property
    def is_spent(self) -> bool:
        """Whether the next call will be refused."""
        return self.is_enforced and self.remaining == 0


def rate_limits_of(headers: Mapping[str, str], now: float) -> tuple[RateLimit, ...]:
    """Return every limit an answer speaks of; most answers speak of none.

    The names of ``headers`` are in lower case.
    """
    enforced: dict[str, str] = {}
    announced: dict[str, str] = {}
    for name, value in headers.items():
        if "ratelimit" in name:
            kind = announced if ANNOUNCED in name else enforced
            kind[name.replace(ANNOUNCED, "")] = value
    return (
        *_limits(enforced, now, is_enforced=True),
        *_limits(announced, now, is_enforced=False),
    )


class Scope(Enum):
    """What a refusal for the number of calls is about."""

    ENDPOINT = auto()
    GATEWAY = auto()
    SITE_QUOTA = auto()
    APP_QUOTA = auto()


def scope_of(headers: Mapping[str, str], now: float) -> Scope:
    """Return what a 429 is about: an endpoint, unless it says otherwise."""
    if reason := headers.get("ratelimit-reason"):
        if not WHOLE_APP.search(reason):
            return Scope.ENDPOINT
        return Scope.SITE_QUOTA if ONE_SITE.search(reason) else Scope.APP_QUOTA
    if GATEWAY_LIMIT.search(headers.get("x-failure-category", "")):
        return Scope.GATEWAY
    for limit in rate_limits_of(headers, now):
        if limit.is_spent and limit.is_quota and limit.resets_in is not None:
            return Scope.APP_QUOTA if limit.is_for_all else Scope.SITE_QUOTA
    return Scope.GATEWAY if headers.get(REMAINING) == "0" else Scope.ENDPOINT


def reset_of(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds until a spent quota is full again.

    Where the answer does not say, that is the next hour of UTC, as documented.
    """
    limits = rate_limits_of(headers, now)
    spent = [it.resets_in for it in limits if it.is_spent and it.resets_in is not None]
    return max(spent, default=QUOTA_HOUR - now % QUOTA_HOUR)


def retry_after_of(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds of ``Retry-After``, given as a number or as a date."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if (seconds := _number(value)) is not None:
        return max(0.0, seconds)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _limits(
    headers: Mapping[str, str], now: float, *, is_enforced: bool
) -> Iterator[RateLimit]:
    if not headers:
        return
    policies = _entries(headers.get("ratelimit-policy", ""))
    states = _entries(headers.get("ratelimit", ""))
    for policy in dict.fromkeys([*policies, *states]):
        state = states.get(policy, {})
        yield RateLimit(
            policy,
            is_enforced,
            limit=_whole(policies.get(policy, {}).get("q")),
            remaining=_whole(state.get("r")),
            resets_in=_number(state.get("t")),
        )
    if any(name.startswith(UNNAMED_POLICY) for name in headers):
        yield RateLimit(
            UNNAMED_POLICY,
            is_enforced,
            limit=_whole(headers.get("x-ratelimit-limit")),
            remaining=_whole(headers.get(REMAINING)),
            resets_in=_seconds_until(headers.get("x-ratelimit-reset", ""), now),
            is_near=headers.get("x-ratelimit-nearlimit", "").lower() == "true",
        )


def _entries(text: str) -> dict[str, dict[str, str]]:
    """Split a structured header: ``"name";q=1;w=2,"other";r=3``."""
    return {
        name: dict(PARAMETER.findall(parameters))
        for name, parameters in ENTRY.findall(text)
    }


def _seconds_until(moment: str, now: float) -> float | None:
    """Read an ISO 8601 moment, seen without seconds; or seconds since the epoch."""
    if not moment:
        return None
    number = _number(moment)
    if number is None:
        try:
            parsed = datetime.fromisoformat(moment)
        except ValueError:
            return None
        number = parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp()
    return max(0.0, number - now)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _whole(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None else int(number)

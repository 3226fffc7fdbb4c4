"""Keeps count of calls and of rate-limit points, by Atlassian's published price list.

A call costs one point, plus one for each page, post or space it returns and two for
each user, group or permission. A call that was refused for its number costs nothing.
"""

from collections import Counter
from dataclasses import dataclass, field

from connector.atlassian.endpoints import Endpoint
from connector.atlassian.rate_limits import RateLimit
from connector.domain.reading import Spending

CALL_POINTS = 1
LIMIT = "limit"
ACCOUNT = "accountId"


def price_of(endpoint: Endpoint, objects: int) -> int:
    """Return the points of a call that returned so many objects."""
    return CALL_POINTS + endpoint.price * objects


def most_points(
    endpoint: Endpoint, params: tuple[tuple[str, str], ...], body: bytes | None = None
) -> int:
    """Return the most that a call can cost, by how many objects it asks for.

    Lists inside objects are not foreseen: a call may turn out dearer by them.
    """
    asked = 0
    for name, value in params:
        if name == LIMIT and value.isdigit():
            return price_of(endpoint, int(value))
        asked += name == ACCOUNT
    if body is not None:
        asked += 1 + body.count(b",")
    return price_of(endpoint, max(1, asked))


@dataclass(slots=True)
class PointsLedger:
    """What was called and spent; ``limits`` holds what the last answers said of it.

    The limits are kept by policy, enforced ones and announced ones apart.
    """

    limits: dict[tuple[str, bool], RateLimit] = field(default_factory=dict)
    _calls: Counter[str] = field(default_factory=Counter)
    _points: Counter[str] = field(default_factory=Counter)
    _retries: int = 0

    def note_call(self, endpoint: Endpoint, *, is_retry: bool) -> None:
        """Count a call as it goes out."""
        self._calls[endpoint.name] += 1
        self._retries += is_retry

    def charge(self, endpoint: Endpoint, objects: int = 0) -> None:
        """Charge an answer."""
        self._points[endpoint.name] += price_of(endpoint, objects)

    def note_limits(self, limits: tuple[RateLimit, ...]) -> None:
        """Keep what an answer said about rate limits."""
        for limit in limits:
            self.limits[limit.policy, limit.is_enforced] = limit

    @property
    def spending(self) -> Spending:
        """What was spent so far."""
        return Spending(
            self._calls.total(),
            self._points.total(),
            self._retries,
            dict(self._calls),
            dict(self._points),
        )

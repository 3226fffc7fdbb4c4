"""The points ledger: what calls cost, and when the quota of the hour is spent."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime

from casb_sdk.cloud.clock import Clock
from casb_sdk.cloud.confluence.call import Answer
from casb_sdk.cloud.options import CloudOptions, RateHeaders

CORE_POINTS = 1
IDENTITY_POINTS = 2
OTHER_POINTS = 1
NEAR_LIMIT = 0.2
POLICY = '"global-app-quota"'


def cost_of(answer: Answer) -> int:
    """Return the points of a call by Atlassian's published rule."""
    return (
        1
        + CORE_POINTS * answer.core
        + IDENTITY_POINTS * answer.identity
        + OTHER_POINTS * answer.other
    )


@dataclass(slots=True)
class PointsWall:
    """The hourly quota of one app, shared by all its sites."""

    options: CloudOptions
    clock: Clock
    spent: int = 0
    _hour: int = field(default=-1)

    def is_spent(self) -> bool:
        """Return whether nothing is left until the hour is over."""
        self._turn()
        return not self.options.beta_headers and self.remaining <= 0

    def spend(self, points: int) -> None:
        """Charge a call."""
        self._turn()
        self.spent += points

    @property
    def remaining(self) -> int:
        """The points left in this hour."""
        return max(0, self.options.points_per_hour - self.spent)

    def seconds_left(self) -> int:
        """Return the whole seconds until the quota is full again."""
        hour = self.options.hour
        return max(1, math.ceil(hour - self.clock.now() % hour))

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return the rate limit headers of an ordinary answer."""
        habit = self.options.rate_headers
        is_near = self.remaining < NEAR_LIMIT * self.options.points_per_hour
        if habit == RateHeaders.NEVER or (habit == RateHeaders.NEAR and not is_near):
            return ()
        left, reset = self.seconds_left(), self._reset()
        rest = f"r={self.remaining};" if is_near else ""
        beta = self.options.beta_headers
        prefix, infix = ("Beta-", "Beta-") if beta else ("", "")
        policy = f"{POLICY};q={self.options.points_per_hour};w=3600"
        return (
            (f"X-{infix}RateLimit-Limit", str(self.options.points_per_hour)),
            (f"X-{infix}RateLimit-Remaining", str(self.remaining)),
            (f"X-{infix}RateLimit-Reset", reset),
            *(((f"X-{infix}RateLimit-NearLimit", "true"),) if is_near else ()),
            (f"{prefix}RateLimit-Policy", policy),
            (f"{prefix}RateLimit", f"{POLICY};{rest}t={left}"),
        )

    def wall_headers(self) -> tuple[tuple[str, str], ...]:
        """Return the headers of a refusal for want of points."""
        return (
            ("Retry-After", str(self.seconds_left())),
            ("X-RateLimit-Limit", str(self.options.points_per_hour)),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", self._reset()),
            ("RateLimit-Reason", self.options.quota_reason),
        )

    def _turn(self) -> None:
        hour = int(self.clock.now() // self.options.hour)
        if hour != self._hour:
            self._hour, self.spent = hour, 0

    def _reset(self) -> str:
        moment = self.clock.now() + self.seconds_left()
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

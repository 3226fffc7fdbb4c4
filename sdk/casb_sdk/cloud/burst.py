"""The burst limit of each endpoint: a bucket that fills as time passes."""

from casb_sdk.cloud.clock import Clock


class BurstLimit:
    """Lets through so many calls a second per endpoint, 0 meaning all."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._rate = per_second
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, endpoint: str) -> bool:
        """Return whether one more call may pass now."""
        if self._rate <= 0:
            return True
        now = self._clock.now()
        level, then = self._levels.get(endpoint, (self._rate, now))
        level = min(self._rate, level + (now - then) * self._rate)
        allowed = level >= 1
        self._levels[endpoint] = (level - allowed, now)
        return allowed

"""Atlassian's token endpoint as a test wants it, and a clock that a test turns."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connector.domain.installation import TokenPair

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(slots=True)
class FakeClock:
    """Tells the time; sleeping takes none of ours."""

    time: datetime = NOON
    naps: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        """Return the time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.naps.append(seconds)
        self.time += timedelta(seconds=seconds)

    def skip(self, duration: timedelta) -> None:
        """Let much time pass."""
        self.time += duration


@dataclass(slots=True)
class FakeExchange:
    """Hands out numbered pairs; ``troubles`` are raised first, one a request."""

    clock: FakeClock
    client_id: str = "our-app"
    life: timedelta = timedelta(hours=1)
    troubles: list[Exception] = field(default_factory=list)
    used: list[str] = field(default_factory=list)

    def refresh(self, pair: TokenPair) -> TokenPair:
        """Return the next pair."""
        self.used.append(pair.refresh_token)
        if self.troubles:
            raise self.troubles.pop(0)
        number = len(self.used)
        until = self.clock.now() + self.life
        return TokenPair(f"access-{number}", f"refresh-{number}", until)

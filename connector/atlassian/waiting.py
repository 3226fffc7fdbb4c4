"""How long and how often a call is tried: back-off, jitter and the end of patience."""

from collections.abc import Callable
from dataclasses import dataclass, field

from connector.atlassian.answers import Setback
from connector.atlassian.rate_limits import RateLimit

TRIES = 7
TRIES_OF_A_FAILING_ENDPOINT = 2
HASTY_TRIES = 3
SHAPE = "shape"
FIRST_WAIT = 1.0
LONGEST_WAIT = 30.0
PATIENCE = 120.0
MOST_WAITED = 300.0
LEAST_SHARE = 0.5
SPREAD = 0.1
TOKEN_LASTS = 600.0
WIDEST_SPREAD = 5.0
ENDPOINTS_OF_AN_OUTAGE = 3
FAILURES_OF_A_FAILING_ENDPOINT = 3

Random = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits that double up to half a minute, each spread so that callers part."""

    random: Random

    def before_try(self, number: int) -> float:
        """Return the seconds before a try, the second try being number 1."""
        whole = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (number - 1))
        return whole * (LEAST_SHARE + (1 - LEAST_SHARE) * self.random())

    def at_least(self, seconds: float) -> float:
        """Return a wait that is never shorter than asked for, and a little spread."""
        return seconds + min(seconds * SPREAD, WIDEST_SPREAD) * self.random()


@dataclass(slots=True)
class Trial:
    """The tries of one call: how many went wrong, how much was waited.

    Refusals for the number of calls do not use up tries, only ``patience``, and
    those for a spent quota not even that where the caller ``is_patient``.
    """

    tries: int
    waits: Waits
    patience: float = MOST_WAITED
    hasty: frozenset[str] = frozenset()
    is_patient: bool = False
    token: str = ""
    sent_at: float = 0.0
    failed: int = 0
    refused: int = 0
    waited: float = 0.0
    had_new_token: bool = False
    renewed_at: float = 0.0
    points: int = 0
    cost: int = 0
    limits: tuple[RateLimit, ...] = ()
    is_over: bool = False

    @property
    def is_retry(self) -> bool:
        """Whether the call went out before."""
        return bool(self.failed or self.refused or self.had_new_token)

    @property
    def may_renew_token(self) -> bool:
        """Whether a token that was rejected is worth replacing.

        A new one that is rejected is not, unless a wait for the quota outlived it.
        """
        return not self.had_new_token or self.sent_at - self.renewed_at > TOKEN_LASTS

    def wait_after(self, setback: Setback) -> float:
        """Return the seconds before the next try, if there is to be one."""
        if setback.is_about_number:
            self.refused += 1
        else:
            self.failed += 1
        wait = self.waits.before_try(self.failed + self.refused)
        if setback.wait is not None:
            asked = self.waits.at_least(setback.wait)
            wait = asked if setback.is_about_number else max(asked, wait)
        if not (setback.is_about_quota and self.is_patient):
            self.waited += wait
        is_hasty = setback.reason == SHAPE or setback.reason in self.hasty
        tries = min(self.tries, HASTY_TRIES) if is_hasty else self.tries
        self.is_over = self.failed >= tries or self.waited > self.patience
        return wait


@dataclass(slots=True)
class Outage:
    """Tells a failing endpoint from the whole of Atlassian being away.

    An endpoint that failed again and again is tried less often until it works;
    three different ones failing with nothing working in between is an outage.
    """

    streaks: dict[str, int] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)

    def note_answer(self, endpoint: str) -> None:
        """Take note of an answer, be it a refusal: somebody is there."""
        self.failing.clear()
        self.streaks.pop(endpoint, None)

    def note_failure(self, endpoint: str) -> None:
        """Take note of a call that failed for good though it should have worked."""
        self.failing.add(endpoint)
        self.streaks[endpoint] = self.streaks.get(endpoint, 0) + 1

    @property
    def is_total(self) -> bool:
        """Whether nothing works any more."""
        return len(self.failing) >= ENDPOINTS_OF_AN_OUTAGE

    def tries(self, endpoint: str, wanted: int) -> int:
        """Return how often a call is worth trying."""
        if self.streaks.get(endpoint, 0) >= FAILURES_OF_A_FAILING_ENDPOINT:
            return min(wanted, TRIES_OF_A_FAILING_ENDPOINT)
        return wanted

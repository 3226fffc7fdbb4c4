"""What a call ends with that got no answer: a gap in the coverage or more."""

from datetime import UTC, datetime

from connector.atlassian.answers import FINAL, Setback
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.failures import CallFailedError, Nature
from connector.atlassian.throttle import QUOTA, PausedTooLongError
from connector.domain.errors import AtlassianUnavailableError, CasbError


def failed(endpoint: Endpoint, setback: Setback) -> CallFailedError:
    """Return why a call failed that need not end the scan."""
    return CallFailedError(
        endpoint.name,
        setback.reason,
        status=setback.status,
        scope=endpoint.scope,
        text=setback.text,
        nature=Nature.LASTING if setback.remedy in FINAL else Nature.PASSING,
    )


def paused_too_long(endpoint: Endpoint, pause: PausedTooLongError) -> CasbError:
    """Return that a call would have to wait longer than anybody is ready to."""
    if pause.reason == QUOTA:
        at = datetime.fromtimestamp(pause.until, UTC)
        return AtlassianUnavailableError(
            f"Atlassian's quota is used up until {at:%Y-%m-%d %H:%M} UTC.",
            "Come back then: what was read until now is kept.",
            retry_after=pause.seconds,
        )
    if pause.is_whole_site:
        return unavailable(endpoint, pause.reason, pause.seconds)
    return CallFailedError(endpoint.name, pause.reason, nature=Nature.PAUSED)


def unavailable(
    endpoint: Endpoint, reason: str, retry_after: float | None
) -> AtlassianUnavailableError:
    """Return that there is no going on for now; ``retry_after`` is in seconds."""
    return AtlassianUnavailableError(
        f"Atlassian is not available: {endpoint.name} ended with {reason}.",
        "Try again later.",
        retry_after=retry_after,
    )

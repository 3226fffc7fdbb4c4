"""How long somebody waits who failed, and will try again by himself."""

from datetime import timedelta

from connector.domain.errors import AtlassianUnavailableError, CasbError

FIRST_RETRY = timedelta(seconds=30)
LAST_RETRY = timedelta(hours=1)
MOST_DOUBLINGS = 10


def retry_in(error: BaseException, failures: int) -> timedelta:
    """Return the wait after some failures in a row before this one.

    It doubles up to an hour, and is never less than Atlassian asked for.
    """
    wait = min(FIRST_RETRY * (1 << min(failures, MOST_DOUBLINGS)), LAST_RETRY)
    if isinstance(error, AtlassianUnavailableError) and error.retry_after:
        return max(wait, timedelta(seconds=error.retry_after))
    return wait


def told_of(error: BaseException) -> str:
    """Return what may be kept of an error: ours is a sentence, others hold anything."""
    return str(error) if isinstance(error, CasbError) else type(error).__name__

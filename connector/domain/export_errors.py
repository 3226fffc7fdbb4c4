"""What can go wrong for a consumer of the export, sorted by what it should do."""

from connector.domain.client import Allowance, Scope
from connector.domain.errors import CasbError, UsageError


class BadParameterError(UsageError):
    """A known parameter has a value that makes no sense."""


class InvalidCursorError(UsageError):
    """A cursor was changed on its way, or belongs to somebody or something else."""


class UnauthorizedError(CasbError):
    """There is no credential, or none that works."""

    def __init__(self, message: str, *, is_missing: bool = False) -> None:
        super().__init__(message)
        self.is_missing = is_missing


class InsufficientScopeError(CasbError):
    """The credential works, but not for this."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"This needs the scope {scope.value}.")
        self.scope = scope


class NotAcceptableError(CasbError):
    """The client accepts nothing that can be offered."""


class PositionAheadError(CasbError):
    """A position lies beyond the end of the feed."""


class FeedResetError(CasbError):
    """The feed began anew; ``restart`` is the cursor to begin with."""

    def __init__(self, restart: str) -> None:
        super().__init__(
            "The feed began anew: a backup was restored.",
            "Read it again from the start; rows with the same id replace older ones.",
        )
        self.restart = restart


class RateLimitedError(CasbError):
    """The client has used up its requests for now."""

    counted = "requests"

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(
            f"More than {allowance.limit.requests} {self.counted} in "
            f"{int(allowance.limit.per.total_seconds())} seconds."
        )
        self.allowance = allowance


class TooManyFailuresError(RateLimitedError):
    """Credentials that do not work were sent too often from one address."""

    counted = "failed attempts from this address"


class UnavailableError(CasbError):
    """Something this depends on is away for the moment."""

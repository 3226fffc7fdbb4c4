"""What a call to Atlassian can end in besides an answer."""

from enum import Enum, auto

from connector.domain.errors import (
    AtlassianError,
    AtlassianUnavailableError,
    CasbError,
    ConsentError,
    ScopeError,
)

SCOPE = "scope"
NETWORK = "network"
PAGING_BROKE = "paging_broke"
GONE = 410
CONSENT_STATUSES = frozenset({401, 403, 404})


class Nature(Enum):
    """Whether a failure may be over soon; PAUSED: the call was not even made."""

    LASTING = auto()
    PASSING = auto()
    PAUSED = auto()


class CallFailedError(AtlassianError):
    """A call gave no usable answer, whatever was tried.

    ``reason`` is what a gap in the coverage says: a status, ``scope``, ``html``,
    ``empty``, ``cut``, ``shape``, ``timeout``, ``network``, ``redirect``...
    The crawl steps turn it into coverage; nobody else sees it.
    """

    def __init__(
        self,
        operation: str,
        reason: str,
        *,
        status: int = 0,
        scope: str = "",
        text: str = "",
        nature: Nature = Nature.LASTING,
    ) -> None:
        super().__init__(f"{operation} failed: {reason}.")
        self.operation = operation
        self.reason = reason
        self.status = status
        self.scope = scope
        self.text = text
        self.nature = nature

    @property
    def is_transient(self) -> bool:
        """Whether the same call may work some other time."""
        return self.nature is not Nature.LASTING

    def as_fatal(self) -> CasbError:
        """Return what to raise where a scan cannot go on without the answer."""
        if self.reason == SCOPE:
            return ScopeError(
                f"{self.operation} needs the scope {self.scope}.",
                "Connect the site again and consent to it.",
            )
        if self.status in CONSENT_STATUSES:
            return ConsentError(
                f"Atlassian refuses {self.operation} with {self.status}.",
                "Check that the installing account may use Confluence on this site "
                "and that the app is allowed there, then connect the site again.",
            )
        if self.is_transient:
            return AtlassianUnavailableError(
                f"Atlassian gave no usable answer to {self.operation} ({self.reason}).",
                "Try again later.",
            )
        return AtlassianError(
            f"Atlassian answers {self.operation} with {self.reason}.",
            "Report it with the log of this scan.",
        )


class PagingBrokeError(CallFailedError):
    """A list did not end where it said it would go on."""

    def __init__(self, operation: str) -> None:
        super().__init__(operation, PAGING_BROKE)

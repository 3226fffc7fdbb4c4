"""What goes wrong while a site in memory is read."""

from collections.abc import Callable
from dataclasses import dataclass, field

from connector.domain.errors import AtlassianUnavailableError
from connector.domain.reading import Verdict


@dataclass
class Trouble:
    """What goes wrong; ids of spaces and items, and numbers of calls from 1.

    From the call ``from_call`` on all raise ``error``, or just that one if ``once``;
    ``at_call`` acts at a call; ``breaks_after`` so many pages a listing breaks off.
    Unless it ``counts`` a site does not say how many items there are.
    """

    from_call: int = 0
    once: bool = False
    error: BaseException = field(
        default_factory=lambda: AtlassianUnavailableError("The network is away.")
    )
    at_call: dict[int, Callable[[], None]] = field(default_factory=dict)
    breaks_after: dict[str, int] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    hidden_spaces: set[str] = field(default_factory=set)
    unasked: set[str] = field(default_factory=set)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    counts: bool = True

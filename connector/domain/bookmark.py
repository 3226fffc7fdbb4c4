"""A place in what a consumer reads, which it holds as an opaque, signed text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where a client goes on, and what it had asked for, as the parameters said.

    ``reader`` is the client; ``endpoint`` tells the lists apart. ``epoch`` is that
    of the feed, empty where there is none yet.
    """

    reader: str
    endpoint: str
    after: int
    epoch: str = ""
    question: Mapping[str, str] = field(default_factory=dict)


class Cursors(Protocol):
    """Seals bookmarks, so that nobody else can make or change one."""

    def seal(self, bookmark: Bookmark) -> str:
        """Return a bookmark as text for a URL."""
        ...

    def open(self, text: str, reader: str, endpoint: str) -> Bookmark:
        """Return the bookmark a text holds; InvalidCursorError if it is not theirs."""
        ...

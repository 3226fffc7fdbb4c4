"""Renders what was written to the feed, so that reading it costs next to nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from connector.domain.feed import FeedPosition
from connector.domain.finding_state import Change
from connector.domain.store_ports import Begin

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class RenderFeed:
    """Renders changes that are not rendered yet; whoever reads them before can too."""

    begin: Begin
    render: Callable[[Change, FeedPosition], bytes]

    def is_wanted(self) -> bool:
        """Return whether there is something to render; a cheap look."""
        with self.begin(write=False) as stores:
            return bool(stores.feed.unrendered(1))

    def __call__(self) -> int:
        """Render all there is, some hundred in a transaction; returns how many."""
        rendered = 0
        while some := self._some():
            rendered += some
        return rendered

    def _some(self) -> int:
        with self.begin(write=False) as stores:
            pending = stores.feed.unrendered(AT_ONCE)
        if not pending:
            return 0
        bodies = {
            position.seq: self.render(change, position) for position, change in pending
        }
        with self.begin() as stores:
            stores.feed.keep_bodies(bodies)
        return len(bodies)

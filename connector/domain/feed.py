"""The feed of changes: positions in it, what a consumer wants of it, one page of it.

The guarantees are those of export-api 1.4: sequence numbers are given out in the
order of the commits, and ``changed_at`` grows with them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from casb_sdk import Severity
from connector.domain.finding_state import Change, Standing, Status

SEVERITIES = tuple(Severity)
START = 0
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing happened before; a time much earlier cannot be reckoned with."""


@dataclass(frozen=True, slots=True)
class FeedPosition:
    """Where a change stands in the feed."""

    seq: int
    changed_at: datetime

    def event_id(self, site_id: str) -> str:
        """Return the key that makes reading a change twice harmless."""
        return f"{site_id}:{self.seq}"


class View(StrEnum):
    """Which rows of the feed a consumer reads."""

    HISTORY = "history"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """What a consumer wants; empty sets mean all.

    ``site_ids`` bounds everything: None means every site, an empty set no site.
    ``with_refreshed`` are the heart-beats of findings that go quiet.
    """

    site_ids: frozenset[str] | None = None
    finding_types: frozenset[str] = frozenset()
    resource_types: frozenset[str] = frozenset()
    min_severity: Severity | None = None
    statuses: frozenset[Status] = frozenset()
    with_implied: bool = True
    with_refreshed: bool = False
    finding_id: str | None = None

    @property
    def is_mutable(self) -> bool:
        """Return whether a finding can enter or leave the filter."""
        has_bounds = bool(self.statuses) or self.min_severity is not None
        return has_bounds or not self.with_implied

    def holds(self, standing: Standing) -> bool:
        """Return whether a finding that stands like this is wanted.

        A change is sent if that was so before, or is so after it.
        """
        if self.statuses and standing.status not in self.statuses:
            return False
        if standing.is_implied and not self.with_implied:
            return False
        lowest = self.min_severity
        return lowest is None or rank(standing.severity) >= rank(lowest)


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """A question to the feed: after a position or since a time, up to a bound.

    Links are put below ``public_url``.
    """

    wanted: FeedFilter = field(default_factory=FeedFilter)
    after: int = START
    since: datetime | None = None
    before: datetime | None = None
    view: View = View.HISTORY
    limit: int = 500
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A change as it is handed out.

    ``text`` is the native change as JSON, names joined; nothing yet where the change
    was not rendered: ``change`` is there then, and ``site_url``. A change by which a
    finding left the filter is marked.
    """

    seq: int
    changed_at: datetime
    site_id: str
    finding_id: str
    change_type: str
    text: bytes | None
    change: Change | None = None
    left_filter: bool = False
    site_url: str = ""

    @property
    def position(self) -> FeedPosition:
        """Where the change stands."""
        return FeedPosition(self.seq, self.changed_at)


@dataclass(frozen=True, slots=True)
class FeedLines:
    """Some rows of the feed as lines of native JSON, in pieces of many lines.

    ``last`` is the number of the last row.
    """

    count: int
    last: int
    pieces: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """How many findings were told again; ``last`` is the number of the last."""

    count: int
    last: int


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far the feed goes; ``epoch`` changes when a backup was restored.

    Up to ``compacted_to``, at ``compacted_at``, the feed no longer holds every end of
    a finding.
    """

    seq: int
    changed_at: datetime | None
    epoch: str
    compacted_to: int = 0
    compacted_at: datetime | None = None

    def misses_ends(self, after: int, since: datetime | None) -> bool:
        """Return whether ends of findings are gone behind a position or a time.

        Whoever begins at the beginning knows no finding whose end it could miss.
        """
        if after > START:
            return after < self.compacted_to
        if since is None or self.compacted_at is None:
            return False
        return EARLIEST < since <= self.compacted_at


@dataclass(frozen=True, slots=True)
class PageLines:
    """The rows of a page as lines of native JSON, in pieces of many lines.

    ``last_at`` is the time of the last row.
    """

    count: int
    last_at: datetime | None
    pieces: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some rows of the feed, and where to go on.

    The rows come one by one, or as ``lines`` where that was asked for.
    """

    rows: Sequence[FeedRow]
    has_more: bool
    position: int
    watermark: Watermark
    lines: PageLines | None = None

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.lines.count if self.lines else len(self.rows)

    @property
    def last_at(self) -> datetime | None:
        """The time of the last row."""
        if self.lines:
            return self.lines.last_at
        return self.rows[-1].changed_at if self.rows else None


class ChangeFeed(Protocol):
    """The changes of all findings, in order; saving a finding writes them down."""

    def page(self, query: FeedQuery) -> FeedPage:
        """Return a page of the feed."""
        ...

    def page_in_lines(self, query: FeedQuery, *, named: bool) -> FeedPage | None:
        """Return a page of the feed as lines; None if a row is not rendered yet.

        The quick way: a row that left the filter is not marked. Unless it is to be
        ``named``, there is null for every name of a person.
        """
        ...

    def stream(self, query: FeedQuery) -> Iterator[FeedRow]:
        """Yield every row of a query, a batch in memory at a time."""
        ...

    def lines(self, query: FeedQuery) -> Iterator[FeedLines]:
        """Yield the rows of a query as lines of JSON, up to one not rendered yet.

        The quick way, for much of the feed: a row is told like any other, whether or
        not it left the filter.
        """
        ...

    def watermark(self) -> Watermark:
        """Return how far the feed goes."""
        ...

    def close_window(self, before: datetime) -> None:
        """Make sure that nothing is ever written with an earlier time than this.

        Waits for whoever writes at the moment.
        """
        ...

    def begin_epoch(self, above: int) -> Watermark:
        """Start anew after a restore: no number up to ``above`` is given out again."""
        ...

    def repeat(self, before: datetime, after: int, limit: int) -> Repeated | None:
        """Tell findings again that are not over and of which nothing was told since.

        So many at most, in the order of their numbers, with larger ones than
        ``after``; None if there was none.
        """
        ...

    def unrendered(self, limit: int) -> Sequence[tuple[FeedPosition, Change]]:
        """Return changes that were not rendered yet, with where they stand."""
        ...

    def keep_bodies(self, bodies: Mapping[int, bytes]) -> None:
        """Keep what changes were rendered to, with their holes (`feed_body`)."""
        ...

    def compact(self, history_before: datetime, tombstones_before: datetime) -> int:
        """Drop superseded rows, and ends, that are too old; returns how many.

        The newest row of a finding that is not resolved always stays.
        """
        ...


def rank(severity: Severity) -> int:
    """Order severities, the mildest first."""
    return SEVERITIES.index(severity)

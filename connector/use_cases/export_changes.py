"""Hands the feed out to a consumer: pages of it, and the whole as it stands."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector.domain.bookmark import Bookmark, Cursors
from connector.domain.care import Alarm
from connector.domain.client import Consumer, Pull
from connector.domain.errors import NotFoundError
from connector.domain.export_errors import FeedResetError, PositionAheadError
from connector.domain.export_forms import Form, SchemaName
from connector.domain.feed import (
    EARLIEST,
    START,
    FeedFilter,
    FeedPage,
    FeedQuery,
    FeedRow,
    View,
    Watermark,
)
from connector.domain.finding_state import ChangeType
from connector.domain.listing import SiteState
from connector.domain.store_ports import Begin, Stores

FEED_RESTORED = "feed-restored"
FEED_AHEAD = "feed-ahead"
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a consumer asks of the feed; a bookmark says where it goes on.

    Who names a ``form`` can take a page in lines, which come quicker.
    """

    wanted: FeedFilter = field(default_factory=FeedFilter)
    after: int = START
    since: datetime | None = None
    before: datetime | None = None
    view: View = View.HISTORY
    limit: int = 500
    from_now: bool = False
    bookmark: Bookmark | None = None
    form: Form | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """A page of the feed, the sites it is about, and whether it can be trusted.

    ``before`` is the end of the window, no later than now. A consumer whose
    position is too old missed ends of findings: ``needs_resync``.
    """

    page: FeedPage
    sites: Sequence[SiteState]
    before: datetime | None = None
    needs_resync: bool = False


class Snapshot:
    """Everything as it stands, in one consistent read; close it when done."""

    def __init__(self, begin: Begin, wanted: FeedFilter, public_url: str = "") -> None:
        self._open = ExitStack()
        try:
            stores = self._open.enter_context(begin(write=False))
            self.watermark = stores.feed.watermark()
            self.sites = site_states(stores, wanted.site_ids or frozenset())
            query = FeedQuery(wanted, view=View.LATEST, public_url=public_url)
            self.rows = _standing(stores.feed.stream(query))
        except BaseException:
            self._open.close()
            raise

    def close(self) -> None:
        """End the read."""
        self._open.close()


@dataclass(frozen=True, slots=True)
class ExportChanges:
    """Reads the feed for consumers; each sees the rows of its sites only."""

    begin: Begin
    now: Callable[[], datetime]
    cursors: Cursors
    public_url: str = ""

    def page(self, consumer: Consumer, asked: Asked) -> Pulled:
        """Return the next page."""
        wanted = within_sites(consumer, asked.wanted)
        before = self._closed_window(asked.before)
        with self.begin(write=False) as stores:
            watermark = stores.feed.watermark()
            after = watermark.seq if asked.from_now else asked.after
            is_ahead = after > watermark.seq
            is_astray = _is_astray(asked.bookmark, watermark)
            if not is_ahead and not is_astray:
                query = FeedQuery(
                    wanted,
                    after,
                    asked.since,
                    before,
                    asked.view,
                    asked.limit,
                    self.public_url,
                )
                return Pulled(
                    _up_to(before, _page(stores, query, asked.form)),
                    site_states(stores, wanted.site_ids or frozenset()),
                    before,
                    watermark.misses_ends(after, asked.since),
                )
        raise self._lost(consumer, asked.bookmark, after)

    def watermark(self) -> Watermark:
        """Return how far the feed goes."""
        with self.begin(write=False) as stores:
            return stores.feed.watermark()

    def sites(self, consumer: Consumer, wanted: FeedFilter) -> Sequence[SiteState]:
        """Return the sites that a question is about."""
        site_ids = within_sites(consumer, wanted).site_ids
        with self.begin(write=False) as stores:
            return site_states(stores, site_ids or frozenset())

    def snapshot(self, consumer: Consumer, wanted: FeedFilter) -> Snapshot:
        """Begin to read everything as it stands."""
        return Snapshot(self.begin, within_sites(consumer, wanted), self.public_url)

    def record(self, pull: Pull) -> None:
        """Write down that rows were handed out."""
        with self.begin() as stores:
            stores.clients.record([pull])

    def record_unchanged(self, consumer: Consumer, endpoint: str, address: str) -> None:
        """Write down that a client asked and has everything: it stands where it stood.

        Without this, one that is up to date would look like one that stopped asking.
        """
        now, client_id = self.now(), consumer.client.id
        with self.begin() as stores:
            last = stores.clients.last_pulls(endpoint).get(client_id)
            again = last or Pull(client_id, endpoint, now, 0)
            is_at_the_end = again.to_seq == stores.feed.watermark().seq
            reached_at = now if is_at_the_end else again.reached_at
            stores.clients.record(
                [replace(again, at=now, rows=0, address=address, reached_at=reached_at)]
            )

    def _closed_window(self, before: datetime | None) -> datetime | None:
        """Return the end of a window in which nothing more is going to happen."""
        if before is None:
            return None
        before = max(EARLIEST, min(before, self.now()))
        newest = self.watermark().changed_at
        if newest is None or newest < before - MICROSECOND:
            with self.begin() as stores:
                stores.feed.close_window(before)
        return before

    def _lost(
        self, consumer: Consumer, bookmark: Bookmark | None, after: int
    ) -> FeedResetError | PositionAheadError:
        if bookmark is None:
            return self._ahead(consumer, after)
        with self.begin() as stores:
            watermark = stores.feed.watermark()
            if bookmark.after > watermark.seq:
                # We signed this position: a feed that ends before it is an older one.
                watermark = stores.feed.begin_epoch(bookmark.after)
                stores.alarms.raise_(
                    Alarm(
                        FEED_RESTORED,
                        "The feed ends before a position that was handed out: the "
                        "database is an older copy. The feed began anew.",
                        "Let the consumers that hold a number instead of a cursor "
                        "start again from the beginning.",
                        self.now(),
                    )
                )
        restart = replace(bookmark, after=START, epoch=watermark.epoch)
        return FeedResetError(self.cursors.seal(restart))

    def _ahead(self, consumer: Consumer, after: int) -> PositionAheadError:
        with self.begin() as stores:
            watermark = stores.feed.watermark()
            stores.alarms.raise_(
                Alarm(
                    FEED_AHEAD,
                    f"{consumer.client.name} asked for what follows {after}, but the "
                    f"feed ends at {watermark.seq}.",
                    "If the database was restored from a copy, let this consumer "
                    "start again from the beginning; else correct its position.",
                    self.now(),
                )
            )
        return PositionAheadError(
            f"The feed ends at {watermark.seq}, before {after}.",
            "Start again from the beginning: after_seq=0.",
        )


def within_sites(consumer: Consumer, wanted: FeedFilter) -> FeedFilter:
    """Return a filter bound to the sites of a consumer; a foreign one is not found."""
    asked = wanted.site_ids
    if asked is None:
        return replace(wanted, site_ids=consumer.client.site_ids)
    refuse_foreign(consumer, asked)
    return wanted


def refuse_foreign(consumer: Consumer, site_ids: frozenset[str]) -> None:
    """Raise NotFoundError for a site that is not the consumer's, or is none at all."""
    for site_id in sorted(site_ids - consumer.client.site_ids):
        raise NotFoundError(f"There is no site {site_id!r}.")


def site_states(stores: Stores, site_ids: frozenset[str]) -> Sequence[SiteState]:
    """Return how some sites are."""
    scans = stores.listings.last_scans(site_ids)
    return [
        SiteState(installation, scans.get(installation.site.cloud_id))
        for installation in stores.listings.sites(site_ids)
    ]


def _page(stores: Stores, query: FeedQuery, form: Form | None) -> FeedPage:
    """Return a page in lines where rows need nothing but that, else row by row."""
    page = None
    if form and form.schema is SchemaName.NATIVE and not query.wanted.is_mutable:
        page = stores.feed.page_in_lines(query, named=form.with_evidence)
    return page or stores.feed.page(query)


def _is_astray(bookmark: Bookmark | None, watermark: Watermark) -> bool:
    """Return whether a bookmark belongs to a feed that is no more."""
    if bookmark is None or bookmark.after == START:
        return False
    return bookmark.epoch != watermark.epoch or bookmark.after > watermark.seq


def _up_to(before: datetime | None, page: FeedPage) -> FeedPage:
    """Return a page whose watermark is no later than its window.

    Whoever asked for a window into the future goes on from there.
    """
    if before is None:
        return page
    mark = replace(page.watermark, changed_at=before - MICROSECOND)
    return replace(page, watermark=mark)


def _standing(rows: Iterator[FeedRow]) -> Iterator[FeedRow]:
    """Yield the rows of findings that still are what was asked for."""
    for row in rows:
        if row.change_type != ChangeType.DELETED and not row.left_filter:
            yield row

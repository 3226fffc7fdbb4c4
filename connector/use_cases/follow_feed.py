"""Hands the feed to the operator: from a checkpoint to its end, and on from there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from connector.domain.bookmark import Bookmark, Cursors
from connector.domain.errors import UsageError
from connector.domain.export_errors import InvalidCursorError
from connector.domain.export_forms import Form, Forms
from connector.domain.feed import START, FeedFilter, FeedLines, FeedQuery, Watermark
from connector.domain.store_ports import Begin, Stores

READER = "operator"
ENDPOINT = "export"
BYTES_AT_ONCE = 250_000
"""A checkpoint may be sealed and written for each: too dear for every row."""


@dataclass(frozen=True, slots=True)
class Told:
    """Some rows as JSON texts, and the checkpoint behind them.

    It is sealed when it is asked for: sealing costs more than hundreds of rows.
    """

    texts: tuple[bytes, ...]
    count: int
    seal: Callable[[], str]

    @property
    def checkpoint(self) -> str:
        """The place behind the rows, as a text."""
        return self.seal()


@dataclass(frozen=True, slots=True)
class FollowFeed:
    """Reads the changes of all sites, or of some, in order and each once.

    ``render`` makes the rows ready before they are read.
    """

    begin: Begin
    cursors: Cursors
    forms: Forms
    render: Callable[[], int]
    public_url: str

    def position(self, checkpoint: str) -> int:
        """Return the place a checkpoint names: ours, a number, or the beginning."""
        if not checkpoint:
            return START
        with self.begin(write=False) as stores:
            watermark = stores.feed.watermark()
        after = self._after(checkpoint, watermark)
        if after > watermark.seq:
            raise UsageError(
                f"The feed ends at {watermark.seq}, before the checkpoint.",
                "If the database was restored from a copy, begin anew without --from.",
            )
        return after

    def __call__(self, after: int, wanted: FeedFilter, form: Form) -> Iterator[Told]:
        """Yield what follows a place, some hundred rows at a time."""
        self.render()
        query = FeedQuery(wanted, after, public_url=self.public_url)
        is_plain = form == Form(with_evidence=True) and not wanted.is_mutable
        with self.begin(write=False) as stores:
            epoch = stores.feed.watermark().epoch
            read = (
                stores.feed.lines(query)
                if is_plain
                else self._rows(stores, query, form)
            )
            for lines in read:
                checkpoint = self._checkpoint(lines.last, epoch)
                yield Told(lines.pieces, lines.count, checkpoint)

    def _rows(
        self, stores: Stores, query: FeedQuery, form: Form
    ) -> Iterator[FeedLines]:
        """Yield rows in a form of their own."""
        texts, weight, last = list[bytes](), 0, query.after
        for row in stores.feed.stream(query):
            texts.append(self.forms.change(row, form, row.site_url) + b"\n")
            weight += len(texts[-1])
            last = row.seq
            if weight >= BYTES_AT_ONCE:
                yield FeedLines(len(texts), last, tuple(texts))
                texts, weight = [], 0
        if texts:
            yield FeedLines(len(texts), last, tuple(texts))

    def _checkpoint(self, after: int, epoch: str) -> Callable[[], str]:
        return partial(self.cursors.seal, Bookmark(READER, ENDPOINT, after, epoch))

    def _after(self, checkpoint: str, watermark: Watermark) -> int:
        if checkpoint.isascii() and checkpoint.isdigit():
            return int(checkpoint)
        try:
            bookmark = self.cursors.open(checkpoint, READER, ENDPOINT)
        except InvalidCursorError:
            raise UsageError(
                "The checkpoint is none of ours.",
                "Use one that `casb export` printed, a number, or leave it out.",
            ) from None
        if bookmark.epoch != watermark.epoch:
            raise UsageError(
                "The checkpoint belongs to a feed that is no more: the database was "
                "restored from a copy.",
                "Begin anew without --from.",
            )
        return bookmark.after

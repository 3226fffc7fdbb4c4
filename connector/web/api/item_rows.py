"""Rows of findings for a list: one each, or one for each item that is affected."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from connector.domain.errors import ConflictError, NotFoundError
from connector.domain.export_forms import Form, Row
from connector.domain.finding_state import TrackedFinding
from connector.domain.listing import ListedFinding
from connector.web.api.exporting import exporting

RowsOf = Callable[[ListedFinding], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: behind a finding, and behind so many rows of the next."""

    after: int
    rows: int = 0


def rows_from(
    listed: Sequence[ListedFinding], rows_of: RowsOf, place: Place, limit: int
) -> tuple[Sequence[Row], Place | None]:
    """Return so many rows from a place on, and the place of what did not fit in."""
    rows: list[Row] = []
    for each in listed:
        begin = place.rows if each.number == place.after + 1 else 0
        for count, row in enumerate(islice(rows_of(each), begin, None), begin):
            if len(rows) == limit:
                return rows, Place(each.number - 1, count)
            rows.append(row)
    return rows, None


def rows_by(form: Form, urls: Mapping[str, str], granularity: str) -> RowsOf:
    """Return what yields the rows of a finding; ``urls`` are those of the sites."""

    def rows_of(listed: ListedFinding) -> Iterator[Row]:
        tracked = listed.tracked
        row = exporting().forms.finding(listed, form, urls.get(tracked.site_id, ""))
        if granularity == "finding":
            yield row
        else:
            items = items_of(tracked, with_evidence=form.with_evidence)
            yield from ({**row, "affected_resource": item} for item in items)

    return rows_of


def items_of(tracked: TrackedFinding, *, with_evidence: bool) -> Iterator[Row | None]:
    """Yield what a finding affects; null where nobody can tell any more.

    Who asks for items must not lose a finding because its snapshot is gone.
    """
    try:
        items = exporting().affected(tracked, with_evidence=with_evidence)
        first = next(items, None)
    except (NotFoundError, ConflictError):
        first, items = None, iter(())
    yield first
    yield from items

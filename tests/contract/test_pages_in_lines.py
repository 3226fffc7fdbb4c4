"""Pages of the feed as lines: the same rows as one by one, read the quick way."""

from dataclasses import replace

import orjson
import pytest

from connector.domain.feed import FeedFilter, FeedPage, FeedQuery, View
from connector.domain.finding_state import Change, ChangeType
from connector.domain.store_ports import Begin
from tests.contract.feeding import created, read, render, resolved, save
from tests.contract.finding_words import finding_on, tracked

EVERYTHING = FeedQuery(public_url="https://casb.example/")


def fill(begin: Begin) -> None:
    first, foreign = created("1"), tracked(finding_on("9"), site_id="umbrella")
    save(begin, first, Change(ChangeType.CREATED, foreign), created("2"))
    save(begin, resolved(first.finding))
    render(begin)


def read_lines(
    begin: Begin, query: FeedQuery = EVERYTHING, *, named: bool = True
) -> FeedPage | None:
    with begin(write=False) as stores:
        return stores.feed.page_in_lines(query, named=named)


@pytest.mark.parametrize(
    "query",
    [
        EVERYTHING,
        replace(EVERYTHING, limit=1),
        replace(EVERYTHING, limit=4),
        replace(EVERYTHING, after=1, limit=2),
        replace(EVERYTHING, after=4),
        replace(EVERYTHING, view=View.LATEST),
        replace(EVERYTHING, wanted=FeedFilter(frozenset({"umbrella"}))),
        replace(EVERYTHING, wanted=FeedFilter(frozenset())),
    ],
)
def test_a_page_in_lines_is_the_page_row_by_row(begin: Begin, query: FeedQuery) -> None:
    fill(begin)

    page, rows = read_lines(begin, query), read(begin, query)

    assert page is not None
    assert page.lines is not None
    told = b"".join(row.text + b"\n" for row in rows.rows if row.text)
    assert b"".join(page.lines.pieces) == told
    assert (page.count, page.last_at) == (rows.count, rows.last_at)
    assert replace(page, lines=None) == replace(rows, rows=())


def test_a_page_in_lines_ends_with_its_window(begin: Begin) -> None:
    fill(begin)
    third = read(begin).rows[2]
    query = replace(EVERYTHING, before=third.changed_at)

    page, rows = read_lines(begin, query), read(begin, query)

    assert page is not None
    assert (page.count, page.position) == (2, 2)
    assert replace(page, lines=None) == replace(rows, rows=())


def test_there_is_no_page_in_lines_while_a_row_is_not_rendered(begin: Begin) -> None:
    fill(begin)
    save(begin, created("3"))

    assert read_lines(begin) is None
    assert read_lines(begin, replace(EVERYTHING, limit=4)) is not None


def test_a_page_without_names_has_null_for_each(begin: Begin) -> None:
    fill(begin)

    named, unnamed = read_lines(begin), read_lines(begin, named=False)

    names = []
    for page in (named, unnamed):
        assert page is not None
        assert page.lines is not None
        lines = b"".join(page.lines.pieces).splitlines()
        rows = [orjson.loads(line) for line in lines]
        names.append({row["principals"][0]["display_name"] for row in rows})
    assert names == [{"Gus"}, {None}]

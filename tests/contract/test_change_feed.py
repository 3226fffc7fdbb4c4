"""Every change of a finding is one row of the feed, in the order of the commits."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import orjson
import pytest

from casb_sdk import Severity
from connector.domain.feed import FeedFilter, FeedQuery, View
from connector.domain.finding_state import Change, ChangeType
from connector.domain.store_ports import Begin
from tests.contract.feeding import (
    created,
    pages_told,
    read,
    render,
    resolved,
    save,
)
from tests.contract.finding_words import HOSTILE, finding_on, tracked, with_a_history


def test_an_empty_feed_has_no_rows_and_no_epoch(begin: Begin) -> None:
    page = read(begin)

    assert (page.rows, page.has_more, page.position) == ([], False, 0)
    assert page.watermark.epoch == ""


def test_each_change_is_one_row_in_order(begin: Begin) -> None:
    one, two = created("1"), created("2")
    save(begin, one, two)
    save(begin, resolved(one.finding))
    render(begin)

    page = read(begin)

    assert pages_told(page) == [("created", "1"), ("created", "2"), ("resolved", "1")]
    seqs = [row.seq for row in page.rows]
    times = [row.changed_at for row in page.rows]
    assert seqs == sorted(set(seqs))
    assert times == sorted(set(times))
    assert page.position == page.watermark.seq == seqs[-1]


def test_a_finding_seen_again_writes_no_row(begin: Begin) -> None:
    save(begin, created("1"))
    before = read(begin).watermark

    save(begin, Change(ChangeType.REFRESHED, created("1").finding))

    assert read(begin).watermark == before


def test_a_row_that_is_not_rendered_yet_brings_its_change(begin: Begin) -> None:
    change = Change(
        ChangeType.RESOLVED,
        with_a_history(tracked(finding_on("1"))),
        ("status", "level"),
        created("1").finding.standing,
    )
    save(begin, change)

    [row] = read(begin).rows

    assert row.text is None
    assert row.change == change


@pytest.mark.parametrize("at_once", [True, False])
def test_a_change_keeps_what_it_said_when_the_finding_changes_again(
    begin: Begin, *, at_once: bool
) -> None:
    first = created("1")
    renamed = replace(first.finding, finding=finding_on("1", title=HOSTILE), version=2)
    second = Change(ChangeType.UPDATED, renamed, ("level",), first.finding.standing)
    third = Change(ChangeType.REFRESHED, replace(renamed, scan_id="scan-9"))
    if at_once:
        save(begin, first, second)
    else:
        save(begin, first)
        save(begin, second)
        save(begin, third)

    rows = read(begin).rows

    assert [row.change for row in rows] == [first, second]
    assert render(begin) == 2


def test_a_rendered_row_says_what_its_change_said(begin: Begin) -> None:
    change = created("1")
    save(begin, change)
    assert render(begin) == 1
    assert render(begin) == 0

    [row] = read(begin).rows

    assert row.text is not None
    native = orjson.loads(row.text)
    assert native["principals"][0]["display_name"] == "Gus"
    assert native["resource"]["title"] == "Home"
    assert native["fingerprint"] == change.finding.fingerprint


def test_lines_say_what_pages_say(begin: Begin) -> None:
    foreign = tracked(finding_on("9"), site_id="umbrella")
    save(begin, created("1"), Change(ChangeType.CREATED, foreign), created("2"))
    render(begin)
    query = FeedQuery(public_url="https://casb.example/")

    with begin(write=False) as stores:
        [lines] = stores.feed.lines(query)
    page = read(begin, query)

    told = b"".join(row.text + b"\n" for row in page.rows if row.text)
    assert b"".join(lines.pieces) == told
    assert (lines.count, lines.last) == (3, page.position)


def test_lines_end_before_the_first_row_that_is_not_rendered(begin: Begin) -> None:
    save(begin, created("1"), created("2"))
    render(begin)
    save(begin, created("3"))

    with begin(write=False) as stores:
        [lines] = stores.feed.lines(FeedQuery())
        rest = list(stores.feed.lines(FeedQuery(after=lines.last)))

    assert (lines.count, lines.last) == (2, 2)
    assert rest == []


def test_a_name_that_is_erased_is_gone_from_every_row(begin: Begin) -> None:
    save(begin, created("1"), created("2"))
    render(begin)

    with begin() as stores:
        stores.findings.erase_names(["gus"])

    for row in read(begin).rows:
        assert row.text is not None
        assert b"Gus" not in row.text
        assert orjson.loads(row.text)["principals"][0]["display_name"] is None


def test_pages_lead_through_the_whole_feed_once(begin: Begin) -> None:
    save(begin, *(created(str(n)) for n in range(7)))
    render(begin)

    told, position, has_more = [], 0, True
    while has_more:
        page = read(begin, FeedQuery(after=position, limit=3))
        told += pages_told(page)
        position, has_more = page.position, page.has_more

    assert [page_id for _, page_id in told] == [str(n) for n in range(7)]
    assert read(begin, FeedQuery(after=position)).rows == []


def test_a_consumer_of_the_severe_learns_when_a_finding_leaves(begin: Begin) -> None:
    low, high = created("1", Severity.LOW), created("2")
    save(begin, low, high)
    milder = replace(high.finding, severity=Severity.LOW, version=2)
    save(
        begin,
        Change(
            ChangeType.SEVERITY_CHANGED, milder, ("severity",), high.finding.standing
        ),
        resolved(milder),
    )
    wanted = FeedFilter(min_severity=Severity.HIGH)

    rows = read(begin, FeedQuery(wanted)).rows

    assert [(row.change_type, row.left_filter) for row in rows] == [
        ("created", False),
        ("severity_changed", True),
    ]


def test_a_site_sees_its_own_rows_only(begin: Begin) -> None:
    foreign = tracked(finding_on("9"), site_id="umbrella")
    save(begin, created("1"), Change(ChangeType.CREATED, foreign))

    ours = read(begin, FeedQuery(FeedFilter(site_ids=frozenset({"acme"}))))
    none = read(begin, FeedQuery(FeedFilter(site_ids=frozenset())))

    assert [row.site_id for row in ours.rows] == ["acme"]
    assert list(none.rows) == []


def test_the_latest_view_tells_each_finding_once(begin: Begin) -> None:
    one, two = created("1"), created("2")
    save(begin, one, two)
    save(begin, resolved(one.finding))

    rows = read(begin, FeedQuery(view=View.LATEST)).rows

    assert [(row.change_type, row.finding_id) for row in rows] == [
        ("created", two.finding.id),
        ("resolved", one.finding.id),
    ]


@pytest.mark.parametrize("writers", [3])
def test_readers_lose_nothing_while_many_write(begin: Begin, writers: int) -> None:
    each = 20

    def write(writer: int) -> None:
        for n in range(each):
            save(begin, created(f"{writer}-{n}"))

    seen: list[int] = []

    def follow(is_over: Iterable[bool]) -> None:
        position = 0
        for _ in is_over:
            page = read(begin, FeedQuery(after=position))
            seen.extend(row.seq for row in page.rows)
            position = page.position

    with ThreadPoolExecutor() as pool:
        writing = [pool.submit(write, n) for n in range(writers)]
        pool.submit(follow, iter(lambda: all(f.done() for f in writing), True)).result()
    follow([True])

    assert len(set(seen)) == writers * each

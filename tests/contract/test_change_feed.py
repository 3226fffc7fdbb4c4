"""Every change of a finding is one row of the feed, in the order of the commits."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from casb_sdk import Severity
from connector.domain.feed import FeedFilter, FeedPage, FeedQuery, View
from connector.domain.finding_state import Change, ChangeType, Status, TrackedFinding
from connector.domain.store_ports import Begin
from connector.export.feed_body import feed_body
from tests.contract.finding_words import finding_on, tracked, with_a_history

ALL = FeedQuery()


def save(begin: Begin, *changes: Change) -> None:
    with begin() as stores:
        stores.findings.save(changes)


def created(page_id: str, severity: Severity = Severity.HIGH) -> Change:
    finding = tracked(finding_on(page_id), severity=severity)
    return Change(ChangeType.CREATED, finding)


def resolved(finding: TrackedFinding) -> Change:
    after = replace(finding, status=Status.RESOLVED, version=finding.version + 1)
    return Change(ChangeType.RESOLVED, after, ("status",), finding.standing)


def read(begin: Begin, query: FeedQuery = ALL) -> FeedPage:
    with begin(write=False) as stores:
        return stores.feed.page(query)


def render(begin: Begin) -> int:
    with begin() as stores:
        pending = stores.feed.unrendered(1_000)
        stores.feed.keep_bodies(
            {place.seq: feed_body(change, place) for place, change in pending}
        )
    return len(pending)


def pages_told(page: FeedPage) -> list[tuple[str, str]]:
    told = []
    for row in page.rows:
        assert row.text is not None
        native = orjson.loads(row.text)
        told.append((row.change_type, native["resource"]["id"]))
    return told


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


def test_a_window_holds_what_was_written_within_it(begin: Begin) -> None:
    save(begin, *(created(str(n)) for n in range(3)))
    first, second, third = (row.changed_at for row in read(begin).rows)

    window = FeedQuery(since=second, before=third)

    assert [row.changed_at for row in read(begin, window).rows] == [second]
    assert first < second < third


def test_nothing_is_written_into_a_window_that_was_read(begin: Begin) -> None:
    save(begin, created("1"))
    [row] = read(begin).rows
    end = row.changed_at + timedelta(hours=1)

    with begin() as stores:
        stores.feed.close_window(end)
    save(begin, created("2"))

    assert read(begin, FeedQuery(since=end)).rows[0].changed_at >= end


def test_a_new_epoch_gives_out_no_number_twice(begin: Begin) -> None:
    save(begin, created("1"))
    old = read(begin).watermark

    with begin() as stores:
        new = stores.feed.begin_epoch(above=1_000)
    save(begin, created("2"))

    assert new.epoch != old.epoch
    assert read(begin).watermark.seq == 1_001


def test_compaction_keeps_the_newest_row_of_what_stands(begin: Begin) -> None:
    one, two = created("1"), created("2")
    save(begin, one, two)
    save(begin, resolved(one.finding))
    later = read(begin).rows[-1].changed_at + timedelta(days=1)

    with begin() as stores:
        dropped = stores.feed.compact(later, later - timedelta(days=400))

    assert dropped == 1
    assert [row.change_type for row in read(begin).rows] == ["created", "resolved"]


def test_an_end_that_is_too_old_goes_with_its_finding(begin: Begin) -> None:
    one, two = created("1"), created("2")
    save(begin, one, two)
    save(begin, resolved(one.finding))
    rows = read(begin).rows
    later = rows[-1].changed_at + timedelta(days=1)

    with begin() as stores:
        stores.feed.compact(later, later)

    page = read(begin)
    assert [row.finding_id for row in page.rows] == [two.finding.id]
    assert page.watermark.compacted_to == rows[-1].seq
    with begin(write=False) as stores:
        assert stores.findings.get(one.finding.id) is None
        assert stores.findings.get(two.finding.id) is not None


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

"""The feed keeps its promises about time, restores and what is too old."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete, update

from connector.domain.feed import FeedQuery
from connector.domain.finding_state import Change, ChangeType
from connector.domain.store_ports import Begin
from connector.store.database import Database
from connector.store.feed_tables import changes
from connector.store.tables import findings
from connector.use_cases.tell_older_findings import TellOlderFindings
from tests.contract.feeding import created, read, render, resolved, save

MICROSECOND = timedelta(microseconds=1)


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


def test_what_is_compacted_before_it_is_rendered_leaves_the_rest_whole(
    begin: Begin,
) -> None:
    one, two = created("1"), created("2")
    ended = resolved(one.finding)
    save(begin, one, two)
    save(begin, ended)
    after = replace(two.finding, assignee="bob", version=2)
    updated = Change(ChangeType.UPDATED, after, ("assignee",), two.finding.standing)
    save(begin, updated)
    _, first_of_two, end, last_of_two = (row.changed_at for row in read(begin).rows)

    with begin() as stores:
        stores.feed.compact(first_of_two, end + MICROSECOND)
    dropped_ends = [row.change for row in read(begin).rows]
    with begin() as stores:
        stores.feed.compact(last_of_two, last_of_two)

    assert dropped_ends == [two, updated]
    assert [row.change for row in read(begin).rows] == [updated]
    assert render(begin) == 1


def test_findings_older_than_the_feed_are_told_once(database: Database) -> None:
    one, two = created("1"), created("2")
    save(database.begin, one, resolved(two.finding))
    with database.engines.writer.begin() as connection:
        connection.execute(delete(changes))
        connection.execute(update(findings).values(change_seq=None))
    tell = TellOlderFindings(database.begin)

    assert (tell(), tell()) == (2, 0)

    page = read(database.begin)
    assert [row.change_type for row in page.rows] == ["created", "resolved"]
    assert [row.change and row.change.finding for row in page.rows] == [
        one.finding,
        resolved(two.finding).finding,
    ]

"""Whoever changes findings does so alone, from reading them to the end."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

from sqlalchemy import select

from connector.domain.finding_state import Change, ChangeType, Status
from connector.domain.store_ports import Begin
from connector.export.feed_body import feed_body
from connector.store.database import Database
from connector.store.feed_tables import changes
from tests.contract.feeding import created, read, save

A_WHILE = 0.5
"""Seconds in which somebody who need not wait has long been done."""


def test_a_decision_made_while_a_scan_judges_is_not_undone(begin: Begin) -> None:
    finding = created("1").finding
    save(begin, created("1"))

    def put_aside() -> None:
        with begin() as stores:
            known = stores.findings.get(finding.id)
            assert known is not None
            after = replace(known, status=Status.SUPPRESSED, version=2)
            stores.findings.save([Change(ChangeType.SUPPRESSED, after, ("status",))])

    with ThreadPoolExecutor() as pool:
        with begin() as stores:
            [known] = stores.findings.known("acme", "7").values()
            deciding = pool.submit(put_aside)
            wait([deciding], A_WHILE)
            stores.findings.save([Change(ChangeType.REFRESHED, known)])
        deciding.result()

    with begin(write=False) as stores:
        left = stores.findings.get(finding.id)
    assert left is not None
    assert left.status is Status.SUPPRESSED


def test_a_row_rendered_while_its_finding_changes_keeps_no_copy(
    database: Database,
) -> None:
    begin, first = database.begin, created("1")
    save(begin, first)
    again = replace(first.finding, assignee="bob", version=2)
    with begin(write=False) as stores:
        [(place, change)] = stores.feed.unrendered(1)

    with ThreadPoolExecutor() as pool:
        with begin() as stores:
            stores.feed.keep_bodies({place.seq: feed_body(change, place)})
            second = Change(ChangeType.UPDATED, again, ("assignee",))
            changing = pool.submit(save, begin, second)
            wait([changing], A_WHILE)
        changing.result()

    with database.engines.reader.begin() as connection:
        kept = select(changes.c.kept).where(changes.c.body.is_not(None))
        assert connection.scalars(kept).all() == [None]
    assert [row.change_type for row in read(begin).rows] == ["created", "updated"]

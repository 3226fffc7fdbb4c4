"""Changes of findings, written to a feed and read from it."""

from dataclasses import replace

import orjson

from casb_sdk import Severity
from connector.domain.feed import FeedPage, FeedQuery
from connector.domain.finding_state import Change, ChangeType, Status, TrackedFinding
from connector.domain.store_ports import Begin
from connector.export.feed_body import feed_body
from tests.contract.finding_words import finding_on, tracked

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

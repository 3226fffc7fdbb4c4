"""What the retention no longer keeps is dropped."""

from datetime import UTC, datetime, timedelta

from connector.domain.feed import FeedQuery
from connector.domain.finding_state import Change, ChangeType
from connector.domain.webhook import Answer, delivery_after
from connector.store.database import Database
from connector.use_cases.compact_feed import CompactFeed
from tests.contract.finding_words import finding_on, tracked
from tests.contract.push_words import delivery_of, keep, webhook_of
from tests.unit.web.api.export_world import Clock

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
YEAR = timedelta(days=400)


def test_old_history_goes_and_the_newest_change_stays(database: Database) -> None:
    finding = tracked(finding_on("1"))
    for age in (500, 450, 10):
        database.now = clock = Clock()
        clock.turn(days=-age)
        with database.begin() as stores:
            stores.findings.save([Change(ChangeType.UPDATED, finding)])

    compacted = CompactFeed(database.begin, lambda: NOW, YEAR)()
    again = CompactFeed(database.begin, lambda: NOW, YEAR)()

    assert compacted.changes == 2
    assert compacted.summary == "2 changes dropped"
    assert again.summary == ""
    with database.begin(write=False) as stores:
        assert len(stores.feed.page(FeedQuery()).rows) == 1


def test_deliveries_are_kept_for_a_month(database: Database) -> None:
    keep(database.begin, webhook_of())
    with database.begin() as stores:
        stores.deliveries.add([delivery_of(1), delivery_of(2)])
        for delivery in stores.deliveries.next("hook", NOW, 1):
            stores.deliveries.settle([delivery_after(delivery, Answer(200), NOW, 0.5)])

    later = NOW + timedelta(days=31)
    compacted = CompactFeed(database.begin, lambda: later, YEAR)()

    assert compacted.deliveries == 1
    with database.begin(write=False) as stores:
        assert [each.seq for each in stores.deliveries.latest("hook", 9)] == [2]

"""A finding that goes quiet is told again to whom asks for that, and to nobody else."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connector.domain.feed import FeedFilter, FeedQuery, View
from connector.domain.finding_state import Change, ChangeType, Status
from connector.domain.store_ports import Begin
from connector.export.feed_body import feed_body
from connector.store.database import Database
from connector.use_cases import repeat_findings
from connector.use_cases.render_feed import RenderFeed
from connector.use_cases.repeat_findings import RepeatFindings
from tests.contract.feeding import created, resolved, save
from tests.contract.finding_words import finding_on, tracked

MONDAY = datetime.fromisoformat("2026-11-23T09:00:00Z")
A_DAY = timedelta(days=1)
WITH_HEARTBEATS = FeedFilter(with_refreshed=True)


class Deployment:
    """A database with a clock, in which quiet findings are told again in 30 days."""

    def __init__(self, database: Database) -> None:
        self.now = MONDAY
        database.now = lambda: self.now
        self.begin: Begin = database.begin
        self.repeat = RepeatFindings(self.begin, database.now, 30 * A_DAY)

    def told(
        self, wanted: FeedFilter = WITH_HEARTBEATS, view: View = View.HISTORY
    ) -> list[tuple[str, str]]:
        RenderFeed(self.begin, feed_body)()
        with self.begin(write=False) as stores:
            rows = stores.feed.page(FeedQuery(wanted, view=view)).rows
        return [(row.change_type, row.finding_id) for row in rows]

    def later(self, days: int) -> None:
        self.now += days * A_DAY


@pytest.fixture
def deployment(database: Database) -> Deployment:
    return Deployment(database)


ONE, TWO = created("1"), created("2")


def test_what_is_quiet_for_long_is_told_once_in_so_many_days(
    deployment: Deployment,
) -> None:
    save(deployment.begin, ONE)
    deployment.later(29)
    assert deployment.repeat() == 0

    deployment.later(2)

    assert (deployment.repeat(), deployment.repeat()) == (1, 0)
    id_ = ONE.finding.id
    assert deployment.told() == [("created", id_), ("refreshed", id_)]
    deployment.later(31)
    assert deployment.repeat() == 1


def test_a_change_is_as_good_as_a_heartbeat(deployment: Deployment) -> None:
    save(deployment.begin, ONE)
    deployment.later(20)
    given = replace(ONE.finding, assignee="bob", version=2)
    save(deployment.begin, Change(ChangeType.UPDATED, given, ("assignee",)))
    deployment.later(20)

    assert deployment.repeat() == 0


def test_what_is_over_is_not_told_again_and_what_is_put_aside_is(
    deployment: Deployment,
) -> None:
    aside = replace(TWO.finding, status=Status.SUPPRESSED)
    save(deployment.begin, ONE, Change(ChangeType.CREATED, aside))
    save(deployment.begin, resolved(ONE.finding))
    deployment.later(31)

    assert deployment.repeat() == 1
    assert deployment.told()[-1] == ("refreshed", TWO.finding.id)


def test_nobody_who_does_not_ask_sees_a_heartbeat(deployment: Deployment) -> None:
    save(deployment.begin, ONE)
    deployment.later(31)
    deployment.repeat()

    created_alone = [("created", ONE.finding.id)]
    assert deployment.told(FeedFilter()) == created_alone
    assert deployment.told(FeedFilter(), View.LATEST) == created_alone
    assert deployment.told(view=View.LATEST) == created_alone


def test_a_heartbeat_changes_neither_the_finding_nor_its_version(
    deployment: Deployment,
) -> None:
    save(deployment.begin, ONE)
    with deployment.begin(write=False) as stores:
        before = stores.listings.finding(ONE.finding.id)
    deployment.later(31)

    deployment.repeat()

    with deployment.begin(write=False) as stores:
        assert stores.listings.finding(ONE.finding.id) == before


def test_a_heartbeat_says_what_the_finding_says_at_that_time(
    deployment: Deployment,
) -> None:
    save(deployment.begin, ONE)
    deployment.later(31)
    deployment.repeat()
    save(deployment.begin, resolved(ONE.finding))

    with deployment.begin(write=False) as stores:
        rows = stores.feed.page(FeedQuery(WITH_HEARTBEATS)).rows

    [_, beat, end] = [row.change for row in rows]
    assert beat is not None
    assert end is not None
    assert (beat.finding.status, end.finding.status) == (Status.OPEN, Status.RESOLVED)
    assert beat.before == ONE.finding.standing


def test_filters_hold_for_heartbeats(deployment: Deployment) -> None:
    foreign = tracked(finding_on("9"), site_id="umbrella")
    save(deployment.begin, ONE, Change(ChangeType.CREATED, foreign))
    deployment.later(31)
    deployment.repeat()

    wanted = replace(WITH_HEARTBEATS, site_ids=frozenset({"acme"}))

    assert [id_ for _, id_ in deployment.told(wanted)] == [ONE.finding.id] * 2


def test_compaction_drops_old_heartbeats_and_keeps_the_last_change(
    deployment: Deployment,
) -> None:
    save(deployment.begin, ONE)
    for _ in range(2):
        deployment.later(31)
        deployment.repeat()
    between = deployment.now - A_DAY

    with deployment.begin() as stores:
        stores.feed.compact(between, between)

    id_ = ONE.finding.id
    assert deployment.told() == [("created", id_), ("refreshed", id_)]


def test_many_are_told_some_at_a_time_until_told_to_stop(
    deployment: Deployment,
) -> None:
    many = repeat_findings.AT_ONCE + 1
    save(deployment.begin, *(created(str(n)) for n in range(many)))
    deployment.later(31)
    answers = iter([True, False])

    assert deployment.repeat(lambda: next(answers)) == repeat_findings.AT_ONCE
    assert deployment.repeat() == 1


def test_without_a_time_nothing_is_told_again(deployment: Deployment) -> None:
    save(deployment.begin, ONE)
    deployment.later(10_000)
    never = replace(deployment.repeat, every=timedelta(0))

    assert not never.is_on
    assert never() == 0

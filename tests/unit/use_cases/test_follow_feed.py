"""An operator reads the feed from a checkpoint to its end, each row once."""

from dataclasses import replace

import orjson
import pytest

from connector.bootstrap.following import in_format
from connector.domain.errors import UsageError
from connector.domain.export_forms import Form, FormatName, SchemaName
from connector.domain.feed import FeedFilter
from connector.domain.finding_state import Change, ChangeType, Status
from connector.domain.store_ports import Begin
from connector.export.cursors import SignedCursors
from connector.export.feed_body import feed_body
from connector.export.forms import ExportForms
from connector.use_cases.follow_feed import FollowFeed, Told
from connector.use_cases.render_feed import RenderFeed
from tests.contract.finding_words import finding_on, tracked
from tests.fakes.stores import TOKEN_KEY

PUBLIC_URL = "https://casb.acme.example"
NATIVE = Form(with_evidence=True)
OCSF = Form(SchemaName.OCSF, with_evidence=True)
ALL = FeedFilter()


@pytest.fixture
def feed(begin: Begin) -> FollowFeed:
    save(begin, "1", "2", "3")
    return FollowFeed(
        begin,
        SignedCursors([TOKEN_KEY]),
        ExportForms(PUBLIC_URL),
        RenderFeed(begin, feed_body),
        PUBLIC_URL,
    )


def save(begin: Begin, *page_ids: str) -> None:
    with begin() as stores:
        stores.findings.save(
            Change(ChangeType.CREATED, tracked(finding_on(id_))) for id_ in page_ids
        )


def lines_of(told: list[Told]) -> list[bytes]:
    return b"".join(text for each in told for text in each.texts).splitlines()


@pytest.mark.parametrize("form", [NATIVE, OCSF], ids=["native", "ocsf"])
def test_the_whole_feed_is_told_once_and_in_order(feed: FollowFeed, form: Form) -> None:
    told = list(feed(0, ALL, form))

    rows = [orjson.loads(line) for line in lines_of(told)]
    seqs = [row.get("change_seq") or row["metadata"]["sequence"] for row in rows]
    assert seqs == [1, 2, 3]


def test_a_checkpoint_leads_to_what_came_after_it(
    feed: FollowFeed, begin: Begin
) -> None:
    [told] = feed(0, ALL, NATIVE)
    position = feed.position(told.checkpoint)
    assert list(feed(position, ALL, NATIVE)) == []

    save(begin, "4")

    [line] = lines_of(list(feed(position, ALL, NATIVE)))
    assert orjson.loads(line)["resource"]["id"] == "4"
    assert feed.position("3") == position


def test_a_finding_that_leaves_a_filter_is_marked(
    feed: FollowFeed, begin: Begin
) -> None:
    before = tracked(finding_on("1"))
    after = replace(before, status=Status.RESOLVED)
    with begin() as stores:
        resolved = Change(ChangeType.RESOLVED, after, ("status",), before.standing)
        stores.findings.save([resolved])
    wanted = FeedFilter(statuses=frozenset({Status.OPEN}))

    rows = [orjson.loads(line) for line in lines_of(list(feed(0, wanted, NATIVE)))]

    assert [row.get("left_filter", False) for row in rows] == [False] * 3 + [True]


def test_what_a_scan_writes_meanwhile_waits_for_the_next_look(
    feed: FollowFeed, begin: Begin
) -> None:
    def render_and_scan() -> int:
        rendered = feed.render()
        save(begin, "4")
        return rendered

    busy = replace(feed, render=render_and_scan)

    told = list(busy(0, ALL, NATIVE))

    assert len(lines_of(told)) == 3
    [line] = lines_of(list(feed(feed.position(told[-1].checkpoint), ALL, NATIVE)))
    assert orjson.loads(line)["resource"]["id"] == "4"


@pytest.mark.parametrize("checkpoint", ["nonsense", "4", "\u0661"])
def test_a_checkpoint_that_leads_nowhere_is_refused(
    feed: FollowFeed, checkpoint: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        feed.position(checkpoint)

    assert "--from" in refusal.value.remedy or "casb export" in refusal.value.remedy


def test_a_checkpoint_of_a_feed_that_began_anew_is_refused(
    feed: FollowFeed, begin: Begin
) -> None:
    [told] = feed(0, ALL, NATIVE)
    with begin() as stores:
        stores.feed.begin_epoch(100)

    with pytest.raises(UsageError, match="restored from a copy"):
        feed.position(told.checkpoint)


@pytest.mark.parametrize("form", [NATIVE, OCSF], ids=["native", "ocsf"])
def test_no_title_breaks_a_line(feed: FollowFeed, begin: Begin, form: Form) -> None:
    forged = tracked(finding_on("4", title="Home\u2028forged\u0085\u2029"))
    with begin() as stores:
        stores.findings.save([Change(ChangeType.CREATED, forged)])

    pieces = (text for told in feed(0, ALL, form) for text in told.texts)
    text = b"".join(in_format(FormatName.NDJSON, pieces)).decode()

    assert len(text.splitlines()) == 4

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from casb_sdk import Affected, Finding, ItemRef, Principal, RestrictionStep
from connector.domain.finding_state import ChangeType
from connector.export.fitting import ROW_LIMIT
from connector.export.native import FeedPosition, native_change, native_finding
from connector.export.ocsf import ocsf_event
from tests.unit.export.factory import (
    GUEST,
    LATER,
    PUBLIC_URL,
    change,
    exposed,
    path,
    rich_finding,
    tracked,
)


def crowd(size: int) -> tuple[Principal, ...]:
    return tuple(replace(GUEST, id=f"712020:{i:08}") for i in range(size))


def with_a_crowd() -> Finding:
    return replace(
        rich_finding(), principals=tuple(exposed(one) for one in crowd(5_000))
    )


def with_many_paths() -> Finding:
    paths = tuple(path(group_id=f"g-{i}") for i in range(5_000))
    return replace(rich_finding(), principals=(exposed(GUEST, *paths),))


def with_long_lists() -> Finding:
    names = tuple(f"user:{one.id}" for one in crowd(9_000))
    steps = tuple(
        RestrictionStep(str(i), "page", names, names, names) for i in range(20)
    )
    return replace(rich_finding(), restriction_chain=steps)


def with_long_titles() -> Finding:
    items = tuple(ItemRef("page", str(i), "\x01" * 10_000) for i in range(20))
    return replace(rich_finding(), affected=Affected(20, items))


def with_a_talkative_enricher() -> Finding:
    labels = {f"label-{i}": "x" * 5_000 for i in range(5_000)}
    return replace(rich_finding(), labels=labels, details=labels)


LONG: list[Callable[[], Finding]] = [
    with_a_crowd,
    with_many_paths,
    with_long_lists,
    with_long_titles,
    with_a_talkative_enricher,
]


@pytest.mark.parametrize("long", LONG)
def test_long_evidence_is_cut_below_the_limit_and_says_so(
    long: Callable[[], Finding],
) -> None:
    row: Any = native_finding(tracked(long()), public_url=PUBLIC_URL)

    assert len(orjson.dumps(row)) <= ROW_LIMIT
    assert row["evidence_truncated"] is True
    assert row["links"]["self"].startswith(PUBLIC_URL)


@pytest.mark.parametrize("long", LONG)
def test_an_event_is_cut_below_the_limit_and_says_so(
    long: Callable[[], Finding],
) -> None:
    event: Any = ocsf_event(tracked(long()))

    assert len(orjson.dumps(event)) <= ROW_LIMIT
    assert event["unmapped"]["evidence_truncated"] is True


def test_a_cut_keeps_as_much_as_fits_and_the_counts() -> None:
    row: Any = native_finding(tracked(with_a_crowd()))

    assert row["principal_count"] == 5_000
    assert len(row["principals"]) >= 100
    assert row["principals"][0]["account_id"] == "712020:00000000"


def test_a_cut_leaves_ids_states_and_changes_alone() -> None:
    what = change(ChangeType.UPDATED, with_a_crowd())
    whole: Any = native_finding(what.finding, limit=None)

    row: Any = native_change(what, FeedPosition(1, LATER), limit=6_000)

    assert row["changed_fields"] == ["status", "principals"]
    assert {name: row[name] for name in ("id", "fingerprint", "resource", "title")} == {
        name: whole[name] for name in ("id", "fingerprint", "resource", "title")
    }


def test_a_row_that_fits_is_whole() -> None:
    row = native_finding(tracked(rich_finding()))

    assert row["evidence_truncated"] is False
    assert row == native_finding(tracked(rich_finding()), limit=None)


def test_without_a_limit_nothing_is_cut() -> None:
    row: Any = native_finding(tracked(with_a_crowd()), limit=None)

    assert len(row["principals"]) == 5_000
    assert row["evidence_truncated"] is False

from typing import Any

import httpx
import pytest

from casb_sdk import Gap, GapKind, Restriction
from casb_sdk.model import NodeState
from connector.domain.reading import RestrictionReading
from tests.unit.atlassian.fake_confluence import (
    V1,
    Answer,
    FakeConfluence,
    by_query,
    group,
    listing,
    ok,
    operation,
    out_of_scope,
    status,
    user,
)

WHOLE = f"{V1}/content/7/restriction"
READ = f"{WHOLE}/byOperation/read"
UPDATE = f"{WHOLE}/byOperation/update"


def both(read: list[dict[str, Any]], update: list[dict[str, Any]]) -> httpx.Response:
    return listing(
        operation("read", read, limit=100), operation("update", update, limit=100)
    )


def window(first: int, last: int, *groups: str) -> httpx.Response:
    users = [user(f"u{number}") for number in range(first, last)]
    return ok(operation("read", [*users, *map(group, groups)], limit=100))


async def restrictions(confluence: FakeConfluence) -> RestrictionReading:
    reader = confluence.reader()
    try:
        return await reader.restrictions("7")
    finally:
        await reader.aclose()


async def test_both_lists_of_an_item() -> None:
    answer = both([user("ann"), group("staff")], [user("bob")])
    confluence = FakeConfluence().answers(WHOLE, answer)

    read = await restrictions(confluence)

    assert read.state is NodeState.ANCESTOR
    assert read.read == Restriction(frozenset({"ann"}), frozenset({"staff"}))
    assert read.update == Restriction(frozenset({"bob"}))
    assert [account.id for account in read.accounts] == ["ann", "bob"]
    assert [one.id for one in read.groups] == ["staff"]
    assert len(confluence.asked) == 1


async def test_an_open_item_is_open() -> None:
    read = await restrictions(FakeConfluence().answers(WHOLE, both([], [])))

    assert (read.read, read.update) == (Restriction(), Restriction())
    assert read.coverage.is_complete


async def test_a_list_that_is_cut_is_paged_through() -> None:
    many = [user(f"u{number}") for number in range(100)]
    windows = {
        "0": window(0, 100, "g"),
        "100": window(100, 200),
        "200": window(200, 230),
    }
    confluence = FakeConfluence().answers(WHOLE, both(many, [user("bob")]))
    confluence.answers(READ, by_query("start", windows))

    read = await restrictions(confluence)

    assert len(read.read.users) == 230
    assert read.read.groups == {"g"}
    assert read.update == Restriction(frozenset({"bob"}))
    assert [q["start"] for q in confluence.queries(READ)] == ["0", "100", "200"]


async def test_a_list_that_just_fills_its_pages_ends() -> None:
    many = [user(f"u{number}") for number in range(100)]
    windows = {"0": window(0, 100), "100": window(0, 0)}
    confluence = FakeConfluence().answers(WHOLE, both(many, []))
    confluence.answers(READ, by_query("start", windows))

    read = await restrictions(confluence)

    assert len(read.read.users) == 100


async def test_pages_that_repeat_themselves_are_a_gap() -> None:
    many = [user(f"u{number}") for number in range(100)]
    confluence = FakeConfluence().answers(WHOLE, both(many, []))
    confluence.answers(READ, window(0, 100))

    read = await restrictions(confluence)

    assert read.state is NodeState.UNREADABLE
    assert read.coverage.gaps == (Gap(GapKind.RESTRICTION, "7", "paging_broke"),)


async def test_a_list_that_says_more_than_it_shows_is_not_open() -> None:
    strange = operation("read", [], limit=100, size=3)
    confluence = FakeConfluence().answers(
        WHOLE, listing(strange, operation("update", [], limit=100))
    )
    confluence.answers(READ, ok(strange))

    read = await restrictions(confluence)

    assert read.state is NodeState.UNREADABLE


async def test_an_operation_that_is_not_shown_is_asked_for() -> None:
    shown = listing(operation("read", [user("ann")], limit=100))
    confluence = FakeConfluence().answers(WHOLE, shown)
    confluence.answers(UPDATE, ok(operation("update", [user("bob")], limit=100)))

    read = await restrictions(confluence)

    assert read.update == Restriction(frozenset({"bob"}))


async def test_an_operation_nobody_shows_is_a_gap() -> None:
    bare = {"operation": "update", "restrictions": ""}
    shown = listing(operation("read", [], limit=100), bare)
    confluence = FakeConfluence().answers(WHOLE, shown).answers(UPDATE, ok(bare))

    read = await restrictions(confluence)

    assert read.state is NodeState.UNREADABLE
    assert read.coverage.gaps == (Gap(GapKind.RESTRICTION, "7", "shape"),)


async def test_an_item_that_is_not_there_is_missing() -> None:
    read = await restrictions(FakeConfluence().answers(WHOLE, status(404)))

    assert read.state is NodeState.MISSING
    assert read.coverage.is_complete


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(status(403), "403"), (status(500), "500"), (out_of_scope(), "scope")],
)
async def test_lists_that_cannot_be_read_are_a_gap(
    failure: Answer, reason: str
) -> None:
    read = await restrictions(FakeConfluence().answers(WHOLE, failure))

    assert read.state is NodeState.UNREADABLE
    assert (read.read, read.update) == (Restriction(), Restriction())
    assert read.coverage.gaps == (Gap(GapKind.RESTRICTION, "7", reason),)

"""Questions asked the old way: what became of what is missing, who is who."""

from connector.domain.reading import Fate
from tests.unit.atlassian.fake_confluence import listing, ok, status, user
from tests.unit.atlassian.legacy_words import (
    CONTENT,
    GONE,
    REFERENCE,
    SPACES,
    old_confluence,
    space,
)


def item_at(id_: str) -> str:
    return f"{CONTENT}/{id_}"


async def test_an_item_is_present_deleted_hidden_or_nobody_says() -> None:
    site = (
        old_confluence()
        .answers(item_at("1"), ok({"id": "1", "status": "current"}))
        .answers(item_at("2"), ok({"id": "2", "status": "trashed"}))
        .answers(item_at("3"), status(404))
        .answers(item_at("4"), status(403))
    )
    reader = site.reader(REFERENCE)

    fates = await reader.content_fates({"1", "2", "3", "4", "no-number"})
    await reader.aclose()

    assert fates == {
        "1": Fate.PRESENT,
        "2": Fate.DELETED,
        "3": Fate.NOT_VISIBLE,
        "4": Fate.UNASKED,
        "no-number": Fate.UNASKED,
    }
    assert {query["status"] for query in site.queries(item_at("2"))} == {"any"}


async def test_where_items_are_answered_no_more_only_one_is_asked_for() -> None:
    site = old_confluence().answers(item_at("1"), GONE)
    reader = site.reader(REFERENCE)

    fates = await reader.content_fates({"1", "2", "3"})
    await reader.aclose()

    assert set(fates.values()) == {Fate.UNASKED}
    assert site.paths() == [item_at("1")]


async def test_a_space_that_is_not_listed_may_be_hidden() -> None:
    site = old_confluence().answers(SPACES, listing(space(1, "DOCS"), space(9, "X")))
    reader = site.reader(REFERENCE)

    fates = await reader.space_fates({"1", "2"})
    await reader.aclose()

    assert fates == {"1": Fate.PRESENT, "2": Fate.NOT_VISIBLE}


async def test_of_spaces_that_are_listed_no_more_nobody_says() -> None:
    reader = old_confluence().answers(SPACES, GONE).reader(REFERENCE)

    fates = await reader.space_fates({"1"})
    await reader.aclose()

    assert fates == {"1": Fate.UNASKED}


async def test_accounts_are_looked_up_by_v1_alone_and_their_status_is_a_note() -> None:
    bulk = "/wiki/rest/api/user/bulk"
    site = old_confluence().answers(bulk, listing(user("ann")))
    reader = site.reader(REFERENCE)

    read = await reader.accounts(["ann"])
    await reader.aclose()

    assert [(a.id, a.account_status) for a in read.accounts] == [("ann", "")]
    assert read.coverage.notes == ("accounts_half_described:v2:not_in_profile",)
    assert site.paths() == [bulk]


async def test_an_account_that_v1_fails_on_is_a_gap_with_its_reason() -> None:
    site = old_confluence().answers("/wiki/rest/api/user/bulk", status(403))
    reader = site.reader(REFERENCE)

    read = await reader.accounts(["ann"])
    await reader.aclose()

    assert {gap.reason for gap in read.coverage.gaps} == {"403"}

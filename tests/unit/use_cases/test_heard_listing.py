import pytest

from casb_sdk import ContentItem, Coverage, Restriction
from casb_sdk.model import NodeState
from connector.domain.reading import ContentPage, FoundItem
from connector.use_cases.assemble_space import ShardMargin
from connector.use_cases.heard_listing import HeardListing

EDITORS = Restriction(frozenset({"u1"}), frozenset({"g1"}))


def page(*items: ContentItem, space_id: str = "1") -> ContentPage:
    return ContentPage(tuple(FoundItem(space_id, item) for item in items))


def margin(*ancestors: ContentItem, cut: frozenset[str] = frozenset()) -> ShardMargin:
    return ShardMargin({"1": {it.id: it for it in ancestors}}, cut, Coverage())


def heard(*pages: ContentPage) -> HeardListing:
    listing = HeardListing(whole=True)
    for each in pages:
        listing.take(each)
    return listing


def test_only_ancestors_that_no_page_lists_are_missing() -> None:
    listing = heard(page(ContentItem("10")), page(ContentItem("11")))

    missing = listing.missing("1", margin(ContentItem("10"), ContentItem("9")))

    assert missing == ("9",)


def test_nobody_asks_for_an_ancestor_that_cannot_be_read() -> None:
    unreadable = ContentItem("unknown-parent-1", state=NodeState.UNREADABLE)

    assert heard(page(ContentItem("10"))).missing("1", margin(unreadable)) == ()


def test_lists_that_came_cut_are_missing_in_their_own_space() -> None:
    elsewhere = page(ContentItem("20"), space_id="2")
    listing = heard(page(ContentItem("10"), ContentItem("11")), elsewhere)
    cut = margin(cut=frozenset({"11", "20"}))

    assert listing.missing("1", cut) == ("11",)
    assert listing.missing("2", cut) == ("20",)


def test_who_stands_in_restrictions_is_known() -> None:
    listing = heard(page(ContentItem("10", update=EDITORS), ContentItem("11")))

    assert listing.names.users == {"u1"}
    assert listing.names.groups == {"g1"}


@pytest.mark.parametrize("id_", ["page-1", "007", "1" * 19, ""])
def test_a_listing_with_an_odd_id_was_not_heard_whole(id_: str) -> None:
    assert heard(page(ContentItem("10"))).whole
    assert not heard(page(ContentItem(id_))).whole

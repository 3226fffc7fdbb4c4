import zlib

import msgspec

from casb_sdk import (
    Account,
    ContentItem,
    Coverage,
    Gap,
    GapKind,
    Group,
    Restriction,
    Role,
    Site,
    Space,
)
from casb_sdk.model import NodeState
from connector.domain.reading import ContentPage, FoundItem, SiteOutline
from connector.domain.scan import Reading
from connector.use_cases.readings import (
    Margin,
    ReadingKind,
    length_of,
    reading,
    readings_of_page,
    value_of,
)

HALF = "half \ud800 a pair"
GAP = Coverage((Gap(GapKind.CONTENT_TYPE, "embed", "400"),), ("a note",), {"x=y": 2})


def items(title: str) -> list[ContentItem]:
    return [
        ContentItem("1", title=title, read=Restriction(frozenset({"gus"}))),
        ContentItem("2", "blogpost", state=NodeState.ANCESTOR),
    ]


def test_a_reading_comes_back_as_it_was() -> None:
    outline = SiteOutline(
        Site("acme"),
        (Space("1", "S"),),
        (Group("g", "g", frozenset({"user"})),),
        (Role("r", "r", ("read/space",)),),
        coverage=GAP,
    )

    kept = reading(ReadingKind.OUTLINE, "site", outline)

    assert value_of(kept, SiteOutline) == outline


def test_half_a_surrogate_pair_survives() -> None:
    kept = reading(ReadingKind.ITEMS, "1", items(HALF))
    margin = Margin(tuple(items(HALF)), ("1",), (Account("a", HALF),), (), GAP)

    assert value_of(kept, list[ContentItem]) == items(HALF)
    assert value_of(reading(ReadingKind.MARGIN, "1", margin), Margin) == margin


def test_the_length_of_a_reading_is_told_without_reading_it_all() -> None:
    for title in ("plain", HALF):
        assert length_of(reading(ReadingKind.ITEMS, "1", items(title))) == 2


def found(space_id: str, *ids: str) -> tuple[FoundItem, ...]:
    return tuple(FoundItem(space_id, ContentItem(id_)) for id_ in ids)


def test_a_page_is_kept_space_by_space() -> None:
    page = ContentPage(found=found("1", "a", "b") + found("2", "c"))

    kept = list(readings_of_page(page, "part", ("1", "2")))

    assert {(read.kind, read.key, length_of(read)) for read in kept} == {
        (ReadingKind.ITEMS, "1", 2),
        (ReadingKind.ITEMS, "2", 1),
    }
    assert {read.part for read in kept} == {"part"}


def test_what_a_page_says_of_no_space_stands_beside_the_first() -> None:
    page = ContentPage(
        ancestors=found("1", "p") + found("2", "q"),
        accounts=(Account("gus"),),
        cut=frozenset({"x"}),
        coverage=GAP,
    )

    kept = {
        read.key: value_of(read, Margin)
        for read in readings_of_page(page, "part", ("1", "2"))
    }

    assert kept["1"].accounts == (Account("gus"),)
    assert kept["1"].cut == ("x",)
    assert kept["1"].coverage == GAP
    assert [item.id for item in kept["1"].ancestors] == ["p"]
    assert kept["2"] == Margin((ContentItem("q"),))


def test_an_empty_page_leaves_nothing() -> None:
    assert list(readings_of_page(ContentPage(), "part", ("1",))) == []


def test_what_most_items_have_in_common_comes_back_as_one_value() -> None:
    restricted = Restriction(frozenset({"gus"}), frozenset({"g"}))
    kept = [
        ContentItem("1", parent_id="9", version=3),
        ContentItem("2", "folder", "draft", update=restricted),
        ContentItem("3", state=NodeState.UNREADABLE),
    ]

    told = value_of(reading(ReadingKind.ITEMS, "1", kept), list[ContentItem])
    above = value_of(reading(ReadingKind.MARGIN, "1", Margin(tuple(kept))), Margin)

    assert told == kept
    assert above.ancestors == tuple(kept)
    assert told[0].read is told[0].update is told[1].read is above.ancestors[2].read


def test_an_item_that_an_older_version_kept_whole_is_still_read() -> None:
    item = ContentItem("1", read=Restriction(frozenset({"gus"})))
    payload = zlib.compress(msgspec.msgpack.encode([item]))

    told = value_of(Reading(ReadingKind.ITEMS, "1", payload), list[ContentItem])

    assert told == [item]

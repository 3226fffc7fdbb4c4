"""A space is put together from what several calls told of it."""

from casb_sdk import ContentItem, Coverage, Gap, GapKind, Restriction, Space
from casb_sdk.model import NodeState
from connector.domain.reading import RestrictionReading, SpaceGrants
from connector.use_cases.assemble_space import Draft, coverage_of_space, renewed
from connector.use_cases.names import Names

STAFF = Restriction(groups=frozenset({"staff"}))
GUS = Restriction(users=frozenset({"gus"}))
LISTED = ContentItem("P", parent_id="Q")
ABOVE = ContentItem("Q", state=NodeState.ANCESTOR)


def draft(*items: ContentItem, above: ContentItem = ABOVE, cut: str = "") -> Draft:
    by_id = {item.id: item for item in items or (LISTED,)}
    return Draft(by_id, {above.id: above}, frozenset(cut))


def test_ancestors_outside_the_listing_and_cut_lists_are_asked_for() -> None:
    assert draft(cut="P").missing == ("P", "Q")


def test_an_ancestor_that_was_refused_already_is_not_asked_for() -> None:
    refused = ContentItem("Q", state=NodeState.UNREADABLE)

    assert draft(above=refused).missing == ()


def test_an_answer_completes_an_ancestor() -> None:
    answer = RestrictionReading("Q", STAFF, GUS)

    whole = draft().completed([answer])

    assert whole.items["Q"].read == STAFF
    assert whole.items["Q"].update == GUS
    assert whole.items["Q"].state is NodeState.ANCESTOR
    assert whole.missing == ()


def test_an_ancestor_that_is_not_found_is_skipped_and_not_open() -> None:
    answer = RestrictionReading("Q", state=NodeState.MISSING)

    assert draft().completed([answer]).items["Q"].state is NodeState.MISSING


def test_an_answer_replaces_a_cut_list_of_a_listed_item() -> None:
    cut = ContentItem("P", read=GUS)
    answer = RestrictionReading("P", STAFF)

    whole = draft(cut, cut="P").completed([answer])

    assert whole.items["P"].read == STAFF
    assert whole.items["P"].state is NodeState.LISTED


def test_a_cut_list_nobody_could_read_makes_its_item_unreadable() -> None:
    for state in (NodeState.UNREADABLE, NodeState.MISSING):
        answer = RestrictionReading("P", state=state)

        whole = draft(cut="P").completed([answer])

        assert whole.items["P"].state is NodeState.UNREADABLE


def test_an_answer_about_something_else_is_left_aside() -> None:
    whole = draft().completed([RestrictionReading("X", STAFF)])

    assert whole.items.keys() == {"P", "Q"}


def test_a_listed_item_counts_more_than_what_its_children_say_of_it() -> None:
    listed = ContentItem("Q", title="Listed")

    assert draft(LISTED, listed).completed([]).items["Q"] == listed


def test_the_snapshot_carries_every_coverage() -> None:
    grants = SpaceGrants("1", coverage=Coverage((Gap(GapKind.GRANTS, "1", "403"),)))
    content = Coverage((Gap(GapKind.CONTENT, "1", "503"),))

    snapshot = draft().completed([]).snapshot(Space("1", "S"), grants, content)

    assert len(snapshot.coverage.gaps) == 2
    assert list(snapshot.content.ids) == ["P", "Q"]


def test_names_are_those_of_all_lists() -> None:
    names = Names.of([STAFF, GUS, GUS]) | Names.of([])

    assert names == Names(frozenset({"staff"}), frozenset({"gus"}))
    assert draft(ContentItem("P", read=STAFF, update=GUS)).names == names


def gap(kind: GapKind, id_: str) -> Gap:
    return Gap(kind, id_, "503")


def test_a_space_takes_the_gaps_that_may_be_its_own() -> None:
    its_own = [
        gap(GapKind.CONTENT, "1"),
        gap(GapKind.CONTENT, "nobody knows"),
        gap(GapKind.CONTENT_TYPE, "embed"),
        gap(GapKind.RESTRICTION, "P"),
        gap(GapKind.GROUP, "staff"),
    ]
    of_others = [gap(GapKind.CONTENT, "2"), gap(GapKind.RESTRICTION, "Z")]
    coverage = Coverage((*its_own, *of_others), ("a note",), {"type=odd": 3})

    first = coverage_of_space(coverage, "1", ("1", "2"), {"P"})

    assert first == Coverage(tuple(its_own), ("a note",), {"type=odd": 3})


def test_unknown_values_of_a_shard_are_counted_once() -> None:
    coverage = Coverage(unknown_values={"type=odd": 3})

    parts = [coverage_of_space(coverage, id_, ("1", "2"), ()) for id_ in "12"]

    assert Coverage.merged(parts).unknown_values == {"type=odd": 3}


def gaps(*of: tuple[GapKind, str, str]) -> Coverage:
    return Coverage(tuple(Gap(*each) for each in of))


def test_what_was_read_again_of_a_kept_space_is_no_gap_any_more() -> None:
    before = gaps(
        (GapKind.RESTRICTION, "P", "403"),
        (GapKind.RESTRICTION, "R", "403"),
        (GapKind.GRANTS, "S", "503"),
        (GapKind.CONTENT_TYPE, "embed", "400"),
    )

    left = renewed(before, Coverage(), {"P"})

    assert left.ids(GapKind.RESTRICTION) == {"R"}
    assert left.ids(GapKind.CONTENT_TYPE) == {"embed"}
    assert not left.ids(GapKind.GRANTS)


def test_a_new_gap_of_a_kept_space_joins_the_old_ones() -> None:
    before = gaps((GapKind.RESTRICTION, "R", "403"))
    fresh = gaps((GapKind.RESTRICTION, "P", "503"), (GapKind.GRANTS, "S", "403"))

    left = renewed(before, fresh, {"P"})

    assert left.ids(GapKind.RESTRICTION) == {"R", "P"}
    assert left.ids(GapKind.GRANTS) == {"S"}


def test_unknown_values_of_a_kept_space_are_counted_once() -> None:
    known = Coverage(unknown_values={"type=poll": 3})

    assert renewed(known, known, ()).unknown_values == {"type=poll": 3}

import pytest

from casb_sdk import Space
from connector.atlassian.capabilities import (
    BASIC_TYPES,
    CONTENT_TYPES,
    Query,
    SearchCapabilities,
    quoted,
)
from connector.atlassian.failures import CallFailedError, Nature

EVERYTHING = Query()
GOT_FOLDER = (
    "com.atlassian.confluence.api.service.exceptions.BadRequestException: Unsupported "
    "value for type, got : folder, expected one of : [space, user, page, blogpost, "
    "comment, attachment, whiteboard, ac:com.addonengine.analytics:space-analytics]"
)


def refused(text: str) -> CallFailedError:
    return CallFailedError("search", "400", status=400, text=text)


def failed(reason: str, status: int = 0) -> CallFailedError:
    return CallFailedError("search", reason, status=status, nature=Nature.PASSING)


def learnt(
    error: CallFailedError, query: Query = EVERYTHING, page_size: int = 0
) -> Query | None:
    return SearchCapabilities(page_size=page_size).easier_than(query, error)


@pytest.mark.parametrize(
    ("key", "literal"),
    [
        ("DOCS", '"DOCS"'),
        ("~557058:f58131cb-b67d", '"~557058:f58131cb-b67d"'),
        ('A") or type in ("user', '"A\\") or type in (\\"user"'),
        ("A\\", '"A\\\\"'),
        ("and", '"and"'),
    ],
)
def test_a_key_cannot_end_its_quotation(key: str, literal: str) -> None:
    assert quoted(key) == literal


def test_a_query_names_spaces_types_and_order() -> None:
    spaces = [Space("1", "DOCS"), Space("2", "~557058:1")]

    assert Query(types=BASIC_TYPES).cql(spaces) == (
        'space in ("DOCS","~557058:1") and type in (page,blogpost) order by id'
    )
    assert "order" not in Query(is_ordered=False).cql(spaces)


def test_all_types_a_refusal_does_not_expect_are_dropped_at_once() -> None:
    assert learnt(refused(GOT_FOLDER)) == Query(
        types=("page", "blogpost", "whiteboard")
    )


def test_without_a_list_of_types_the_one_that_was_named_is_dropped() -> None:
    text = "Unsupported value for type, got : embed, whatever"

    easier = learnt(refused(text))

    assert easier
    assert easier.types == tuple(t for t in CONTENT_TYPES if t != "embed")


def test_a_refused_order_is_dropped_first_then_the_newer_types() -> None:
    text = "Could not parse cql : space in (...) order by id"

    unordered = learnt(refused(text))
    assert unordered == Query(is_ordered=False)
    basic = learnt(refused(text), unordered)
    assert basic == Query(types=BASIC_TYPES, is_ordered=False)
    assert learnt(refused(text), basic) is None


def test_a_refused_limit_is_halved() -> None:
    assert learnt(refused("limit must not exceed 250")) == Query(limit=500)


@pytest.mark.parametrize(
    ("reason", "status"),
    [("504", 504), ("503", 503), ("500", 500), ("cut", 0), ("timeout", 0)],
)
def test_a_page_that_is_too_much_is_halved(reason: str, status: int) -> None:
    assert learnt(failed(reason, status)) == Query(limit=500)
    assert learnt(failed(reason, status), page_size=200) == Query(limit=100)
    assert learnt(failed(reason, status), Query(limit=30)) == Query(limit=25)
    assert learnt(failed(reason, status), Query(limit=25)) is None


@pytest.mark.parametrize(
    "error",
    [
        failed("429", 429),
        failed("network"),
        failed("shape", 200),
        CallFailedError("search", "503", nature=Nature.PAUSED),
        CallFailedError("search", "scope", status=401),
        CallFailedError("search", "403", status=403),
        CallFailedError("search", "paging_broke"),
    ],
    ids=lambda error: f"{error.reason} {error.status}",
)
def test_some_failures_no_query_mends(error: CallFailedError) -> None:
    assert learnt(error) is None


def test_a_lower_limit_that_is_echoed_is_taken_over() -> None:
    after = SearchCapabilities().after_page(EVERYTHING, echoed=200, shown=200)

    assert (after.query.limit, after.page_size, after.is_proven) == (200, 200, True)


@pytest.mark.parametrize("echoed", [0, 1, 1000, 5000])
def test_an_echo_that_says_nothing_changes_nothing(echoed: int) -> None:
    after = SearchCapabilities().after_page(EVERYTHING, echoed=echoed, shown=180)

    assert (after.query.limit, after.page_size) == (1000, 180)


def test_what_was_borne_once_is_not_asked_more_of() -> None:
    small = Query(100, BASIC_TYPES, is_ordered=False)

    after = SearchCapabilities().after_page(small, echoed=100, shown=100)
    later = after.after_page(EVERYTHING, echoed=200, shown=200)

    assert after.query == later.query == small
    assert later.after_page(small, echoed=100, shown=100) is later


def test_what_was_learnt_can_be_kept() -> None:
    known = SearchCapabilities(Query(200, BASIC_TYPES, is_ordered=False), 200, True)

    assert SearchCapabilities.from_text(known.to_text()) == known
    assert known.refused_types == ("whiteboard", "database", "embed", "folder")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"query": 5}', '{"query":{"limit":"x"}}']
)
def test_what_cannot_be_read_is_learnt_anew(text: str) -> None:
    assert SearchCapabilities.from_text(text) == SearchCapabilities()

import httpx
import pytest

from casb_sdk import Level
from connector.domain.reading import Fate, Verdict
from tests.unit.atlassian.fake_confluence import (
    V1,
    V2,
    Answer,
    FakeConfluence,
    body_of,
    by_query,
    listing,
    ok,
    out_of_scope,
    query_of,
    status,
)

CHECK = f"{V1}/content/7/permission/check"
PAGES = f"{V2}/pages"
POSTS = f"{V2}/blogposts"
SPACES = f"{V2}/spaces"


def denied(*errors: object) -> httpx.Response:
    return ok({"hasPermission": False, "errors": list(errors), "_links": {}})


async def fates(confluence: FakeConfluence, *ids: str) -> dict[str, Fate]:
    reader = confluence.reader()
    try:
        return dict(await reader.content_fates(ids))
    finally:
        await reader.aclose()


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (ok({"hasPermission": True, "errors": []}), Verdict.ALLOWED),
        (denied("Anonymous users are not allowed to use Confluence"), "no_confluence"),
        (denied("User is not allowed to use Confluence"), "no_confluence"),
        (
            denied(
                {"translation": "User is not allowed to use Confluence", "args": []}
            ),
            "no_confluence",
        ),
        (
            denied({"message": {"translation": "X is Not Allowed to use Confluence"}}),
            "no_confluence",
        ),
        (denied("User does not have permission to the space"), "denied"),
        (denied({"translation": "no permission to the content"}), "denied"),
        (denied(), "denied"),
        (denied(None, 5, [["deep"]]), "denied"),
        (ok({"hasPermission": None}), "unanswered"),
        (ok({}), "unanswered"),
        (status(400), "unanswered"),
        (status(403), "unanswered"),
        (status(404), "unanswered"),
        (status(500), "unanswered"),
        (out_of_scope(), "unanswered"),
    ],
)
async def test_what_confluence_says_of_somebody(
    answer: httpx.Response, verdict: str
) -> None:
    confluence = FakeConfluence().answers(CHECK, answer)
    reader = confluence.reader()

    said = await reader.verdict("ann", "7", Level.VIEW)
    await reader.aclose()

    assert said == verdict


@pytest.mark.parametrize(
    ("level", "operation"),
    [(Level.VIEW, "read"), (Level.EDIT, "update"), (Level.ADMIN, "update")],
)
async def test_a_question_names_subject_and_operation(
    level: Level, operation: str
) -> None:
    confluence = FakeConfluence().answers(CHECK, ok({"hasPermission": True}))
    reader = confluence.reader()

    await reader.verdict("ann", "7", level)
    await reader.anonymous_verdict("7")
    await reader.aclose()

    ann, nobody = map(body_of, confluence.asked)
    assert ann == {
        "subject": {"type": "user", "identifier": "ann"},
        "operation": operation,
    }
    assert nobody["subject"] == {"type": "user", "identifier": "anonymous"}
    assert confluence.asked[0].headers["Content-Type"] == "application/json"


async def test_what_became_of_missing_items() -> None:
    confluence = FakeConfluence()
    confluence.answers(
        PAGES,
        listing(
            {"id": "1", "status": "current"},
            {"id": "2", "status": "archived"},
            {"id": "3", "status": "trashed"},
            {"id": 4, "status": "deleted"},
        ),
    )
    confluence.answers(POSTS, listing({"id": "5", "status": "trashed"}))

    found = await fates(confluence, "1", "2", "3", "4", "5", "6")

    assert found == {
        "1": Fate.PRESENT,
        "2": Fate.PRESENT,
        "3": Fate.DELETED,
        "4": Fate.DELETED,
        "5": Fate.DELETED,
        "6": Fate.NOT_VISIBLE,
    }
    assert confluence.queries(PAGES)[0]["status"] == "current,archived,deleted,trashed"
    assert confluence.queries(POSTS)[0]["id"] == "5,6"


@pytest.mark.parametrize("failing", [PAGES, POSTS])
async def test_what_could_not_be_asked_is_not_gone(failing: str) -> None:
    confluence = FakeConfluence().answers(PAGES, listing()).answers(POSTS, listing())
    confluence.answers(failing, status(403))

    found = await fates(confluence, "1")

    assert found == {"1": Fate.UNASKED}


async def test_a_post_is_found_though_the_pages_fail() -> None:
    post = listing({"id": "1", "status": "current"})
    confluence = FakeConfluence().answers(PAGES, status(403)).answers(POSTS, post)

    assert await fates(confluence, "1") == {"1": Fate.PRESENT}


async def test_an_id_that_is_no_number_spoils_no_other() -> None:
    confluence = FakeConfluence().answers(
        PAGES, listing({"id": "1", "status": "trashed"})
    )

    found = await fates(confluence, "1", "unknown-parent-7")

    assert found == {"1": Fate.DELETED, "unknown-parent-7": Fate.UNASKED}
    assert confluence.queries(PAGES)[0]["id"] == "1"


async def test_many_items_are_asked_for_in_pieces() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        ids = query_of(request)["id"].split(",")
        assert len(ids) <= 250
        return listing(*({"id": id_, "status": "current"} for id_ in ids))

    confluence = FakeConfluence().answers(PAGES, answer)

    found = await fates(confluence, *map(str, range(600)))

    assert set(found.values()) == {Fate.PRESENT}
    assert len(confluence.asked) == 3


def spaces(**answers: Answer) -> FakeConfluence:
    pages = {name: listing() for name in ("current", "archived", "trashed")}
    return FakeConfluence().answers(
        SPACES,
        by_query("status", pages | answers),  # type: ignore[arg-type]
    )


async def test_what_became_of_missing_spaces() -> None:
    confluence = spaces(
        current=listing({"id": "1", "status": "current"}),
        trashed=listing({"id": "2", "status": "trashed"}),
    )
    reader = confluence.reader()

    found = await reader.space_fates(["1", "2", "3"])
    await reader.aclose()

    assert found == {"1": Fate.PRESENT, "2": Fate.DELETED, "3": Fate.NOT_VISIBLE}
    assert {q["ids"] for q in confluence.queries(SPACES)} == {"1,2,3"}


async def test_a_space_listing_that_fails_leaves_the_rest_unasked() -> None:
    confluence = spaces(
        current=status(403), trashed=listing({"id": "2", "status": "trashed"})
    )
    reader = confluence.reader()

    found = await reader.space_fates(["2", "3"])
    await reader.aclose()

    assert found == {"2": Fate.DELETED, "3": Fate.UNASKED}

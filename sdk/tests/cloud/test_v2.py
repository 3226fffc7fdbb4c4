"""v2: spaces and their grants, roles, pages, users in bulk."""

import base64
import json

import pytest

from casb_sdk.cloud import CloudSite
from casb_sdk.cloud.generator import generate_site
from casb_sdk.model import RoleMode
from sdk.tests.cloud.caller import Caller, calling

ENG, HELP, PARTNER = "65537", "65538", "65541"


def test_spaces_come_in_pages_with_both_kinds_of_next_link(acme: Caller) -> None:
    response = acme.get("/api/v2/spaces", limit=3)

    link = response.json()["_links"]["next"]
    assert link.startswith("/wiki/api/v2/spaces?cursor=")
    assert link.endswith("==&limit=3")
    assert response.headers["link"] == (
        f'<{link}>; rel="next", <https://acme.atlassian.example/wiki>; rel="base"'
    )


def test_the_cursor_reads_as_observed(acme: Caller) -> None:
    link = acme.json("/api/v2/pages", limit=2)["_links"]["next"]

    cursor = link.partition("cursor=")[2].partition("&")[0]
    decoded = json.loads(base64.b64decode(cursor))
    assert decoded.keys() == {"id", "contentOrder", "contentOrderValue"}


def test_every_space_is_listed_once_archived_ones_too(acme: Caller) -> None:
    pages = list(acme.walk("/api/v2/spaces", limit=3))

    spaces = [space for page in pages for space in page["results"]]
    assert [len(page["results"]) for page in pages] == [3, 3, 2]
    assert {space["status"] for space in spaces} == {"current", "archived"}
    assert len({space["id"] for space in spaces}) == 8


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"status": "archived"}, {"OLD"}),
        ({"type": "knowledge_base"}, {"DOCS"}),
        ({"keys": "ENG,HR,NONE"}, {"ENG", "HR"}),
        ({"ids": [ENG, HELP]}, {"ENG", "HELP"}),
    ],
)
def test_spaces_can_be_filtered(
    acme: Caller, query: dict[str, object], keys: set[str]
) -> None:
    page = acme.json("/api/v2/spaces", **query)

    assert {space["key"] for space in page["results"]} == keys


def test_a_personal_space_names_its_owner(acme: Caller) -> None:
    [space] = acme.json("/api/v2/spaces", type="personal")["results"]

    assert space["key"] == f"~{space['spaceOwnerId']}"


@pytest.mark.parametrize("limit", [0, 251])
def test_a_limit_out_of_bounds_is_refused(acme: Caller, limit: int) -> None:
    response = acme.get("/api/v2/spaces", limit=limit)

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "INVALID_REQUEST_PARAMETER"


def test_too_many_spaces_at_once_are_refused(acme: Caller) -> None:
    ids = ",".join(str(number) for number in range(101))

    assert acme.get("/api/v2/pages", space_id=ids).status_code == 400


def test_a_foreign_cursor_is_refused(acme: Caller) -> None:
    response = acme.get("/api/v2/pages", cursor="https://a.whole/url")

    assert response.status_code == 400
    assert "Expected type is Cursor" in response.json()["errors"][0]["title"]


def test_an_unknown_space_is_not_found(acme: Caller) -> None:
    response = acme.get("/api/v2/spaces/1/permissions")

    assert response.status_code == 404
    assert response.json()["errors"][0]["status"] == 404


def test_anonymous_grants_name_an_access_class(acme: Caller) -> None:
    page = acme.json(f"/api/v2/spaces/{HELP}/permissions", limit=250)

    anonymous = [
        row["operation"]["key"]
        for row in page["results"]
        if row["principal"] == {"type": "access-class", "id": "anonymous-users"}
    ]
    assert sorted(anonymous) == ["create", "create", "read", "update"]


def test_permissions_come_in_pages(acme: Caller) -> None:
    pages = list(acme.walk(f"/api/v2/spaces/{ENG}/permissions", limit=20))

    ids = [row["id"] for page in pages for row in page["results"]]
    assert len(pages) > 2
    assert len(ids) == len(set(ids))


def test_on_a_site_on_roles_permissions_carry_the_roles_too(acme: Caller) -> None:
    path = f"/api/v2/spaces/{PARTNER}"
    assignments = acme.json(f"{path}/role-assignments")["results"]
    rows = acme.json(f"{path}/permissions", limit=250)["results"]
    roles = {r["id"]: r for r in acme.json("/api/v2/space-roles")["results"]}

    held = {
        (row["principal"]["principalId"], permission)
        for row in assignments
        for permission in roles[row["roleId"]]["spacePermissions"]
    }
    granted = {
        (row["principal"]["id"], "/".join(row["operation"].values())) for row in rows
    }
    assert held == granted
    assert {row["principal"]["principalType"] for row in assignments} == {
        "GROUP",
        "ACCESS_CLASS",
    }


def test_a_site_that_never_heard_of_roles_has_none() -> None:
    with calling(CloudSite(generate_site(1, 10))) as caller:
        mode = caller.json("/api/v2/space-role-mode")["mode"]
        space = caller.json("/api/v2/spaces")["results"][0]["id"]
        answers = [
            caller.get(path).status_code
            for path in (
                "/api/v2/space-roles",
                f"/api/v2/spaces/{space}/role-assignments",
            )
        ]

    assert mode == RoleMode.PRE_ROLES
    assert answers == [404, 404]


def test_pages_of_some_spaces_with_archived_ones_by_default(acme: Caller) -> None:
    page = acme.json("/api/v2/pages", space_id=f"{ENG},{HELP}", limit=250)

    statuses = {item["status"] for item in page["results"]}
    assert statuses == {"current", "archived"}
    assert {item["spaceId"] for item in page["results"]} == {ENG, HELP}


def test_trashed_pages_only_on_request_and_drafts_never(acme: Caller) -> None:
    trashed = acme.json("/api/v2/pages", status="trashed")["results"]
    drafts = acme.json("/api/v2/pages", status="draft")["results"]

    assert [item["title"] for item in trashed] == ["Test page, please ignore"]
    assert drafts == []


def test_pages_walked_in_small_steps_are_all_there(acme: Caller) -> None:
    whole = acme.json("/api/v2/pages", limit=250)["results"]
    steps = [
        item["id"]
        for page in acme.walk("/api/v2/pages", limit=7)
        for item in page["results"]
    ]

    assert steps == [item["id"] for item in whole]


def test_pages_can_come_newest_change_first(acme: Caller) -> None:
    pages = acme.walk("/api/v2/pages", sort="-modified-date", limit=9)

    times = [item["version"]["createdAt"] for page in pages for item in page["results"]]
    assert times == sorted(times, reverse=True)


def test_pages_can_be_named(acme: Caller) -> None:
    page = acme.json("/api/v2/pages", id="1049577,1049578,7")

    assert [item["id"] for item in page["results"]] == ["1049577", "1049578"]


def test_a_page_knows_its_parent(acme: Caller) -> None:
    ids = acme.ids_by_title()

    page = acme.json(f"/api/v2/pages/{ids['Event bus']}")

    assert (page["parentId"], page["parentType"]) == (ids["Decision records"], "page")


def test_blog_posts_have_their_own_list(acme: Caller) -> None:
    page = acme.json(f"/api/v2/spaces/{ENG}/blogposts")

    [post] = page["results"]
    assert post["title"] == "We moved to trunk-based development"
    assert post["parentId"] is None


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("whiteboards", "System map"),
        ("folders", "Team notes"),
        ("databases", "Service inventory"),
        ("embeds", "Status page"),
    ],
)
def test_other_types_are_read_by_id_only(acme: Caller, kind: str, title: str) -> None:
    item_id = acme.ids_by_title()[title]

    assert acme.json(f"/api/v2/{kind}/{item_id}")["title"] == title
    assert acme.get(f"/api/v2/pages/{item_id}").status_code == 404
    assert acme.get(f"/api/v2/{kind}").status_code == 404


def test_ancestors_of_a_page_are_ids_and_types(acme: Caller) -> None:
    ids = acme.ids_by_title()

    page = acme.json(f"/api/v2/pages/{ids['Event bus']}/ancestors")

    assert [row["id"] for row in page["results"]] == [
        ids["Engineering Handbook"],
        ids["Architecture"],
        ids["Decision records"],
    ]


def test_ids_can_be_turned_into_types(acme: Caller) -> None:
    board = acme.ids_by_title()["System map"]

    response = acme.post(
        "/api/v2/content/convert-ids-to-types", {"contentIds": [board, "7"]}
    )

    assert response.json()["results"] == {board: "whiteboard", "7": None}


def test_users_in_bulk_leave_out_whom_nobody_knows(acme: Caller) -> None:
    ids = ["712020:93e94f17-ruth-cohen", "557058:d7e83f5b-left-long-ago"]

    response = acme.post("/api/v2/users-bulk", {"accountIds": ids})

    [ruth] = response.json()["results"]
    assert (ruth["accountId"], ruth["accountStatus"]) == (ids[0], "closed")


def test_no_more_than_250_users_at_once(acme: Caller) -> None:
    ids = [str(number) for number in range(251)]

    assert acme.post("/api/v2/users-bulk", {"accountIds": ids}).status_code == 400

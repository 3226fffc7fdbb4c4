"""v1 search: CQL, its pages and their links, what is expanded and what is not."""

import pytest

from casb_sdk.cloud import CloudSite
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.content import ContentTable
from casb_sdk.model import ContentItem, Restriction, Site, Space
from casb_sdk.snapshot import Directory, SiteSnapshot, SpaceSnapshot
from sdk.tests.cloud.caller import Caller, calling

LISTS = ",".join(
    f"restrictions.{operation}.restrictions.{subject}"
    for operation in ("read", "update")
    for subject in ("user", "group")
)
ALL_TYPES = {"page", "blogpost", "whiteboard", "database", "embed", "folder"}


def site_of(*items: ContentItem) -> CloudSite:
    space = Space("1", "S", "Space")
    snapshot = SpaceSnapshot(space, content=ContentTable.of(items))
    return CloudSite(SiteSnapshot(Directory(Site("c")), (snapshot,)))


def test_pages_of_results_follow_the_next_link(acme: Caller) -> None:
    pages = list(acme.walk("/rest/api/content/search", cql="type=page", limit=20))

    ids = [item["id"] for page in pages for item in page["results"]]
    assert len(pages) == 3
    assert [page["start"] for page in pages] == [0, 20, 40]
    assert len(ids) == len(set(ids))


def test_the_next_link_is_below_wiki_and_its_cursor_is_not_last(acme: Caller) -> None:
    page = acme.search("type=page", limit=2)

    link = page["_links"]["next"]
    assert page["_links"]["base"] == "https://acme.atlassian.example/wiki"
    assert link.startswith("/rest/api/content/search?next=true&cursor=_sa_")
    assert link.endswith("&limit=2&start=2&cql=type=page")


def test_the_order_is_that_of_the_ids_over_all_spaces(acme: Caller) -> None:
    page = acme.search('space in ("WEB", "ENG", HELP) order by id', limit=100)

    ids = [int(item["id"]) for item in page["results"]]
    assert ids == sorted(ids)
    assert len(ids) > 30


def test_search_can_go_backwards(acme: Caller) -> None:
    up = acme.search("space=ENG order by id asc", limit=100)["results"]
    down = acme.search("space=ENG order by id desc", limit=100)["results"]

    assert [i["id"] for i in down] == [i["id"] for i in reversed(up)]


def test_search_lists_every_type_but_only_what_is_current(acme: Caller) -> None:
    page = acme.search(f"type in ({','.join(ALL_TYPES)})", limit=200)

    assert {item["type"] for item in page["results"]} == ALL_TYPES
    assert {item["status"] for item in page["results"]} == {"current"}
    assert "Canteen" not in {item["title"] for item in page["results"]}


def test_archived_items_are_listed_where_the_site_does_so() -> None:
    with calling(search_lists_archived=True) as caller:
        titles = caller.ids_by_title().keys()

    assert {"Canteen", "On-call rota 2023"} <= titles
    assert "Notes on the new queue" not in titles


def test_a_type_the_site_does_not_search_is_the_recorded_400() -> None:
    with calling(search_types=("page", "blogpost")) as caller:
        response = caller.get("/rest/api/content/search", cql="type in (page, folder)")

    assert response.status_code == 400
    message = response.json()["message"]
    assert "Unsupported value for type, got : folder, expected one of" in message


@pytest.mark.parametrize(
    "cql", ["", "type", "type ~ page", "label = x", "type=page or type=folder", "id in"]
)
def test_a_query_beyond_our_cql_is_refused(acme: Caller, cql: str) -> None:
    assert acme.get("/rest/api/content/search", cql=cql).status_code == 400


def test_a_sort_the_site_does_not_know_is_refused() -> None:
    with calling(search_sorts=("created",)) as caller:
        by_id = caller.get("/rest/api/content/search", cql="type=page order by id")
        by_age = caller.get(
            "/rest/api/content/search", cql="type=page order by created"
        )

    assert (by_id.status_code, by_age.status_code) == (400, 200)


def test_items_can_be_named(acme: Caller) -> None:
    ids = acme.ids_by_title()
    wanted = sorted([ids["Budget"], ids["Moodboard"]])

    page = acme.search(f"id in ({','.join(wanted)},999)")

    assert [item["id"] for item in page["results"]] == wanted


def test_the_limit_is_cut_and_echoed(acme: Caller) -> None:
    bare = acme.search("type=page", limit=5000)
    costly = acme.search("type=page", limit=5000, expand=LISTS)

    assert (bare["limit"], costly["limit"]) == (1000, 200)


def test_a_broken_cursor_is_refused(acme: Caller) -> None:
    response = acme.get("/rest/api/content/search", cql="type=page", cursor="x")

    assert response.status_code == 400


def test_what_is_not_expanded_is_expandable(acme: Caller) -> None:
    [item] = acme.search("space=HELP order by id", limit=1)["results"]

    assert item["_expandable"]["restrictions"].endswith("/restriction/byOperation")
    assert item["_expandable"]["space"] == "/rest/api/space/HELP"
    assert "restrictions" not in item
    assert "ancestors" not in item


def test_ancestors_come_topmost_first(acme: Caller) -> None:
    expand = f"ancestors,version,space,{LISTS}"
    items = acme.search("space=ENG", limit=100, expand=expand)["results"]

    [item] = [i for i in items if i["title"] == "Event bus"]
    titles = [ancestor["title"] for ancestor in item["ancestors"]]
    assert titles == ["Engineering Handbook", "Architecture", "Decision records"]
    assert item["version"]["number"] >= 1
    assert item["space"]["key"] == "ENG"
    assert isinstance(item["space"]["id"], int)
    assert isinstance(item["id"], str)


def test_both_lists_are_always_there_when_expanded(acme: Caller) -> None:
    items = acme.search("space=ENG", limit=100, expand=LISTS)["results"]

    lists = {i["title"]: i["restrictions"] for i in items}
    assert lists["Onboarding"]["read"]["restrictions"]["user"]["results"] == []
    assert lists["Onboarding"]["update"]["restrictions"]["group"]["size"] == 0
    reviews = lists["Incident reviews"]["read"]["restrictions"]
    [victor] = reviews["user"]["results"]
    assert victor["email"] == "user@hale-consulting.example"
    assert reviews["group"]["size"] == 2


def test_lists_not_asked_for_stay_folded(acme: Caller) -> None:
    expand = "restrictions.read.restrictions.user"
    [item] = acme.search("space=ENG", limit=1, expand=expand)["results"]

    assert item["restrictions"]["_expandable"] == {"update": ""}
    assert item["restrictions"]["read"]["restrictions"]["_expandable"] == {"group": ""}


def test_an_inner_list_is_cut_and_whole_at_its_own_endpoint() -> None:
    users = frozenset(f"u{number:03}" for number in range(250))
    page = ContentItem("5", read=Restriction(users))
    with calling(site_of(page)) as caller:
        [item] = caller.search("type=page", expand=LISTS)["results"]
        inline = item["restrictions"]["read"]["restrictions"]["user"]
        path = "/rest/api/content/5/restriction/byOperation/read"
        whole = [caller.json(path, start=start, limit=200) for start in (0, 200)]

    assert (inline["size"], inline["limit"]) == (200, 200)
    sizes = [part["restrictions"]["user"]["size"] for part in whole]
    assert sizes == [200, 50]
    assert inline["results"][0]["type"] == "unknown"


def test_lists_of_a_trashed_ancestor_fail_the_whole_page() -> None:
    parent = ContentItem("5", status="trashed")
    child, other = ContentItem("6", parent_id="5"), ContentItem("7")
    expand = "ancestors.restrictions.read.restrictions.user"
    with calling(site_of(parent, child, other)) as caller:
        failed = caller.get("/rest/api/content/search", cql="type=page", expand=expand)
        bare = caller.search("type=page order by id", expand="ancestors")
        by_id = caller.get("/rest/api/content/5/restriction/byOperation")

    assert failed.status_code == 404
    assert "ContentId{id=5}" in failed.text
    assert [len(item["ancestors"]) for item in bare["results"]] == [1, 0]
    assert by_id.status_code == 404


def test_a_parent_nobody_described_is_an_ancestor_all_the_same() -> None:
    with calling(site_of(ContentItem("6", parent_id="5"))) as caller:
        [item] = caller.search("type=page", expand="ancestors")["results"]

        assert [ancestor["id"] for ancestor in item["ancestors"]] == ["5"]
        assert caller.get("/rest/api/content/5/restriction").status_code == 404


def test_recent_changes_can_be_asked_for() -> None:
    with calling(site_of(ContentItem("6"), ContentItem("7"))) as caller:
        before = caller.search('lastmodified >= "2026-01-01 00:00"')
        changed = site_of(ContentItem("6"), ContentItem("7", version=2))
        caller.running.replace(changed.snapshot)
        after = caller.search('type=page and lastmodified >= "2026-01-01 00:00"')

    assert before["results"] == []
    assert [item["id"] for item in after["results"]] == ["7"]


def test_hidden_items_and_spaces_are_nowhere() -> None:
    hidden = CloudSite(
        demo_site(), hidden_ids=frozenset({"1049579"}), hidden_spaces=frozenset({"HR"})
    )
    with calling(hidden) as caller:
        titles = caller.ids_by_title()
        keys = {s["key"] for s in caller.json("/api/v2/spaces", limit=250)["results"]}
        by_id = caller.get("/rest/api/content/1049579/restriction").status_code
        by_v2 = caller.get("/api/v2/pages/1049579").status_code

    assert "Salaries 2026" not in titles
    assert "1049579" not in titles.values()
    assert "HR" not in keys
    assert (by_id, by_v2) == (404, 404)


def test_the_site_search_counts_and_lists_spaces(acme: Caller) -> None:
    spaces = acme.json("/rest/api/search", cql="type=space", limit=3)
    content = acme.json("/rest/api/search", cql="space=ENG", limit=3)

    assert spaces["totalSize"] == 7
    assert {row["entityType"] for row in spaces["results"]} == {"space"}
    assert content["results"][0]["content"]["title"] == "Engineering Handbook"
    assert content["totalSize"] > 10
    assert acme.follow(spaces).json()["start"] == 3


def test_archived_spaces_join_the_site_search_on_request(acme: Caller) -> None:
    page = acme.json("/rest/api/search", cql="type=space", includeArchivedSpaces="true")

    assert page["totalSize"] == 8


def test_search_can_carry_space_permissions_where_the_site_allows_it() -> None:
    with calling(search_expands_space_permissions=True) as caller:
        [item] = caller.search("space=HELP", limit=1, expand="space.permissions")[
            "results"
        ]

    anonymous = [p for p in item["space"]["permissions"] if p["anonymousAccess"]]
    assert {p["operation"]["operation"] for p in anonymous} == {
        "read",
        "create",
        "update",
    }
    assert all("subjects" not in p for p in anonymous)

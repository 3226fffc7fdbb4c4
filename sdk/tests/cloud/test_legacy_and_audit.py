"""The listings Atlassian removed, descendants, and the audit log."""

from dataclasses import replace

import pytest

from casb_sdk.cloud import AuditRecord, CloudSite
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.content import ContentTable
from casb_sdk.model import NodeState
from casb_sdk.testing import SiteBuilder
from sdk.tests.cloud.caller import SEVEN, Caller, calling

REMOVED = [
    "/rest/api/space",
    "/rest/api/space/ENG",
    "/rest/api/space/ENG/content",
    "/rest/api/content",
    "/rest/api/content/1049577",
    "/rest/api/content/1049577/child/page",
]
RECORDS = (
    AuditRecord(100.0, "Space permission added", affected=("Website", "Space")),
    AuditRecord(
        200.0,
        "Content restriction added",
        author_id="712020:0a4e7c1d-mara-lindqvist",
        affected=("Budget", "Page"),
        associated=(("Website relaunch", "Space"),),
    ),
)


@pytest.mark.parametrize("path", REMOVED)
def test_what_was_removed_is_gone_and_says_so(acme: Caller, path: str) -> None:
    response = acme.get(path)

    assert response.status_code == 410
    assert response.json()["data"]["authorized"] is True
    assert "GoneException" in response.json()["message"]


def test_old_listings_answer_where_they_were_kept() -> None:
    with calling(scopes=SEVEN, legacy_listings=True) as caller:
        pages = list(caller.walk("/rest/api/space", limit=3, expand="permissions"))

    spaces = {space["key"]: space for page in pages for space in page["results"]}
    assert len(pages) == 3
    assert pages[0]["_links"]["next"] == (
        "/rest/api/space?limit=3&start=3&expand=permissions"
    )
    assert {p["anonymousAccess"] for p in spaces["HELP"]["permissions"]} == {
        True,
        False,
    }
    [one, *_] = spaces["WEB"]["permissions"]
    assert one["subjects"]["group"]["size"] == 1
    assert one["subjects"]["_expandable"] == {"user": ""}


def test_an_account_nobody_knows_is_of_unknown_type_in_a_permission() -> None:
    with calling(scopes=SEVEN, legacy_listings=True) as caller:
        [hr] = caller.json("/rest/api/space", spaceKey="HR", expand="permissions")[
            "results"
        ]

    users = [
        user["type"]
        for permission in hr["permissions"]
        for user in permission["subjects"].get("user", {}).get("results", [])
    ]
    assert users == ["unknown"]


def test_old_content_lists_one_type_and_status() -> None:
    with calling(scopes=SEVEN, legacy_listings=True) as caller:
        pages = caller.walk("/rest/api/content", spaceKey="ENG", limit=7)
        current = [item["status"] for page in pages for item in page["results"]]
        archived = caller.json("/rest/api/content", status="archived")["results"]
        too_far = caller.get("/rest/api/content", start=100_001)

        boards = caller.get("/rest/api/content", type="whiteboard")

    assert set(current) == {"current"}
    assert boards.status_code == 400
    assert [item["title"] for item in archived] == ["On-call rota 2023"]
    assert too_far.status_code == 400


def test_old_items_show_their_trash_to_who_asks_for_any_status() -> None:
    site = SiteBuilder().space("DOCS").page("Kept").page("Binned", status="trashed")
    path = "/rest/api/content/"
    kept_at, binned_at = path + site.id_of("Kept"), path + site.id_of("Binned")
    with calling(CloudSite(site.snapshot()), SEVEN, legacy_listings=True) as caller:
        kept = caller.json(kept_at, status="any")
        binned = caller.json(binned_at, status="any")
        plain = caller.get(binned_at)

    assert (kept["status"], binned["status"]) == ("current", "trashed")
    assert plain.status_code == 404


def test_old_items_that_nobody_may_read_stay_shut_whatever_is_asked_for() -> None:
    site = SiteBuilder().space("DOCS").page("Shut")
    path, snapshot = "/rest/api/content/" + site.id_of("Shut"), site.snapshot()
    [space] = snapshot.spaces
    shut = (replace(i, state=NodeState.UNREADABLE) for i in space.content.items())
    docs = replace(space, content=ContentTable.of(shut))
    place = CloudSite(replace(snapshot, spaces=(docs,)))
    with calling(place, SEVEN, legacy_listings=True) as caller:
        plain, whatever = caller.get(path), caller.get(path, status="any")

    assert (plain.status_code, whatever.status_code) == (403, 403)


def test_old_spaces_are_found_by_their_ids() -> None:
    with calling(scopes=SEVEN, legacy_listings=True) as caller:
        [first, second, *_] = caller.json("/rest/api/space")["results"]
        ids = [first["id"], second["id"], 404404]
        found = caller.json("/rest/api/space", spaceId=ids)["results"]

    assert [space["id"] for space in found] == ids[:2]


def test_descendants_are_alive_with_expansions(acme: Caller) -> None:
    top = "1049577"
    path = f"/rest/api/content/{top}/descendant/page"
    expand = "ancestors,restrictions.read.restrictions.user"

    pages = list(acme.walk(path, limit=5, expand=expand))
    children = acme.json(path, depth="root", limit=100)["results"]

    items = [item for page in pages for item in page["results"]]
    assert all(item["ancestors"][0]["id"] == top for item in items)
    assert len(items) > len(children) == 3
    assert acme.get(path, depth="deep").status_code == 400


def test_the_audit_log_names_things_newest_first() -> None:
    with calling(CloudSite(demo_site(), audit=RECORDS)) as caller:
        records = caller.json("/rest/api/audit")["results"]
        recent = caller.json("/rest/api/audit", startDate=150_000)["results"]

    assert [record["creationDate"] for record in records] == [200_000, 100_000]
    assert recent == records[:1]
    assert recent[0]["author"]["displayName"] == "Mara Lindqvist"
    assert recent[0]["affectedObject"] == {"name": "Budget", "objectType": "Page"}
    assert recent[0]["associatedObjects"][0]["name"] == "Website relaunch"


def test_the_audit_log_is_for_administrators() -> None:
    with calling(CloudSite(demo_site(), installer_is_admin=False)) as caller:
        assert caller.get("/rest/api/audit").status_code == 403

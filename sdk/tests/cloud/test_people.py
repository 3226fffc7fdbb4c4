"""v1 users and groups."""

from casb_sdk.cloud import CloudSite
from casb_sdk.cloud.generator import generate_site
from casb_sdk.model import Account, Group, Lookup, Site
from casb_sdk.snapshot import Directory, SiteSnapshot
from sdk.tests.cloud.caller import Caller, calling

EVERYBODY = "a11a0000-0000-4000-8000-0000000000a1"
DISSOLVED = "a11a0000-0000-4000-8000-0000000000ff"
NINA = "712020:b5c61d39-nina-falk"
VICTOR = "712020:c6d72e4a-victor-hale"
FORMER = "557058:d7e83f5b-left-long-ago"


def crowd_of(count: int) -> CloudSite:
    accounts = {f"u{n:03}": Account(f"u{n:03}", f"User {n}") for n in range(count)}
    everybody = Group("g", "everybody", members=frozenset(accounts))
    ghosts = Group("h", "ghosts", members=frozenset({"nobody"}))
    groups = {"g": everybody, "h": ghosts}
    return CloudSite(SiteSnapshot(Directory(Site("c"), accounts, groups)))


def test_groups_can_be_asked_for_by_the_access_they_give(acme: Caller) -> None:
    def names(**query: str) -> set[str]:
        page = acme.json("/rest/api/group", **query)
        return {group["name"] for group in page["results"]}

    assert len(names()) == 6
    assert names(accessType="site-admin") == {"org-admins"}
    assert "confluence-users-acme" in names(accessType="user")
    assert acme.get("/rest/api/group", accessType="owner").status_code == 400


def test_members_come_in_pages_of_at_most_200() -> None:
    path = "/rest/api/group/g/membersByGroupId"
    with calling(crowd_of(450)) as caller:
        pages = list(caller.walk(path, limit=200))
        too_many = caller.get(path, limit=201)
        cut = caller.json("/rest/api/group", limit=5000)
        total = caller.json(path, limit=1, shouldReturnTotalSize="true")["totalSize"]

    assert [page["size"] for page in pages] == [200, 200, 50]
    assert pages[0]["_links"]["next"] == (
        "/rest/api/group/g/membersByGroupId?limit=200&start=200"
    )
    assert too_many.status_code == 400
    assert cut["limit"] == 200
    assert total == 450


def test_a_group_nobody_knows_has_no_members_and_no_name(acme: Caller) -> None:
    members = acme.json(f"/rest/api/group/{DISSOLVED}/membersByGroupId")
    by_id = acme.get("/rest/api/group/by-id", id=DISSOLVED)

    assert members["results"] == []
    assert by_id.status_code == 404
    assert acme.json("/rest/api/group/by-id", id=EVERYBODY)["id"] == EVERYBODY


def test_a_member_nobody_knows_is_listed_as_unknown() -> None:
    with calling(crowd_of(1)) as caller:
        [ghost] = caller.json("/rest/api/group/h/membersByGroupId")["results"]

    assert (ghost["accountId"], ghost["type"]) == ("nobody", "unknown")


def test_a_guest_is_marked_in_v1_and_has_no_status_there(acme: Caller) -> None:
    nina = acme.json("/rest/api/user", accountId=NINA)

    assert nina["isGuest"] is True
    assert nina["isExternalCollaborator"] is True
    assert nina["email"] == "user@studio-north.example"
    assert "accountStatus" not in nina


def test_the_guest_flags_can_be_fewer() -> None:
    with calling(guest_flags=("isExternalCollaborator",)) as caller:
        nina = caller.json("/rest/api/user", accountId=NINA)

    assert "isGuest" not in nina
    assert nina["isExternalCollaborator"] is True


def test_a_user_nobody_knows_is_not_found(acme: Caller) -> None:
    assert acme.get("/rest/api/user", accountId=FORMER).status_code == 404


def test_bulk_answers_for_the_first_hundred_known_users() -> None:
    ids = [f"u{number:03}" for number in range(110)]
    with calling(crowd_of(450)) as caller:
        many = caller.json("/rest/api/user/bulk", accountId=ids)
        few = caller.json("/rest/api/user/bulk", accountId=["u001", "nobody"])

    assert [user["accountId"] for user in many["results"]] == ids[:100]
    assert [user["accountId"] for user in few["results"]] == ["u001"]


def test_an_account_that_was_looked_up_in_vain_is_in_no_answer() -> None:
    accounts = {"x": Account("x", lookup=Lookup.ABSENT)}
    with calling(CloudSite(SiteSnapshot(Directory(Site("c"), accounts)))) as caller:
        one = caller.get("/rest/api/user", accountId="x")
        bulk = caller.json("/rest/api/user/bulk", accountId="x")

    assert (one.status_code, bulk["results"]) == (404, [])


def test_a_hidden_address_is_empty(acme: Caller) -> None:
    hannah = acme.json("/rest/api/user", accountId="712020:82d30c6a-hannah-schmidt")

    assert hannah["email"] == ""


def test_the_anonymous_user_has_no_account(acme: Caller) -> None:
    anonymous = acme.json("/rest/api/user/anonymous")

    assert anonymous["type"] == "anonymous"
    assert "accountId" not in anonymous


def test_the_groups_of_a_user_never_have_a_next_link(acme: Caller) -> None:
    page = acme.json("/rest/api/user/memberof", accountId=VICTOR, limit=1)

    assert page["size"] == 1
    assert "next" not in page["_links"]
    second = acme.json("/rest/api/user/memberof", accountId=VICTOR, limit=1, start=1)
    assert second["results"][0]["name"] == "partner-programme"


def test_guests_are_found_by_filter_and_nowhere_else(acme: Caller) -> None:
    def found(**query: str) -> set[str]:
        page = acme.json("/rest/api/search/user", cql="type=user", limit=100, **query)
        return {row["user"]["accountId"] for row in page["results"]}

    guests = found(sitePermissionTypeFilter="externalCollaborator")
    assert guests == {NINA}
    assert NINA not in found()
    assert guests | found() == found(sitePermissionTypeFilter="all")


def test_everybody_of_a_generated_site_can_be_walked() -> None:
    site = generate_site(2, 300, users=450)
    [biggest] = [
        g
        for g in site.directory.groups.values()
        if "user" in g.access_types and "admin" not in g.access_types
    ]
    with calling(CloudSite(site)) as caller:
        pages = caller.walk(f"/rest/api/group/{biggest.id}/membersByGroupId")
        found = {user["accountId"] for page in pages for user in page["results"]}

    assert found == biggest.members

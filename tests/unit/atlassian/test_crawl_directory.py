import pytest

from casb_sdk import Gap, GapKind, Role, Space
from casb_sdk.model import Membership, RoleMode
from connector.domain.reading import SiteOutline
from tests.unit.atlassian.fake_confluence import (
    SITE,
    V1,
    V2,
    Answer,
    FakeConfluence,
    by_query,
    group,
    listing,
    ok,
    status,
    user,
)

SPACES = f"{V2}/spaces"
GROUPS = f"{V1}/group"
MODE = f"{V2}/space-role-mode"
ROLES = f"{V2}/space-roles"
EMPTY = listing()


def site(**answers: Answer) -> FakeConfluence:
    """Return a site with one space and one group, changed by name."""
    scripted: dict[str, Answer] = {
        "spaces": by_query(
            "status",
            {"current": listing({"id": "1", "key": "DOCS"}), "archived": listing()},
        ),
        "groups": by_query(
            "accessType",
            {
                "": listing(group("staff"), group("hr")),
                "user": listing(group("staff")),
                "admin": EMPTY,
                "site-admin": EMPTY,
            },
        ),
        "mode": ok({"mode": "PRE_ROLES"}),
        "me": ok(user("installer")),
        "roles": EMPTY,
    } | answers
    return (
        FakeConfluence()
        .answers(SPACES, scripted["spaces"])
        .answers(GROUPS, scripted["groups"])
        .answers(MODE, scripted["mode"])
        .answers(f"{V1}/user/current", scripted["me"])
        .answers(ROLES, scripted["roles"])
    )


async def outline(confluence: FakeConfluence) -> SiteOutline:
    reader = confluence.reader()
    try:
        return await reader.outline()
    finally:
        await reader.aclose()


async def test_the_frame_of_a_site() -> None:
    confluence = site()

    found = await outline(confluence)

    assert found.site == SITE
    assert found.spaces == (Space("1", "DOCS"),)
    assert found.role_mode == RoleMode.PRE_ROLES
    assert found.installing_account == "installer"
    assert found.product_groups_read
    assert found.coverage.is_complete
    assert not found.coverage.notes
    assert len(confluence.asked) == 8


async def test_groups_are_named_and_not_yet_read() -> None:
    found = await outline(site())

    hr, staff = found.groups
    assert (hr.id, hr.name, hr.access_types) == ("hr", "name of hr", frozenset())
    assert staff.access_types == {"user"}
    assert {hr.membership, staff.membership} == {Membership.UNREAD}


async def test_current_and_archived_spaces_of_all_types_are_listed() -> None:
    spaces = by_query(
        "status",
        {
            "current": listing({"id": "20", "key": "B", "type": "xflow_sample_space"}),
            "archived": listing(
                {"id": "3", "key": "A", "status": "archived", "type": "personal"},
                {"id": "4", "key": "T", "status": "trashed"},
            ),
        },
    )
    confluence = site(spaces=spaces)

    found = await outline(confluence)

    assert [(s.id, s.type, s.status) for s in found.spaces] == [
        ("3", "personal", "archived"),
        ("20", "xflow_sample_space", "current"),
    ]
    assert {q["limit"] for q in confluence.queries(SPACES)} == {"250"}


@pytest.mark.parametrize("code", [400, 403, 404, 500, 501])
async def test_a_site_that_never_heard_of_roles_has_none(code: int) -> None:
    confluence = site(mode=status(code))

    found = await outline(confluence)

    assert found.role_mode == RoleMode.PRE_ROLES
    assert found.coverage.notes == (f"role_mode_unread:{code}",)
    assert found.coverage.is_complete
    assert ROLES not in confluence.paths()


async def test_a_mode_nobody_documented_is_kept() -> None:
    assert (await outline(site(mode=ok({"mode": "ROLES_2"})))).role_mode == "ROLES_2"


@pytest.mark.parametrize("mode", [RoleMode.TRANSITION, RoleMode.ROLES])
async def test_roles_are_read_on_sites_that_have_them(mode: str) -> None:
    roles = listing({"id": "r", "name": "Viewer", "spacePermissions": ["read/space"]})

    found = await outline(site(mode=ok({"mode": mode}), roles=roles))

    assert found.role_mode == mode
    assert found.roles == (Role("r", "Viewer", ("read/space",)),)


async def test_roles_that_cannot_be_read_are_a_gap() -> None:
    found = await outline(site(mode=ok({"mode": "ROLES"}), roles=status(403)))

    assert found.coverage.gaps == (Gap(GapKind.ROLE, "", "403"),)


@pytest.mark.parametrize("access", ["user", "admin", "site-admin"])
async def test_without_one_access_listing_product_access_is_not_known(
    access: str,
) -> None:
    pages = dict.fromkeys(("", "user", "admin", "site-admin"), EMPTY)
    groups = by_query("accessType", pages | {access: status(403)})

    found = await outline(site(groups=groups))

    assert not found.product_groups_read
    assert found.coverage.gaps == (Gap(GapKind.GROUPS, access, "403"),)


async def test_without_the_whole_group_list_product_access_is_still_known() -> None:
    pages = dict.fromkeys(("user", "admin", "site-admin"), EMPTY)
    groups = by_query("accessType", pages | {"": status(403)})

    found = await outline(site(groups=groups))

    assert found.product_groups_read
    assert found.coverage.gaps == (Gap(GapKind.GROUPS, "", "403"),)


async def test_an_installer_who_cannot_be_asked_is_a_note() -> None:
    found = await outline(site(me=status(403)))

    assert found.installing_account == ""
    assert found.coverage.notes == ("installing_account_unread:403",)
    assert found.coverage.is_complete


async def test_archived_spaces_that_cannot_be_read_are_a_gap() -> None:
    current = listing({"id": "1", "key": "DOCS"})
    spaces = by_query("status", {"current": current, "archived": status(403)})

    found = await outline(site(spaces=spaces))

    assert [space.key for space in found.spaces] == ["DOCS"]
    assert found.coverage.gaps == (Gap(GapKind.SPACES, "archived", "403"),)


async def test_spaces_after_a_page_that_cannot_be_read_are_a_gap() -> None:
    link = "/wiki/api/v2/spaces?cursor=c1"
    pages = {
        "": listing({"id": "1", "key": "DOCS"}, following=link),
        "c1": status(403),
    }

    found = await outline(site(spaces=by_query("cursor", pages)))

    assert [space.key for space in found.spaces] == ["DOCS"]
    assert {gap.kind for gap in found.coverage.gaps} == {GapKind.SPACES}

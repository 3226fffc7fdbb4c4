import pytest

from casb_sdk import Gap, GapKind, Grant, RoleAssignment, Space, Subject
from casb_sdk.model import ANONYMOUS, RoleMode
from connector.domain.reading import SpaceGrants
from tests.unit.atlassian.fake_confluence import (
    V2,
    FakeConfluence,
    listing,
    out_of_scope,
    status,
)

DOCS = Space("1", "DOCS")
PERMISSIONS = f"{V2}/spaces/1/permissions"
ASSIGNMENTS = f"{V2}/spaces/1/role-assignments"
PERMISSION = {
    "id": "7",
    "principal": {"type": "access-class", "id": "anonymous-users"},
    "operation": {"key": "read", "targetType": "space"},
}
ASSIGNMENT = {
    "principal": {"principalType": "GROUP", "principalId": "staff"},
    "roleId": "viewer",
}
GRANT = Grant(ANONYMOUS, "read/space", "7")


async def grants(confluence: FakeConfluence, mode: str) -> SpaceGrants:
    reader = confluence.reader()
    try:
        return await reader.grants(DOCS, mode)
    finally:
        await reader.aclose()


@pytest.mark.parametrize("mode", [RoleMode.PRE_ROLES, RoleMode.TRANSITION, "ROLES_2"])
async def test_permissions_say_everything_while_there_are_any(mode: str) -> None:
    confluence = FakeConfluence().answers(PERMISSIONS, listing(PERMISSION))

    read = await grants(confluence, mode)

    assert read == SpaceGrants("1", (GRANT,))
    assert confluence.paths() == [PERMISSIONS]
    assert confluence.queries(PERMISSIONS) == [{"limit": "250"}]


async def test_a_site_on_roles_is_asked_for_its_roles() -> None:
    confluence = FakeConfluence().answers(ASSIGNMENTS, listing(ASSIGNMENT))

    read = await grants(confluence, RoleMode.ROLES)

    viewer = RoleAssignment(Subject("group", "staff"), "viewer")
    assert read == SpaceGrants("1", assignments=(viewer,))
    assert confluence.paths() == [ASSIGNMENTS]


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(status(400), "400"), (status(404), "404"), (out_of_scope(), "scope")],
)
async def test_roles_that_cannot_be_read_fall_back_to_permissions(
    failure: object, reason: str
) -> None:
    confluence = FakeConfluence()
    confluence.answers(ASSIGNMENTS, failure)  # type: ignore[arg-type]
    confluence.answers(PERMISSIONS, listing(PERMISSION))

    read = await grants(confluence, RoleMode.ROLES)

    assert read.grants == (GRANT,)
    assert read.coverage.is_complete
    assert read.coverage.notes == (f"role_assignments_unread:1:{reason}",)


async def test_grants_that_cannot_be_read_are_a_gap() -> None:
    confluence = FakeConfluence().answers(PERMISSIONS, status(403))

    read = await grants(confluence, RoleMode.PRE_ROLES)

    assert read.grants == ()
    assert read.coverage.gaps == (Gap(GapKind.GRANTS, "1", "403"),)


async def test_a_principal_nobody_documented_is_kept_and_counted() -> None:
    strange = PERMISSION | {"principal": {"type": "team", "id": "t"}}
    nobody = PERMISSION | {"principal": None}
    confluence = FakeConfluence().answers(PERMISSIONS, listing(strange, nobody))

    read = await grants(confluence, RoleMode.PRE_ROLES)

    assert [grant.subject for grant in read.grants] == [Subject("team", "t")]
    assert read.coverage.unknown_values == {
        "principal.type=team": 1,
        "principal=null": 1,
    }
    assert read.coverage.is_complete

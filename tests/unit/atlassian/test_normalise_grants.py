"""Recorded shapes of spaces and grants, and what nobody has documented."""

from collections import Counter

import msgspec
import pytest

from casb_sdk import Grant, Role, RoleAssignment, Space, Subject
from connector.atlassian import payloads
from connector.atlassian.normalise import (
    assignment_from,
    grant_from,
    grants_from_v1,
    role_from,
    space_from,
    subject_from,
)

RECORDED_ASSIGNMENT = b"""{"results": [
 {"principal": {"principalType": "GROUP", "principalId": "e50e7fe6"}, "roleId": "r4"},
 {"principal": {"principalType": "USER", "principalId": "557058:0"}, "roleId": "r1"},
 {"principal": {"principalType": "ACCESS_CLASS", "principalId": "anonymous-users"},
  "roleId": "r4"}],
 "_links": {"base": "https://example.atlassian.net/wiki"}}"""


def test_a_recorded_space() -> None:
    listing = payloads.SPACES.decode(
        b"""{"results": [{"id": "65537", "key": "~557058:1", "name": "Ann",
        "type": "personal", "status": "archived", "spaceOwnerId": "557058:1",
        "homepageId": 98306, "authorId": "x", "icon": null}],
        "_links": {"base": "https://acme.atlassian.net/wiki"}}"""
    )
    [space] = [space_from(row) for row in listing.results]

    assert space == Space(
        "65537", "~557058:1", "Ann", "personal", "archived", "557058:1", "98306"
    )


def test_a_space_in_the_trash_is_none() -> None:
    assert space_from(payloads.SpaceRow("1", "A", status="trashed")) is None


def test_recorded_permissions() -> None:
    page = payloads.PERMISSIONS.decode(
        b"""{"results": [
        {"id": "123", "principal": {"type": "group", "id": "g"},
         "operation": {"key": "create", "targetType": "page"}},
        {"id": 124, "principal": {"type": "access-class", "id": "all-licensed-users"},
         "operation": {"key": "manage_users", "targetType": "space"}},
        {"id": "125", "principal": null,
         "operation": {"key": "read", "targetType": "space"}},
        {"id": "126", "principal": {"type": "user", "id": null},
         "operation": {"key": "read", "targetType": "space"}},
        {"id": "127", "principal": {"type": "team", "id": "t"},
         "operation": {"key": "read", "targetType": null}},
        {"id": "128", "principal": {"type": "user", "id": "u"}, "operation": null}],
        "_links": {"next": "/wiki/api/v2/spaces/1/permissions?cursor=next"}}"""
    )
    unknown: Counter[str] = Counter()

    grants = [grant_from(row, unknown) for row in page.results]

    assert grants == [
        Grant(Subject("group", "g"), "create/page", "123"),
        Grant(
            Subject("access-class", "all-licensed-users"), "manage_users/space", "124"
        ),
        None,
        None,
        Grant(Subject("team", "t"), "read/", "127"),
        None,
    ]
    assert unknown == {
        "principal=null": 2,
        "principal.type=team": 1,
        "operation=null": 1,
    }


@pytest.mark.parametrize(
    ("spelt", "type_"),
    [
        ("user", "user"),
        ("USER", "user"),
        ("GROUP", "group"),
        ("access-class", "access-class"),
        ("ACCESS_CLASS", "access-class"),
        ("accessClass", "access-class"),
        ("role", "role"),
        ("guest", "guest"),
        (None, ""),
    ],
)
def test_subject_types_come_in_many_spellings(spelt: str | None, type_: str) -> None:
    assert subject_from(spelt, "x", Counter()) == Subject(type_, "x")


def test_recorded_roles_and_assignments() -> None:
    roles = payloads.ROLES.decode(
        b"""{"results": [{"id": "r1", "type": "SYSTEM", "name": "Admin",
        "description": "", "spacePermissions": ["read/space", "VIEW_CONTENT"]},
        {"id": 7, "type": "CUSTOM", "name": null, "spacePermissions": null}]}"""
    )
    page = payloads.ASSIGNMENTS.decode(RECORDED_ASSIGNMENT)
    unknown: Counter[str] = Counter()

    assert [role_from(row) for row in roles.results] == [
        Role("r1", "Admin", ("read/space", "VIEW_CONTENT")),
        Role("7", "", ()),
    ]
    assert [assignment_from(row, unknown) for row in page.results] == [
        RoleAssignment(Subject("group", "e50e7fe6"), "r4"),
        RoleAssignment(Subject("user", "557058:0"), "r1"),
        RoleAssignment(Subject("access-class", "anonymous-users"), "r4"),
    ]
    assert not unknown


def test_an_assignment_that_says_nothing_is_counted() -> None:
    unknown: Counter[str] = Counter()
    rows = [
        payloads.AssignmentRow(None, "r"),
        payloads.AssignmentRow(payloads.Assignee("USER", "u"), None),
    ]

    assert [assignment_from(row, unknown) for row in rows] == [None, None]
    assert unknown == {"principal=null": 1, "roleId=null": 1}


RECORDED_V1_PERMISSIONS = b"""[
 {"id": 1952055499, "subjects": {"user": {"results": [
    {"type": "known", "accountId": "557058:1", "accountType": "app"}], "size": 1},
    "_expandable": {"group": ""}},
  "operation": {"operation": "administer", "targetType": "space"},
  "anonymousAccess": false, "unlicensedAccess": false},
 {"id": 2, "subjects": {"group": {"results": [
    {"type": "group", "name": "staff", "id": "g"}], "size": 1}},
  "operation": {"operation": "create", "targetType": "page"},
  "anonymousAccess": false, "unlicensedAccess": false},
 {"id": 3, "operation": {"operation": "read", "targetType": "space"},
  "anonymousAccess": true, "unlicensedAccess": false},
 {"id": 4, "operation": {"operation": "read", "targetType": "space"},
  "anonymousAccess": false, "unlicensedAccess": true},
 {"id": 5, "operation": {"operation": "read", "targetType": "space"}},
 {"id": 6, "anonymousAccess": true}]"""


def test_the_flags_of_a_v1_permission_stand_for_access_classes() -> None:
    rows = msgspec.json.decode(
        RECORDED_V1_PERMISSIONS, type=list[payloads.V1PermissionRow]
    )
    unknown: Counter[str] = Counter()

    grants = [grant for row in rows for grant in grants_from_v1(row, unknown)]

    assert grants == [
        Grant(Subject("user", "557058:1"), "administer/space", "1952055499"),
        Grant(Subject("group", "g"), "create/page", "2"),
        Grant(Subject("access-class", "anonymous-users"), "read/space", "3"),
        Grant(Subject("access-class", "unlicensed-users"), "read/space", "4"),
    ]
    assert unknown == {"subjects=none": 1, "operation=null": 1}

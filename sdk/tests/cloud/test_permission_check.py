"""Restrictions by id, and Confluence's own answer to who may do what."""

import pytest

from casb_sdk.cloud import CheckAnswer, CloudSite
from casb_sdk.cloud.demo_site import demo_site
from sdk.tests.cloud.caller import Caller, Json, calling

MARA = "712020:0a4e7c1d-mara-lindqvist"
VICTOR = "712020:c6d72e4a-victor-hale"
NINA = "712020:b5c61d39-nina-falk"
RUTH = "712020:93e94f17-ruth-cohen"
FORMER = "557058:d7e83f5b-left-long-ago"
DIAGRAMS = "557058:e8f9406c-diagram-studio"
PEOPLE_TEAM = "a11a0000-0000-4000-8000-0000000000b2"
NO_SPACE = "User does not have permission to the space"
NO_CONTENT = "User does not have permission to the content"
NOBODY = "Anonymous user does not have permission to the space"
ENGINEERING = "a11a0000-0000-4000-8000-0000000000b1"


def check(
    caller: Caller, title: str, who: str, operation: str = "read", kind: str = "user"
) -> Json:
    ids = caller.ids_by_title()
    response = caller.post(
        f"/rest/api/content/{ids[title]}/permission/check",
        {"subject": {"type": kind, "identifier": who}, "operation": operation},
    )
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


def objection(
    caller: Caller, title: str, who: str, operation: str = "read", kind: str = "user"
) -> str:
    answer = check(caller, title, who, operation, kind)
    errors = [error["translation"] for error in answer["errors"]]
    assert answer["hasPermission"] is not bool(errors)
    return errors[0] if errors else ""


@pytest.mark.parametrize(
    ("title", "who", "operation", "expected"),
    [
        ("Known problems", "anonymous", "read", ""),
        ("Known problems", "anonymous", "update", ""),
        ("Travel", "anonymous", "read", NOBODY),
        ("First week", VICTOR, "update", ""),
        ("Release calendar", VICTOR, "read", ""),
        ("Release calendar", VICTOR, "update", NO_CONTENT),
        ("2026-03 payment outage", VICTOR, "update", ""),
        ("2026-07 certificate expiry", VICTOR, "read", NO_CONTENT),
        ("Launch plan", NINA, "update", ""),
        ("Budget", NINA, "read", NO_CONTENT),
        ("First week", NINA, "read", NO_SPACE),
        ("Known problems", NINA, "update", ""),
        ("First week", RUTH, "read", "User is not allowed to use Confluence"),
        ("Travel", FORMER, "read", "User is not allowed to use Confluence"),
        ("First week", DIAGRAMS, "update", ""),
        ("Incident reviews", DIAGRAMS, "read", NO_CONTENT),
        ("Price list", VICTOR, "update", ""),
        ("Northwind", VICTOR, "update", NO_CONTENT),
        ("First week", VICTOR, "delete", ""),
        ("Launch plan", NINA, "delete", NO_CONTENT),
    ],
)  # fmt: skip
def test_confluence_says_who_may_do_what(
    acme: Caller, title: str, who: str, operation: str, expected: str
) -> None:
    assert objection(acme, title, who, operation) == expected


def test_a_group_can_be_asked_about(acme: Caller) -> None:
    assert objection(acme, "Pay bands", PEOPLE_TEAM, kind="group") == ""
    refused = objection(acme, "Pay bands", ENGINEERING, kind="group")
    assert refused == "Group does not have permission to the space"


def test_where_the_site_is_closed_to_strangers_anonymous_gets_in_nowhere() -> None:
    with calling(CloudSite(demo_site(), anonymous_allowed=False)) as caller:
        refused = objection(caller, "Known problems", "anonymous")
        guest = objection(caller, "Known problems", NINA)

    assert refused == "Anonymous users are not allowed to use Confluence"
    assert guest == ""


def test_an_answer_can_be_made_to_disagree() -> None:
    first_week = "1049579"
    checks = {
        (VICTOR, first_week): CheckAnswer(allowed=False, error="for some reason"),
        ("anonymous", first_week): CheckAnswer(allowed=True),
    }
    with calling(CloudSite(demo_site(), checks=checks)) as caller:
        assert objection(caller, "First week", VICTOR) == "for some reason"
        assert objection(caller, "First week", "anonymous") == ""


def test_who_is_no_administrator_asks_about_himself_only() -> None:
    body = {"subject": {"type": "user", "identifier": VICTOR}, "operation": "read"}
    own = {"subject": {"type": "user", "identifier": MARA}, "operation": "read"}
    path = "/rest/api/content/1049577/permission/check"
    with calling(CloudSite(demo_site(), installer_is_admin=False)) as caller:
        other = caller.post(path, body)
        self_ = caller.post(path, own)

    assert (other.status_code, self_.status_code) == (403, 200)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"subject": {"type": "role", "identifier": "x"}, "operation": "read"}, 400),
        ({"subject": {"type": "user", "identifier": MARA}, "operation": "own"}, 400),
    ],
)
def test_a_senseless_question_is_refused(acme: Caller, body: Json, status: int) -> None:
    path = "/rest/api/content/1049577/permission/check"

    assert acme.post(path, body).status_code == status


def test_missing_content_is_not_found(acme: Caller) -> None:
    body = {"subject": {"type": "user", "identifier": MARA}, "operation": "read"}

    assert acme.post("/rest/api/content/1/permission/check", body).status_code == 404


def test_restrictions_show_both_operations_even_when_open(acme: Caller) -> None:
    page = acme.json("/rest/api/content/1049577/restriction")

    assert [row["operation"] for row in page["results"]] == ["read", "update"]
    assert page["restrictionsHash"]
    by_operation = acme.json("/rest/api/content/1049577/restriction/byOperation")
    assert {"read", "update"} < by_operation.keys()


def test_inherited_restrictions_are_not_shown(acme: Caller) -> None:
    outage = acme.ids_by_title()["2026-03 payment outage"]

    path = f"/rest/api/content/{outage}/restriction/byOperation/read"
    lists = acme.json(path)["restrictions"]

    assert (lists["user"]["results"], lists["group"]["results"]) == ([], [])


def test_a_deleted_group_stays_in_a_restriction(acme: Caller) -> None:
    bonus = acme.ids_by_title()["Bonus round"]

    path = f"/rest/api/content/{bonus}/restriction/byOperation/read"
    [group] = acme.json(path)["restrictions"]["group"]["results"]

    assert group["id"].endswith("ff")


def test_one_subject_can_be_looked_for_in_a_list(acme: Caller) -> None:
    reviews = acme.ids_by_title()["Incident reviews"]
    path = f"/rest/api/content/{reviews}/restriction/byOperation/read"

    assert acme.get(f"{path}/user", accountId=VICTOR).status_code == 200
    assert acme.get(f"{path}/user", accountId=NINA).status_code == 404
    assert acme.get(f"{path}/byGroupId/{ENGINEERING}").status_code == 200


def test_only_reading_and_updating_can_be_restricted(acme: Caller) -> None:
    path = "/rest/api/content/1049577/restriction/byOperation/delete"

    assert acme.get(path).status_code == 400

"""Recorded shapes of people and groups, and what nobody has documented."""

import pytest

from casb_sdk import Account
from casb_sdk.model import Membership
from connector.atlassian import payloads
from connector.atlassian.normalise import (
    account_from,
    email_domain_of,
    group_from,
    merged_account,
)

RECORDED_USER = b"""{
 "type": "known", "accountId": "557058:1", "accountType": "atlassian",
 "email": "Ann.Lee@ACME.Example", "publicName": "Ann", "timeZone": null,
 "profilePicture": {"path": "/wiki/aa-avatar/1", "width": 48, "isDefault": false},
 "displayName": "Ann Lee", "isExternalCollaborator": false,
 "_expandable": {"operations": "", "personalSpace": ""},
 "_links": {"self": "https://acme.atlassian.net/wiki/rest/api/user?accountId=1"}
}"""
RECORDED_SEARCHED_USER = b"""{
 "type": "known", "accountId": "1238568455dsfsdf5555", "accountType": "",
 "publicName": "John doe", "displayName": "John doe", "isExternalCollaborator": false
}"""
RECORDED_V2_USER = b"""{
 "displayName": "Ann Lee", "timeZone": null, "personalSpaceId": null,
 "isExternalCollaborator": true, "accountStatus": "inactive",
 "accountId": "557058:1", "email": "", "accountType": "customer",
 "publicName": "Ann", "profilePicture": {"path": "/a", "isDefault": true}
}"""


def account(body: bytes) -> Account:
    found = account_from(payloads.USER.decode(body))
    assert found is not None
    return found


def test_a_recorded_v1_user() -> None:
    assert account(RECORDED_USER) == Account(
        "557058:1", "Ann Lee", email_domain="acme.example"
    )


def test_a_searched_user_without_type_is_not_settled() -> None:
    assert account(RECORDED_SEARCHED_USER).account_type == ""


def test_a_recorded_v2_user() -> None:
    assert account(RECORDED_V2_USER) == Account(
        "557058:1",
        "Ann Lee",
        account_type="customer",
        account_status="inactive",
        is_guest=True,
    )


@pytest.mark.parametrize(
    "flag", ["isGuest", "isExternalCollaborator", "externalCollaborator"]
)
def test_each_of_the_three_flags_makes_a_guest(flag: str) -> None:
    body = f'{{"accountId": "1", "type": "known", "{flag}": true}}'.encode()

    assert account(body).is_guest


def test_null_is_the_same_as_missing() -> None:
    nulls = b"""{"accountId": "1", "type": null, "accountType": null, "email": null,
        "displayName": null, "publicName": null, "isGuest": null,
        "isExternalCollaborator": null, "accountStatus": null}"""

    assert account(nulls) == account(b'{"accountId": "1"}')


def test_an_enumeration_nobody_documented_is_kept_as_it_is() -> None:
    body = b'{"accountId":"1","type":"martian","accountType":"x","accountStatus":"y"}'

    found = account(body)

    assert (found.type, found.account_type, found.account_status) == (
        "martian",
        "x",
        "y",
    )


def test_the_anonymous_user_is_no_account() -> None:
    body = b'{"type":"anonymous","displayName":"Anonymous","_links":{}}'

    assert account_from(payloads.USER.decode(body)) is None


def test_a_name_of_unicode_and_markup_stays_as_it_is() -> None:
    body = '{"accountId":"1","displayName":"<b>\\u202e田中\\u0000&amp;"}'.encode()

    assert account(body).display_name == "<b>\u202e田中\x00&amp;"


@pytest.mark.parametrize(
    ("v1_type", "v2_type", "merged"),
    [
        ("atlassian", "atlassian", "atlassian"),
        ("", "app", "app"),
        ("app", "unknown", "app"),
        ("", "unknown", "unknown"),
        ("unknown", "", "unknown"),
        ("", "", ""),
    ],
)
def test_both_descriptions_together_settle_the_account_type(
    v1_type: str, v2_type: str, merged: str
) -> None:
    v1 = Account("1", type="known", account_type=v1_type, is_guest=True)
    v2 = Account("1", account_type=v2_type, account_status="closed", email_domain="a.b")

    found = merged_account(v1, v2)

    assert found.account_type == merged
    assert (found.account_status, found.email_domain, found.is_guest) == (
        "closed",
        "a.b",
        True,
    )


def test_only_v1_knows_an_unknown_user() -> None:
    v1 = Account("1", type="unknown", account_type="")
    v2 = Account("1", type="known", account_type="unknown")

    assert merged_account(v1, v2).type == "unknown"


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        (None, ""),
        ("", ""),
        ("nobody", ""),
        ("nobody@", ""),
        ("User@ACME.Example", "acme.example"),
        ("x@sub.acme.example.", "sub.acme.example"),
        ('"a@b"@acme.example', "acme.example"),
        ("x@bücher.example", "xn--bcher-kva.example"),
        ("x@XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("x@" + "a" * 70 + ".example", "a" * 70 + ".example"),
    ],
)
def test_only_the_domain_of_an_address_is_kept(email: str | None, domain: str) -> None:
    assert email_domain_of(email) == domain


def test_a_group_is_not_read_until_its_members_are() -> None:
    row = payloads.GROUP.decode(b'{"type":"group","name":"staff","id":"u-u-i-d"}')

    found = group_from(row)

    assert found
    assert (found.id, found.name) == ("u-u-i-d", "staff")
    assert found.membership is Membership.UNREAD


def test_a_group_without_id_goes_by_its_name() -> None:
    found = group_from(payloads.GroupRow(name="gone"))

    assert found
    assert found.id == "gone"
    assert group_from(payloads.GroupRow()) is None

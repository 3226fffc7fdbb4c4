from typing import Any

import httpx
import pytest

from casb_sdk import Account, Gap, GapKind
from casb_sdk.model import Lookup, Membership
from connector.domain.reading import AccountsReading, GroupReading
from tests.unit.atlassian.fake_confluence import (
    V1,
    V2,
    Answer,
    FakeConfluence,
    body_of,
    group,
    listing,
    ok,
    out_of_scope,
    query_of,
    status,
    user,
)

MEMBERS = f"{V1}/group/g/membersByGroupId"
BY_ID = f"{V1}/group/by-id"
V1_BULK = f"{V1}/user/bulk"
V2_BULK = f"{V2}/users-bulk"
ONE = f"{V1}/user"


async def members(confluence: FakeConfluence) -> GroupReading:
    reader = confluence.reader()
    try:
        return await reader.group_members("g")
    finally:
        await reader.aclose()


async def accounts(confluence: FakeConfluence, *ids: str) -> AccountsReading:
    reader = confluence.reader()
    try:
        return await reader.accounts(ids)
    finally:
        await reader.aclose()


def v2_user(id_: str, **more: Any) -> dict[str, Any]:
    return {
        "accountId": id_,
        "accountType": "atlassian",
        "accountStatus": "active",
        "email": f"{id_}@acme.example",
        "displayName": id_,
        "isExternalCollaborator": False,
    } | more


def directory(v1: Answer, v2: Answer, one: Answer | None = None) -> FakeConfluence:
    confluence = FakeConfluence().answers(V1_BULK, v1).answers(V2_BULK, v2)
    return confluence.answers(ONE, one or status(404))


async def test_members_are_described_by_the_list() -> None:
    guest = user("gus", isExternalCollaborator=True, email="gus@partner.example")
    confluence = FakeConfluence().answers(MEMBERS, listing(user("ann"), guest))

    read = await members(confluence)

    assert read.group.members == {"ann", "gus"}
    assert read.group.membership is Membership.COMPLETE
    assert {a.id: (a.is_guest, a.email_domain) for a in read.accounts} == {
        "ann": (False, "acme.example"),
        "gus": (True, "partner.example"),
    }
    assert confluence.queries(MEMBERS) == [
        {
            "expand": "isExternalCollaborator",
            "limit": "200",
            "shouldReturnTotalSize": "true",
        }
    ]


async def test_an_empty_group_is_empty_only_if_it_exists() -> None:
    confluence = (
        FakeConfluence().answers(MEMBERS, listing()).answers(BY_ID, ok(group("g")))
    )

    read = await members(confluence)

    assert read.group.membership is Membership.COMPLETE
    assert read.group.name == "name of g"
    assert confluence.queries(BY_ID) == [{"id": "g"}]


async def test_a_group_that_does_not_exist_is_gone() -> None:
    confluence = (
        FakeConfluence().answers(MEMBERS, listing()).answers(BY_ID, status(404))
    )

    read = await members(confluence)

    assert read.group.membership is Membership.GONE
    assert read.coverage.is_complete


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(status(403), "403"), (out_of_scope(), "scope"), (ok({}), "shape")],
)
async def test_a_group_nobody_vouches_for_is_unread(
    answer: httpx.Response, reason: str
) -> None:
    confluence = FakeConfluence().answers(MEMBERS, listing()).answers(BY_ID, answer)

    read = await members(confluence)

    assert read.group.membership is Membership.UNREAD
    assert read.coverage.gaps == (Gap(GapKind.GROUP, "g", reason),)


async def test_an_empty_group_of_the_listing_is_known_to_exist() -> None:
    confluence = FakeConfluence()
    confluence.answers(f"{V2}/spaces", listing())
    confluence.answers(f"{V1}/group", listing(group("g")))
    confluence.answers(MEMBERS, listing())
    reader = confluence.reader()

    await reader.outline()
    read = await reader.group_members("g")
    await reader.aclose()

    assert read.group.membership is Membership.COMPLETE
    assert read.group.access_types == {"user", "admin", "site-admin"}
    assert BY_ID not in confluence.paths()


async def test_members_that_cannot_be_read_at_all_are_unread() -> None:
    confluence = FakeConfluence().answers(MEMBERS, status(403))

    read = await members(confluence)

    assert read.group.membership is Membership.UNREAD
    assert read.coverage.gaps == (Gap(GapKind.GROUP, "g", "403"),)


async def test_both_apis_together_describe_an_account() -> None:
    guest = user("ann", isGuest=True, email="", accountType="")
    closed = v2_user("ann", accountStatus="inactive", email="ann@partner.example")

    read = await accounts(directory(listing(guest), listing(closed)), "ann")

    assert read.accounts == (
        Account(
            "ann",
            "ann",
            account_status="inactive",
            email_domain="partner.example",
            is_guest=True,
        ),
    )
    assert read.coverage.is_complete


async def test_look_ups_are_cut_into_bulks() -> None:
    asked: dict[str, list[int]] = {V1_BULK: [], V2_BULK: []}

    def v1(request: httpx.Request) -> httpx.Response:
        ids = request.url.params.get_list("accountId")
        asked[V1_BULK].append(len(ids))
        return listing(*map(user, ids))

    def v2(request: httpx.Request) -> httpx.Response:
        ids = body_of(request)["accountIds"]
        asked[V2_BULK].append(len(ids))
        return listing(*map(v2_user, ids))

    ids = [f"user-{number}" for number in range(260)]

    read = await accounts(directory(v1, v2), *ids, "user-0", "")

    assert len(read.accounts) == 260
    assert sorted(asked[V1_BULK]) == [60, 100, 100]
    assert sorted(asked[V2_BULK]) == [10, 250]


async def test_an_id_nobody_knows_is_asked_for_once_and_absent() -> None:
    confluence = directory(listing(), listing())

    read = await accounts(confluence, "ghost")

    [ghost] = read.accounts
    assert (ghost.lookup, ghost.type) == (Lookup.ABSENT, "unknown")
    assert read.coverage.is_complete
    assert confluence.queries(ONE) == [{"accountId": "ghost"}]


async def test_an_id_the_bulks_leave_out_may_exist_all_the_same() -> None:
    read = await accounts(directory(listing(), listing(), ok(user("ann"))), "ann")

    assert [account.lookup for account in read.accounts] == [Lookup.FOUND]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(status(403), "403"), (status(500), "500"), (ok(user("bob")), "shape")],
)
async def test_a_single_look_up_that_fails_settles_nothing(
    answer: httpx.Response, reason: str
) -> None:
    read = await accounts(directory(listing(), listing(), answer), "ann")

    [ann] = read.accounts
    assert (ann.lookup, ann.account_type) == (Lookup.FAILED, "")
    assert read.coverage.gaps == (Gap(GapKind.ACCOUNT, "ann", reason),)


async def test_with_both_bulks_failing_nobody_is_asked_one_by_one() -> None:
    confluence = directory(status(403), status(403))

    read = await accounts(confluence, "ann", "bob")

    assert {account.lookup for account in read.accounts} == {Lookup.FAILED}
    assert read.coverage.ids(GapKind.ACCOUNT) == {"ann", "bob"}
    assert ONE not in confluence.paths()


@pytest.mark.parametrize(
    ("v1", "v2", "note"),
    [
        (listing(user("ann")), out_of_scope(), "accounts_half_described:v2:scope"),
        (status(403), listing(v2_user("ann")), "accounts_half_described:v1:403"),
    ],
)
async def test_one_api_alone_describes_half(
    v1: httpx.Response, v2: httpx.Response, note: str
) -> None:
    read = await accounts(directory(v1, v2), "ann")

    assert [account.lookup for account in read.accounts] == [Lookup.FOUND]
    assert read.coverage.is_complete
    assert read.coverage.notes == (note,)


async def test_an_unknown_user_of_the_bulk_is_unknown() -> None:
    ghost = user("ghost", type="unknown", accountType="", email="")

    read = await accounts(directory(listing(ghost), listing()), "ghost")

    assert [account.type for account in read.accounts] == ["unknown"]


async def test_the_anonymous_user_is_not_looked_up() -> None:
    confluence = directory(listing(), listing())

    read = await accounts(confluence, "anonymous")

    assert [(a.id, a.type) for a in read.accounts] == [("anonymous", "anonymous")]
    assert confluence.asked == []


async def test_an_id_is_sent_as_it_is() -> None:
    hostile = "712020:a&b=c+d é"
    confluence = directory(listing(), listing())

    await accounts(confluence, hostile)

    [asked] = [r for r in confluence.asked if r.url.path.endswith("/user/bulk")]
    assert query_of(asked) == {"accountId": hostile}

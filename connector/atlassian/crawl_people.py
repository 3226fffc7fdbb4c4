"""Reads people: the members of groups, and accounts looked up by their ids."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from msgspec.json import encode

from casb_sdk import Account, GapKind, Group
from casb_sdk.model import ANONYMOUS_ID, Lookup, Membership
from casb_sdk.people import absent_account
from connector.atlassian import endpoints, payloads
from connector.atlassian.chunks import chunks
from connector.atlassian.client import Call
from connector.atlassian.failures import PAGING_BROKE, CallFailedError
from connector.atlassian.member_lists import accounts_of, members_in_pages
from connector.atlassian.normalise import account_from, group_from, merged_account
from connector.atlassian.notebook import Notebook
from connector.atlassian.paging import Walker
from connector.domain.member_pages import READ_ANEW, MemberPages
from connector.domain.reading import NOT_IN_PROFILE, AccountsReading, GroupReading
from connector.domain.together import together

MEMBERS_PER_PAGE = 200
WITH_SIZE = ("shouldReturnTotalSize", "true")
V1_BULK = 100
V2_BULK = 250
NOT_FOUND = 404
ANONYMOUS_ACCOUNT = Account(ANONYMOUS_ID, type=ANONYMOUS_ID, account_type="")

Found = dict[str, Account]


@dataclass(slots=True)
class Lookups:
    """What one of the two bulk look-ups said: accounts found, ids it failed on."""

    found: Found = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeopleCrawler:
    """The people of one site.

    ``groups`` are those the group listing named: an empty one among them is known
    to exist. It is filled by the directory step. ``asks_v2`` says whether the scope
    profile has the look-up of v2, which alone knows who is inactive or closed.
    """

    walker: Walker
    groups: dict[str, Group] = field(default_factory=dict)
    asks_v2: bool = True

    async def group_members(
        self, group_id: str, pages: MemberPages = READ_ANEW
    ) -> GroupReading:
        """Return the members of a group; a broken list keeps what was read."""
        book = Notebook()
        members: Found = {}
        membership = Membership.COMPLETE
        call = Call(
            endpoints.MEMBERS,
            {"groupId": group_id},
            (
                ("expand", "isExternalCollaborator"),
                ("limit", str(MEMBERS_PER_PAGE)),
                WITH_SIZE,
            ),
        )
        size: int | None = None
        try:
            async for page in members_in_pages(self.walker, call, pages, members):
                size = page.listing.total if size is None else size
        except CallFailedError as error:
            broke = members or error.reason == PAGING_BROKE
            membership = Membership.PARTIAL if broke else Membership.UNREAD
            book.gap(GapKind.GROUP, group_id, error.reason)
        group = self.groups.get(group_id)
        if not members and membership is Membership.COMPLETE and group is None:
            group, membership = await self._existence(group_id, book)
        known = group or Group(group_id)
        return GroupReading(
            Group(
                group_id, known.name, known.access_types, frozenset(members), membership
            ),
            tuple(members.values()),
            book.coverage,
            size if membership is Membership.COMPLETE else None,
        )

    async def group_size(self, group_id: str) -> int | None:
        """Return how many members a group has, 0 also for one that is gone."""
        params = (("limit", "1"), WITH_SIZE)
        call = Call(endpoints.MEMBERS, {"groupId": group_id}, params)
        try:
            return (await self.walker.client.fetch(call, payloads.USERS)).total
        except CallFailedError:
            return None

    async def accounts(self, account_ids: Collection[str]) -> AccountsReading:
        """Return what both APIs together know of some accounts."""
        book = Notebook()
        ids = sorted({id_ for id_ in account_ids if id_} - {ANONYMOUS_ID})
        v2, v1 = await together([self._v2_bulk(ids), self._v1_bulk(ids)])
        accounts: Found = {}
        absent: list[str] = []
        for id_ in ids:
            if id_ in v1.found or id_ in v2.found:
                accounts[id_] = _described(v1.found.get(id_), v2.found.get(id_))
            elif id_ in v1.failed and id_ in v2.failed:
                reason = (v2 if self.asks_v2 else v1).failed[id_]
                accounts[id_] = _failed(id_, reason, book)
            else:
                absent.append(id_)
        asked = await together(self._one_account(id_, book) for id_ in absent)
        accounts |= {account.id: account for account in asked}
        for name, reason in sorted({*_reasons("v1", v1), *_reasons("v2", v2)}):
            book.note(f"accounts_half_described:{name}:{reason}")
        if ANONYMOUS_ID in account_ids:
            accounts[ANONYMOUS_ID] = ANONYMOUS_ACCOUNT
        return AccountsReading(tuple(accounts.values()), book.coverage)

    async def _existence(
        self, group_id: str, book: Notebook
    ) -> tuple[Group | None, Membership]:
        """Tell an empty group from one that is gone: the member list cannot."""
        call = Call(endpoints.GROUP, params=(("id", group_id),))
        try:
            row = await self.walker.client.fetch(call, payloads.GROUP)
        except CallFailedError as error:
            if error.status == NOT_FOUND:
                return None, Membership.GONE
            book.gap(GapKind.GROUP, group_id, error.reason)
            return None, Membership.UNREAD
        if (group := group_from(row)) is None:
            book.gap(GapKind.GROUP, group_id, "shape")
            return None, Membership.UNREAD
        return group, Membership.COMPLETE

    async def _v2_bulk(self, ids: Sequence[str]) -> Lookups:
        if not self.asks_v2:
            return Lookups(failed=dict.fromkeys(ids, NOT_IN_PROFILE))
        result = Lookups()

        async def ask(chunk: Sequence[str]) -> None:
            body = encode({"accountIds": chunk})
            await self._bulk(Call(endpoints.USERS_BULK, body=body), chunk, result)

        await together(ask(chunk) for chunk in chunks(ids, V2_BULK))
        return result

    async def _v1_bulk(self, ids: Sequence[str]) -> Lookups:
        result = Lookups()

        async def ask(chunk: Sequence[str]) -> None:
            params = tuple(("accountId", id_) for id_ in chunk)
            await self._bulk(Call(endpoints.USERS, params=params), chunk, result)

        await together(ask(chunk) for chunk in chunks(ids, V1_BULK))
        return result

    async def _bulk(self, call: Call, ids: Sequence[str], result: Lookups) -> None:
        try:
            listing = await self.walker.client.fetch(call, payloads.USERS)
        except CallFailedError as error:
            result.failed |= dict.fromkeys(ids, error.reason)
            return
        result.found |= accounts_of(listing.results)

    async def _one_account(self, account_id: str, book: Notebook) -> Account:
        call = Call(endpoints.USER, params=(("accountId", account_id),))
        try:
            user = await self.walker.client.fetch(call, payloads.USER)
        except CallFailedError as error:
            if error.status == NOT_FOUND:
                return absent_account(account_id)
            return _failed(account_id, error.reason, book)
        account = account_from(user)
        if account is None or account.id != account_id:
            return _failed(account_id, "shape", book)
        return account


def _described(v1: Account | None, v2: Account | None) -> Account:
    if v1 and v2:
        return merged_account(v1, v2)
    [only] = [account for account in (v1, v2) if account]
    return only


def _failed(account_id: str, reason: str, book: Notebook) -> Account:
    book.gap(GapKind.ACCOUNT, account_id, reason)
    return Account(account_id, account_type="", lookup=Lookup.FAILED)


def _reasons(api: str, lookups: Lookups) -> set[tuple[str, str]]:
    return {(api, reason) for reason in lookups.failed.values()}

"""Walks the member list of a group, going on behind the pages that are kept."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from casb_sdk import Account
from connector.atlassian import payloads
from connector.atlassian.client import Call
from connector.atlassian.failures import CallFailedError
from connector.atlassian.normalise import account_from
from connector.atlassian.paging import FIRST, Page, Position, Walker
from connector.domain.member_pages import READ_ANEW, MemberPages, MembersPage

Found = dict[str, Account]


class RowsMovedError(Exception):
    """What is kept of a list does not lead on any more."""


async def members_in_pages(
    walker: Walker, call: Call, pages: MemberPages, members: Found
) -> AsyncGenerator[Page[payloads.User], None]:
    """Yield the pages that are not kept; ``members`` collects whom the list names.

    Rows may have moved since pages were kept, so the last row of these is asked for
    once more: where another one stands in its place the list is read anew.
    """
    try:
        async with aclosing(_walked(walker, call, pages, members)) as walk:
            async for page in walk:
                yield page
    except RowsMovedError:
        members.clear()
        async with aclosing(_walked(walker, call, READ_ANEW, members)) as walk:
            async for page in walk:
                yield page


async def _walked(
    walker: Walker, call: Call, pages: MemberPages, members: Found
) -> AsyncGenerator[Page[payloads.User], None]:
    for kept in pages.kept:
        members.update({account.id: account for account in kept.accounts})
    last = pages.kept[-1] if pages.kept else None
    try:
        async with aclosing(walker.pages(call, payloads.USERS, _behind(last))) as walk:
            async for page in walk:
                rows = accounts_of(page.rows)
                if last and not _goes_on(last, rows):
                    raise RowsMovedError
                last = None
                members.update(rows)
                if page.following and not page.breaks:
                    await pages.keep(_kept(rows, page.following))
                yield page
    except CallFailedError:
        if last:
            raise RowsMovedError from None
        raise


def accounts_of(users: Iterable[payloads.User]) -> Found:
    """Return the accounts that rows describe, by id and in their order."""
    accounts = (account_from(user) for user in users)
    return {account.id: account for account in accounts if account}


def _kept(rows: Found, following: Position) -> MembersPage:
    return MembersPage(tuple(rows.values()), following.cursor, following.start)


def _behind(last: MembersPage | None) -> Position:
    if last is None:
        return FIRST
    return Position(last.cursor) if last.cursor else Position(start=last.start - 1)


def _goes_on(last: MembersPage, rows: Found) -> bool:
    """Return whether a page begins where the one before it ends."""
    if last.cursor:
        return True
    return bool(last.accounts) and next(iter(rows), "") == last.accounts[-1].id

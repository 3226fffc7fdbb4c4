"""The member list of a large group, kept page by page while it is read."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from casb_sdk import Account


@dataclass(frozen=True, slots=True)
class MembersPage:
    """A page of a member list that is not the last: whom it names, what comes next.

    The next page has a cursor, or begins at the number of a row.
    """

    accounts: tuple[Account, ...]
    cursor: str = ""
    start: int = 0


async def _keep_nothing(page: MembersPage) -> None:
    """Let a page be read again by whoever has to go on."""


@dataclass(frozen=True, slots=True)
class MemberPages:
    """The pages that an earlier run kept of a list, in order, and how to keep more."""

    kept: tuple[MembersPage, ...] = ()
    keep: Callable[[MembersPage], Awaitable[None]] = _keep_nothing


READ_ANEW = MemberPages()

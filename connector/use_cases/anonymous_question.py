"""Asks once a scan whether anonymous people may use Confluence at all."""

import asyncio
from dataclasses import dataclass, field

from casb_sdk import AnonymousUse, People
from casb_sdk.access import SpaceOperations
from connector.domain.ports import SiteReader
from connector.domain.reading import SpaceGrants, Verdict
from connector.use_cases.lease import Lease
from connector.use_cases.readings import ReadingKind, reading

USE_OF = {
    Verdict.ALLOWED: AnonymousUse.INTERNET,
    Verdict.DENIED: AnonymousUse.INTERNET,
    Verdict.NO_CONFLUENCE: AnonymousUse.AUTHENTICATED_ANY,
    Verdict.UNANSWERED: AnonymousUse.UNVERIFIED,
}
"""A denial that speaks of the content means that Confluence itself is open."""


@dataclass(slots=True)
class AnonymousQuestion:
    """The answer, once there is one; whoever asks meanwhile waits for it."""

    use: AnonymousUse = AnonymousUse.UNVERIFIED
    is_asked: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def answered(self, use: AnonymousUse) -> None:
        """Take in the answer."""
        self.use, self.is_asked = use, True

    async def ask(self, content_id: str, reader: SiteReader, lease: Lease) -> None:
        """Ask about an item, unless it was asked."""
        async with self._turn:
            if not self.is_asked:
                use = USE_OF[await reader.anonymous_verdict(content_id)]
                await lease.stage([reading(ReadingKind.ANONYMOUS, "site", use)])
                self.answered(use)


def hold_any(grants: SpaceGrants, people: People) -> bool:
    """Return whether anonymous people hold anything on a space."""
    operations = SpaceOperations.of(
        grants.grants,
        grants.assignments,
        people.directory.roles,
        people.anonymous_ids,
    )
    return bool(operations.anonymous)

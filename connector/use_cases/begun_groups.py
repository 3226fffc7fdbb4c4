"""Groups whose member lists somebody has begun to read."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from connector.domain.member_pages import MemberPages, MembersPage
from connector.domain.scan import Reading
from connector.use_cases.lease import Lease
from connector.use_cases.readings import ReadingKind, reading, value_of


@dataclass(frozen=True, slots=True)
class BegunGroups:
    """The pages that are kept of member lists which nobody has read to the end."""

    _pages: dict[str, dict[str, MembersPage]] = field(default_factory=dict)

    def take_in(self, readings: Iterable[Reading]) -> None:
        """Take in pages, of which those of a group come in their order."""
        for read in readings:
            page = value_of(read, MembersPage)
            self._pages.setdefault(read.key, {})[read.part] = page

    def pages_of(self, group_id: str, lease: Lease) -> MemberPages:
        """Return what there is of a list, to go on with; the lease keeps the rest."""
        kept = self._pages.setdefault(group_id, {})

        async def keep(page: MembersPage) -> None:
            part = page.cursor or str(page.start)
            await lease.stage([reading(ReadingKind.MEMBERS, group_id, page, part)])
            kept[part] = page

        return MemberPages(tuple(kept.values()), keep)

    def forget(self, group_id: str) -> None:
        """Let go of a list that was read to the end."""
        self._pages.pop(group_id, None)

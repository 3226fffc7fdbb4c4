"""A Confluence site in memory, read through the port, with everything that can fail."""

import asyncio
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import replace
from datetime import datetime

from casb_sdk import (
    ContentItem,
    Coverage,
    Gap,
    GapKind,
    Group,
    Level,
    SiteSnapshot,
    Space,
    SpaceSnapshot,
)
from casb_sdk.model import Membership, NodeState
from casb_sdk.people import absent_account
from connector.domain.errors import NotToldError
from connector.domain.member_pages import READ_ANEW, MemberPages
from connector.domain.reading import (
    AccountsReading,
    AuditEvent,
    AuditReading,
    ContentPage,
    Fate,
    FoundItem,
    GroupReading,
    RestrictionReading,
    SiteOutline,
    SpaceGrants,
    Spending,
    Verdict,
)
from tests.fakes.reader_trouble import Trouble
from tests.fakes.site_words import (
    ARCHIVED,
    CURRENT,
    OF_THE_OUTLINE,
    VERDICT_OF,
    ancestors_of,
    only,
    page_of,
)

__all__ = ["FakeReader", "Trouble"]


class FakeReader:
    """Reads a site that is described whole; what it left out it left out too.

    The states of the items and the gaps of the snapshot are what a scan would meet:
    an item that is not LISTED is known by its children alone. ``changed`` holds the
    ids that a search for changes names, unless they are archived; None means that the
    site does not tell, as it does for ``events``, its audit log. With ``tells_sizes``
    it counts the members of its groups.
    """

    def __init__(
        self, site: SiteSnapshot, trouble: Trouble | None = None, *, page_size: int = 2
    ) -> None:
        self.site = site
        self.trouble = trouble or Trouble()
        self.page_size = page_size
        self.calls: list[str] = []
        self.changed: set[str] | None = set()
        self.events: list[AuditEvent] | None = None
        self.tells_sizes = True
        self.is_closed = False
        self._spaces = {space.space.id: space for space in site.spaces}

    @property
    def spending(self) -> Spending:
        """One point a call."""
        kinds = dict(Counter(call.partition(" ")[0] for call in self.calls))
        return Spending(len(self.calls), len(self.calls), 0, kinds, dict(kinds))

    async def outline(self) -> SiteOutline:
        await self._call("outline")
        directory = self.site.directory
        return SiteOutline(
            site=directory.site,
            spaces=tuple(truth.space for truth in self._visible()),
            groups=tuple(
                replace(group, members=frozenset(), membership=Membership.UNREAD)
                for group in directory.groups.values()
                if group.membership is not Membership.GONE
            ),
            roles=tuple(directory.roles.values()),
            role_mode=directory.role_mode,
            product_groups_read=directory.product_groups_read,
            coverage=only(directory.coverage, OF_THE_OUTLINE),
        )

    async def grants(self, space: Space, role_mode: str) -> SpaceGrants:
        await self._call("grants", space.id)
        truth = self._spaces[space.id]
        return SpaceGrants(
            space.id,
            truth.grants,
            truth.assignments,
            only(truth.coverage, {GapKind.GRANTS}),
        )

    async def group_members(
        self, group_id: str, pages: MemberPages = READ_ANEW
    ) -> GroupReading:
        await self._call("group", group_id)
        directory = self.site.directory
        gone = Group(group_id, membership=Membership.GONE)
        group = directory.groups.get(group_id, gone)
        gaps = (g for g in directory.coverage.gaps if g.kind is GapKind.GROUP)
        return GroupReading(
            group,
            tuple(directory.accounts[id_] for id_ in sorted(group.members)),
            Coverage(tuple(gap for gap in gaps if gap.id == group_id)),
            self._size(group) if group.membership is Membership.COMPLETE else None,
        )

    async def group_size(self, group_id: str) -> int | None:
        await self._call("group_size", group_id)
        return self._size(self.site.directory.groups.get(group_id, Group(group_id)))

    async def accounts(self, account_ids: Collection[str]) -> AccountsReading:
        await self._call("accounts", *sorted(account_ids))
        directory = self.site.directory
        gaps = (g for g in directory.coverage.gaps if g.kind is GapKind.ACCOUNT)
        return AccountsReading(
            tuple(
                directory.accounts.get(id_, absent_account(id_)) for id_ in account_ids
            ),
            Coverage(tuple(gap for gap in gaps if gap.id in account_ids)),
        )

    async def content(
        self, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncGenerator[ContentPage, None]:
        truths = [self._spaces[space.id] for space in spaces]
        listed = [found for truth in truths for found in self._listed(truth)]
        names = "+".join(space.id for space in spaces)
        start = int(resume or 0)
        while start == 0 or start < len(listed):
            await self._call("content", names, str(start))
            if broken := self._broken(spaces, start):
                yield ContentPage(coverage=broken)
                return
            end = start + self.page_size
            yield page_of(truths, listed, (start, end), self.trouble.cut)
            start = end

    async def changes(
        self, since: datetime, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncGenerator[ContentPage, None]:
        truths = [self._spaces[space.id] for space in spaces] or self._visible()
        names = "+".join(space.id for space in spaces) or "all"
        start = int(resume or 0)
        while start == 0 or start < len(self._changed_of(truths)):
            await self._call("changes", names, str(start))
            listed, end = self._changed_of(truths), start + self.page_size
            page = page_of(truths, listed, (start, end), self.trouble.cut)
            yield replace(page, coverage=Coverage())
            start = end

    async def audit(self, since: datetime) -> AuditReading:
        await self._call("audit")
        if self.events is None:
            return AuditReading(None)
        events = (event for event in self.events if event.at >= since)
        return AuditReading(tuple(sorted(events, key=lambda e: e.at, reverse=True)))

    async def restrictions(self, content_id: str) -> RestrictionReading:
        await self._call("restrictions", content_id)
        item = self._item(content_id)
        if item is None or item.state is NodeState.MISSING or self._is_hidden(item):
            return RestrictionReading(content_id, state=NodeState.MISSING)
        if item.state is NodeState.UNREADABLE:
            gap = Gap(GapKind.RESTRICTION, content_id, "403")
            return RestrictionReading(
                content_id, state=NodeState.UNREADABLE, coverage=Coverage((gap,))
            )
        return RestrictionReading(content_id, item.read, item.update)

    async def items(self, content_ids: Collection[str]) -> ContentPage:
        await self._call("items", *sorted(content_ids))
        listed = (e for truth in self.site.spaces for e in self._listed(truth))
        found = tuple(each for each in listed if each.item.id in content_ids)
        return ContentPage(found, tuple(ancestors_of(self.site.spaces, content_ids)))

    async def content_fates(self, content_ids: Collection[str]) -> Mapping[str, Fate]:
        await self._call("content_fates", *sorted(content_ids))
        return {id_: self._fate(id_) for id_ in content_ids}

    async def space_fates(self, space_ids: Collection[str]) -> Mapping[str, Fate]:
        await self._call("space_fates", *sorted(space_ids))
        return {id_: self._space_fate(id_) for id_ in space_ids}

    async def anonymous_verdict(self, content_id: str) -> Verdict:
        await self._call("anonymous", content_id)
        return VERDICT_OF[self.site.directory.anonymous_use]

    async def verdict(self, account_id: str, content_id: str, level: Level) -> Verdict:
        await self._call("verdict", account_id, content_id, level)
        return self.trouble.verdicts.get(account_id, Verdict.ALLOWED)

    async def count_items(self, spaces: Sequence[Space]) -> int | None:
        await self._call("count_items", *(space.id for space in spaces))
        if not self.trouble.counts:
            return None
        return len(self._searched(self._spaces[space.id] for space in spaces))

    @property
    def waiting(self) -> None:
        return None

    @property
    def learnt(self) -> str:
        return "a fake answers as it is told"

    async def aclose(self) -> None:
        self.is_closed = True

    async def _call(self, *words: str) -> None:
        assert not self.is_closed, "a closed reader was asked"
        self.calls.append(" ".join(words))
        number = len(self.calls)
        await asyncio.sleep(0)
        self.trouble.at_call.get(number, lambda: None)()
        first, once = self.trouble.from_call, self.trouble.once
        if first and (number == first if once else number >= first):
            raise self.trouble.error

    def _visible(self) -> list[SpaceSnapshot]:
        hidden = self.trouble.hidden_spaces
        return [truth for truth in self.site.spaces if truth.space.id not in hidden]

    def _changed_of(self, truths: Iterable[SpaceSnapshot]) -> list[FoundItem]:
        if self.changed is None:
            raise NotToldError("The site does not tell what changed.")
        return [each for each in self._searched(truths) if each.item.id in self.changed]

    def _searched(self, truths: Iterable[SpaceSnapshot]) -> list[FoundItem]:
        current = (t for t in truths if t.space.status != ARCHIVED)
        listed = (entry for truth in current for entry in self._listed(truth))
        return [entry for entry in listed if entry.item.status == CURRENT]

    def _size(self, group: Group) -> int | None:
        return len(group.members) if self.tells_sizes else None

    def _listed(self, truth: SpaceSnapshot) -> Iterator[FoundItem]:
        for item in truth.content.items():
            if not self._is_hidden(item):
                yield FoundItem(truth.space.id, item)

    def _is_hidden(self, item: ContentItem) -> bool:
        return item.id in self.trouble.hidden

    def _broken(self, spaces: Sequence[Space], start: int) -> Coverage | None:
        pages = start // self.page_size
        limits = self.trouble.breaks_after
        if all(limits.get(space.id, pages + 1) > pages for space in spaces):
            return None
        return Coverage(tuple(Gap(GapKind.CONTENT, s.id, "503") for s in spaces))

    def _item(self, content_id: str) -> ContentItem | None:
        for space in self.site.spaces:
            if content_id in space.content.ids:
                return space.content.item(space.content.ids.index(content_id))
        return None

    def _fate(self, content_id: str) -> Fate:
        if content_id in self.trouble.unasked:
            return Fate.UNASKED
        item = self._item(content_id)
        if content_id in self.trouble.hidden:
            return Fate.NOT_VISIBLE
        if item is None or item.state is NodeState.MISSING:
            return Fate.DELETED
        return Fate.PRESENT

    def _space_fate(self, space_id: str) -> Fate:
        if space_id in self.trouble.hidden_spaces:
            return Fate.NOT_VISIBLE
        return Fate.PRESENT if space_id in self._spaces else Fate.DELETED

"""What one scan knows so far of people, groups and grants, shared by its units."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from casb_sdk import (
    Account,
    AnonymousUse,
    Audience,
    AudiencePolicy,
    Coverage,
    Directory,
    GapKind,
    Group,
    People,
    SubjectType,
)
from casb_sdk.access import SpaceOperations
from casb_sdk.audience import audience_of
from connector.domain.ports import SiteReader
from connector.domain.reading import (
    AccountsReading,
    GroupReading,
    SiteOutline,
    SpaceGrants,
    Verdict,
)
from connector.domain.scan import Reading
from connector.domain.together import together
from connector.use_cases.lease import Lease
from connector.use_cases.readings import ReadingKind, reading, value_of

USE_OF = {
    Verdict.ALLOWED: AnonymousUse.INTERNET,
    Verdict.DENIED: AnonymousUse.INTERNET,
    Verdict.NO_CONFLUENCE: AnonymousUse.AUTHENTICATED_ANY,
    Verdict.UNANSWERED: AnonymousUse.UNVERIFIED,
}
"""A denial that speaks of the content means that Confluence itself is open."""


@dataclass(slots=True)
class ScanFacts:
    """The directory of a site while it is being read; only the event loop writes it.

    Every group and account is read once, whoever asks first: others wait for the
    answer, and ask themselves if it never comes. Ids are kept as one text each,
    since a member list repeats them by the hundred thousand. ``items`` counts what
    the listings gave.
    """

    reader: SiteReader
    policy: AudiencePolicy
    outline: SiteOutline | None = None
    grants: dict[str, SpaceGrants] = field(default_factory=dict)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    anonymous_use: AnonymousUse = AnonymousUse.UNVERIFIED
    items: int = 0
    _groups: dict[str, Group] = field(default_factory=dict)
    _read_groups: set[str] = field(default_factory=set)
    _accounts: dict[str, Account] = field(default_factory=dict)
    _looked_up: set[str] = field(default_factory=set)
    _ids: dict[str, str] = field(default_factory=dict)
    _gaps: list[Coverage] = field(default_factory=list)
    _group_turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    _awaited: dict[str, asyncio.Event] = field(default_factory=dict)
    _anonymous_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _anonymous_asked: bool = False
    _people: People | None = None

    def restore(self, readings: Callable[[ReadingKind], Iterable[Reading]]) -> None:
        """Take in what another run of this scan has read; once more does no harm."""
        for read in readings(ReadingKind.OUTLINE):
            self.frame(value_of(read, SiteOutline))
        for read in readings(ReadingKind.GRANTS):
            self.grants[read.key] = value_of(read, SpaceGrants)
        for read in readings(ReadingKind.GROUP):
            if read.key not in self._read_groups:
                self.add_group(value_of(read, GroupReading))
        for read in readings(ReadingKind.ACCOUNTS):
            answer = value_of(read, AccountsReading)
            if not self._looked_up.issuperset(a.id for a in answer.accounts):
                self.add_looked_up(answer)
        for read in readings(ReadingKind.ANONYMOUS):
            self._anonymous_asked = True
            self.anonymous_use = value_of(read, AnonymousUse)
            self._people = None

    def frame(self, outline: SiteOutline) -> None:
        """Take in the outline of the site."""
        self.outline = outline
        self.name_groups(outline.groups)

    def name_groups(self, groups: Iterable[Group]) -> None:
        """Take in groups known by name, without overwriting a member list."""
        for group in groups:
            known = self._groups.get(group.id)
            if known is None:
                self._groups[group.id] = group
            elif not known.name and group.name:
                self._groups[group.id] = replace(known, name=group.name)

    def describe(self, accounts: Iterable[Account]) -> None:
        """Take in accounts described in passing; a look-up knows better."""
        for account in accounts:
            if account.id not in self._accounts:
                self._add(account)

    def add_group(self, read: GroupReading) -> None:
        """Take in a group with its members."""
        known = self._groups.get(read.group.id)
        group = replace(
            read.group,
            name=read.group.name or (known.name if known else ""),
            access_types=read.group.access_types
            | (known.access_types if known else frozenset()),
            members=frozenset(self._id(member) for member in read.group.members),
        )
        self._groups[group.id] = group
        self._read_groups.add(group.id)
        self._note(read.coverage)
        self.describe(read.accounts)
        people = self._people
        if people and (
            group.access_types or not group.members.isdisjoint(people.principals)
        ):
            self._people = None

    def add_looked_up(self, read: AccountsReading) -> None:
        """Take in accounts that were looked up."""
        for account in read.accounts:
            self._looked_up.add(account.id)
            if self._accounts.get(account.id) != account:
                self._add(account)
                self._people = None
        self._note(read.coverage)

    @property
    def accounts(self) -> Mapping[str, Account]:
        """The accounts known so far."""
        return self._accounts

    @property
    def coverage(self) -> Coverage:
        """What could not be read of people, groups and roles."""
        outline = self.framed.coverage
        gaps = (gap for gap in outline.gaps if gap.kind is not GapKind.SPACES)
        return Coverage.merged([replace(outline, gaps=tuple(gaps)), *self._gaps])

    @property
    def framed(self) -> SiteOutline:
        """The outline, once it has been read."""
        if self.outline is None:
            raise LookupError("the outline of the site has not been read yet")
        return self.outline

    async def read_groups(self, ids: Collection[str], lease: Lease) -> None:
        """Read the members of groups, each once however many units ask."""
        missing = sorted(set(ids) - self._read_groups)
        await together(self._read_group(id_, lease) for id_ in missing)

    async def look_up(self, ids: Collection[str], lease: Lease) -> None:
        """Look up accounts whose audience is not settled by what described them."""
        while wanted := {id_ for id_ in ids if self._needs_look_up(id_)}:
            awaited = [self._awaited[id_] for id_ in wanted if id_ in self._awaited]
            if own := wanted - self._awaited.keys():
                await self._look_up(own, lease)
            for answer in awaited:
                await answer.wait()

    def members_of(self, group_ids: Iterable[str]) -> Iterator[str]:
        """Yield the members of groups, as far as they were read."""
        for group_id in group_ids:
            group = self._groups.get(group_id)
            yield from group.members if group else ()

    def must_ask_anonymous(self, grants: SpaceGrants) -> bool:
        """Return whether anonymous people hold anything and nobody asked yet."""
        if self._anonymous_asked:
            return False
        people = self.people()
        operations = SpaceOperations.of(
            grants.grants,
            grants.assignments,
            people.directory.roles,
            people.anonymous_ids,
        )
        return bool(operations.anonymous)

    async def ask_anonymous(self, content_id: str, lease: Lease) -> None:
        """Ask Confluence, once per scan, whether anonymous people may use it."""
        async with self._anonymous_turn:
            if self._anonymous_asked:
                return
            use = USE_OF[await self.reader.anonymous_verdict(content_id)]
            await lease.stage([reading(ReadingKind.ANONYMOUS, "site", use)])
            self.anonymous_use = use
            self._anonymous_asked = True
            self._people = None

    def people(self) -> People:
        """Return who matters, worked out again only when somebody was added."""
        if self._people is None:
            self._people = People.of(self.directory(), self.policy)
        return self._people

    def directory(self) -> Directory:
        """Return the directory as far as it has been read."""
        outline = self.framed
        return Directory(
            site=outline.site,
            accounts=dict(self._accounts),
            groups=dict(self._groups),
            roles={role.id: role for role in outline.roles},
            role_mode=outline.role_mode,
            product_groups_read=outline.product_groups_read,
            anonymous_use=self.anonymous_use,
            coverage=Coverage.merged([outline.coverage, *self._gaps]),
        )

    def groups_with_access(self) -> frozenset[str]:
        """Return the groups that give product access."""
        return frozenset(g.id for g in self._groups.values() if g.access_types)

    def groups_with_grants(self) -> frozenset[str]:
        """Return the groups that hold a grant on some space."""
        return subjects(self.grants.values(), SubjectType.GROUP)

    def _needs_look_up(self, account_id: str) -> bool:
        if account_id in self._looked_up:
            return False
        account = self._accounts.get(account_id)
        return account is None or self._matters(account)

    def _matters(self, account: Account) -> bool:
        return audience_of(account, self.policy) is not Audience.INTERNAL

    def _add(self, account: Account) -> None:
        self._accounts[self._id(account.id)] = account
        if self._matters(account):
            self._people = None

    def _id(self, text: str) -> str:
        return self._ids.setdefault(text, text)

    def _note(self, coverage: Coverage) -> None:
        if coverage != Coverage():
            self._gaps.append(coverage)

    async def _read_group(self, group_id: str, lease: Lease) -> None:
        async with self._group_turns.setdefault(group_id, asyncio.Lock()):
            if group_id in self._read_groups:
                return
            read = await self.reader.group_members(group_id)
            await lease.stage([reading(ReadingKind.GROUP, group_id, read)])
            self.add_group(read)

    async def _look_up(self, ids: Collection[str], lease: Lease) -> None:
        answered = asyncio.Event()
        self._awaited |= dict.fromkeys(ids, answered)
        try:
            read = await self.reader.accounts(sorted(ids))
            part = min(ids)
            await lease.stage(
                [reading(ReadingKind.ACCOUNTS, lease.unit.id, read, part)]
            )
            self.add_looked_up(read)
            self._looked_up |= set(ids)
        finally:
            for id_ in ids:
                del self._awaited[id_]
            answered.set()


def subjects(grants: Iterable[SpaceGrants], kind: SubjectType) -> frozenset[str]:
    """Return the ids of one kind of subject that hold a grant or a role."""
    return frozenset(
        subject.id
        for space in grants
        for subject in (
            *(grant.subject for grant in space.grants),
            *(assignment.subject for assignment in space.assignments),
        )
        if subject.type == kind
    )

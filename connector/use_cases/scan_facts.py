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
from casb_sdk.audience import audience_of
from connector.domain.ports import SiteReader
from connector.domain.reading import (
    AccountsReading,
    GroupReading,
    SiteOutline,
    SpaceGrants,
)
from connector.domain.renewing import RenewalPlan
from connector.domain.scan import Reading
from connector.domain.together import together
from connector.use_cases.anonymous_question import AnonymousQuestion, hold_any
from connector.use_cases.begun_groups import BegunGroups
from connector.use_cases.kept_site import KeptSite
from connector.use_cases.lease import Lease
from connector.use_cases.readings import ReadingKind, reading, value_of
from connector.use_cases.subjects import subjects


@dataclass(slots=True)
class ScanFacts:
    """The directory of a site while it is being read; only the event loop writes it.

    Every group and account is read once, whoever asks first: others wait for the
    answer, and ask themselves if it never comes. Ids are kept as one text each,
    since a member list repeats them by the hundred thousand. ``items`` counts what
    the listings gave. An incremental scan has a ``plan``, and what it does not read
    is as the last scan left it: ``kept``. ``sizes`` are the site's counts of the groups
    that were read.
    """

    reader: SiteReader
    policy: AudiencePolicy
    outline: SiteOutline | None = None
    grants: dict[str, SpaceGrants] = field(default_factory=dict)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    anonymous: AnonymousQuestion = field(default_factory=AnonymousQuestion)
    items: int = 0
    plan: RenewalPlan = field(default_factory=RenewalPlan)
    kept: KeptSite | None = None
    sizes: dict[str, int | None] = field(default_factory=dict)
    _groups: dict[str, Group] = field(default_factory=dict)
    _read_groups: set[str] = field(default_factory=set)
    _begun: BegunGroups = field(default_factory=BegunGroups)
    _accounts: dict[str, Account] = field(default_factory=dict)
    _looked_up: set[str] = field(default_factory=set)
    _kept_groups: set[str] = field(default_factory=set)
    _kept_people: set[str] = field(default_factory=set)
    _internal: set[str] = field(default_factory=set)
    _ids: dict[str, str] = field(default_factory=dict)
    _gaps: list[Coverage] = field(default_factory=list)
    _group_turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    _awaited: dict[str, asyncio.Event] = field(default_factory=dict)
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
        pages = readings(ReadingKind.MEMBERS)
        self._begun.take_in(p for p in pages if p.key not in self._read_groups)
        for read in readings(ReadingKind.ACCOUNTS):
            answer = value_of(read, AccountsReading)
            if not self._looked_up.issuperset(a.id for a in answer.accounts):
                self.add_looked_up(answer)
        for read in readings(ReadingKind.ANONYMOUS):
            self.anonymous.answered(value_of(read, AnonymousUse))
            self._people = None

    def frame(self, outline: SiteOutline) -> None:
        """Take in the outline of the site."""
        self.outline = outline
        self.name_groups(outline.groups)

    def adopt(self, kept: KeptSite, plan: RenewalPlan) -> None:
        """Take in what the last scan knew, wherever this one has read nothing yet."""
        self.kept, self.plan, self._people = kept, plan, None
        for group in kept.whole_groups:
            if group.id not in self._read_groups:
                named = self._groups.get(group.id, Group(group.id))
                access = named.access_types
                self._groups[group.id] = replace(group, access_types=access)
                self._kept_groups.add(group.id)
        for account in kept.known_accounts(plan):
            if self._accounts.setdefault(self._id(account.id), account) is account:
                self._kept_people.add(account.id)
        for space_id in plan.kept - plan.grants - self.grants.keys():
            self.grants[space_id] = kept.grants(space_id)

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
            known = self._accounts.get(account.id)
            if known is None or (
                account.id in self._kept_people
                and self._audience(account) is not self._audience(known)
            ):
                self._kept_people.discard(account.id)
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
        self.sizes[group.id] = read.size
        self._read_groups.add(group.id)
        self._note(read.coverage)
        self.describe(read.accounts)
        people = self._people
        if people and (
            group.id in self._kept_groups
            or group.access_types
            or not group.members.isdisjoint(people.principals)
        ):
            self._people = None
        self._kept_groups.discard(group.id)

    def add_looked_up(self, read: AccountsReading) -> None:
        """Take in accounts that were looked up."""
        for account in read.accounts:
            self._looked_up.add(account.id)
            self._kept_people.discard(account.id)
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
        await self.read_groups_anew(set(ids) - self._kept_groups, lease)

    async def read_groups_anew(self, ids: Collection[str], lease: Lease) -> None:
        """Read the members of groups, also of those the last scan knew."""
        missing = sorted(set(ids) - self._read_groups)
        await together(self._read_group(id_, lease) for id_ in missing)

    async def look_up(self, ids: Collection[str], lease: Lease) -> None:
        """Look up accounts whose audience is not settled by what described them."""
        settled = (self._looked_up, self._kept_people, self._internal)
        while wanted := set(ids).difference(*settled):
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
        return not self.anonymous.is_asked and hold_any(grants, self.people())

    async def ask_anonymous(self, content_id: str, lease: Lease) -> None:
        """Ask Confluence, once per scan, whether anonymous people may use it."""
        await self.anonymous.ask(content_id, self.reader, lease)
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
            anonymous_use=self.anonymous.use,
            coverage=Coverage.merged([outline.coverage, *self._gaps]),
        )

    @property
    def kept_groups(self) -> frozenset[str]:
        """The groups with members as the last scan read them."""
        return frozenset(self._kept_groups)

    def groups_with_access(self) -> frozenset[str]:
        """Return the groups that give product access."""
        return frozenset(g.id for g in self._groups.values() if g.access_types)

    def groups_with_grants(self) -> frozenset[str]:
        """Return the groups that hold a grant on some space."""
        return subjects(self.grants.values(), SubjectType.GROUP)

    def _matters(self, account: Account) -> bool:
        return self._audience(account) is not Audience.INTERNAL

    def _audience(self, account: Account) -> Audience:
        return audience_of(account, self.policy)

    def _add(self, account: Account) -> None:
        id_ = self._id(account.id)
        self._accounts[id_] = account
        if self._matters(account):
            self._internal.discard(id_)
            self._people = None
        else:
            self._internal.add(id_)

    def _id(self, text: str) -> str:
        return self._ids.setdefault(text, text)

    def _note(self, coverage: Coverage) -> None:
        if coverage != Coverage():
            self._gaps.append(coverage)

    async def _read_group(self, group_id: str, lease: Lease) -> None:
        async with self._group_turns.setdefault(group_id, asyncio.Lock()):
            if group_id in self._read_groups:
                return
            pages = self._begun.pages_of(group_id, lease)
            read = await self.reader.group_members(group_id, pages)
            await lease.stage([reading(ReadingKind.GROUP, group_id, read)])
            self._begun.forget(group_id)
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

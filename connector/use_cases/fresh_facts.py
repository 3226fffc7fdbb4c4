"""Groups and accounts read anew, laid over the directory that the last scan kept."""

from collections.abc import Collection, Iterator, Mapping
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
)
from casb_sdk.audience import audience_of
from casb_sdk.model import ANONYMOUS_ID
from connector.domain.ports import SiteReader
from connector.domain.reading import GroupReading
from connector.domain.together import together
from connector.use_cases.anonymous_question import USE_OF

PEOPLE = frozenset({GapKind.GROUP, GapKind.ACCOUNT})


@dataclass(frozen=True, slots=True)
class FreshPeople:
    """What was read anew of people; an account merely described settles nothing."""

    groups: Mapping[str, Group] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    described: Mapping[str, Account] = field(default_factory=dict)
    anonymous_use: AnonymousUse = AnonymousUse.UNVERIFIED

    def onto(self, kept: Directory) -> Directory:
        """Return a directory with what was read anew, and without its old gaps."""
        groups = {id_: _renewed(new, kept) for id_, new in self.groups.items()}
        read = self.groups.keys() | self.accounts.keys()
        gaps = tuple(
            gap
            for gap in kept.coverage.gaps
            if gap.kind not in PEOPLE or gap.id not in read
        )
        use = self.anonymous_use
        return replace(
            kept,
            groups={**kept.groups, **groups},
            accounts={**self.described, **kept.accounts, **self.accounts},
            anonymous_use=kept.anonymous_use if use == AnonymousUse.UNVERIFIED else use,
            coverage=replace(kept.coverage, gaps=gaps),
        )


@dataclass(slots=True)
class FreshFacts:
    """Reads people for one finding, each group and account once."""

    reader: SiteReader
    kept: Directory
    policy: AudiencePolicy
    _groups: dict[str, GroupReading] = field(default_factory=dict)
    _accounts: dict[str, Account] = field(default_factory=dict)
    _described: dict[str, Account] = field(default_factory=dict)
    _coverage: list[Coverage] = field(default_factory=list)
    _use: AnonymousUse = AnonymousUse.UNVERIFIED
    _has_asked: bool = False

    @property
    def people(self) -> FreshPeople:
        """What was read so far."""
        return FreshPeople(
            {id_: read.group for id_, read in self._groups.items()},
            dict(self._accounts),
            dict(self._described),
            self._use,
        )

    @property
    def directory(self) -> Directory:
        """The kept directory with what was read so far."""
        return self.people.onto(self.kept)

    @property
    def coverage(self) -> Coverage:
        """What could not be read of what was asked for."""
        return Coverage.merged(self._coverage)

    async def read_groups(self, ids: Collection[str]) -> None:
        """Read the members of groups."""
        missing = sorted(set(ids) - self._groups.keys())
        for read in await together(map(self.reader.group_members, missing)):
            self._groups[read.group.id] = read
            self._coverage.append(read.coverage)
            self._described |= {account.id: account for account in read.accounts}

    async def look_up(self, ids: Collection[str]) -> None:
        """Look up accounts, whatever described them before."""
        missing = set(ids) - self._accounts.keys() - {ANONYMOUS_ID, ""}
        if missing:
            read = await self.reader.accounts(sorted(missing))
            self._accounts |= {account.id: account for account in read.accounts}
            self._coverage.append(read.coverage)

    async def ask_anonymous(self, content_id: str) -> None:
        """Ask, once, whether anonymous people may use Confluence; silence is kept."""
        if content_id and not self._has_asked:
            self._has_asked = True
            self._use = USE_OF[await self.reader.anonymous_verdict(content_id)]

    def newcomers(self) -> Iterator[str]:
        """Yield the members that the kept directory does not have in their groups."""
        for id_, read in self._groups.items():
            known = self.kept.groups.get(id_)
            yield from read.group.members - (known.members if known else frozenset())

    def strangers(self, ids: Collection[str]) -> frozenset[str]:
        """Return those of whom nothing says yet that they are internal.

        As in a scan, whom a member list shows to be internal is not looked up.
        """
        return frozenset(id_ for id_ in ids if not self._is_internal(id_))

    def members_of(self, ids: Collection[str]) -> frozenset[str]:
        """Return the members of some of the groups that were read."""
        groups = self._groups.items()
        members = (read.group.members for id_, read in groups if id_ in ids)
        return frozenset().union(*members)

    def _is_internal(self, account_id: str) -> bool:
        account = self._accounts.get(account_id) or self._described.get(account_id)
        if account is None:
            return False
        return audience_of(account, self.policy) is Audience.INTERNAL


def _renewed(new: Group, kept: Directory) -> Group:
    """Return a group as it is now; what it gives access to was not asked anew."""
    old = kept.groups.get(new.id)
    if old is None:
        return new
    return replace(new, name=new.name or old.name, access_types=old.access_types)

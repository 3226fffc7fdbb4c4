"""Looks again at an account that gets into a site, and at the ways it was let in."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from casb_sdk import (
    Coverage,
    Directory,
    Finding,
    Grant,
    People,
    SiteAccess,
    Space,
    SpaceSnapshot,
    SubjectType,
)
from casb_sdk.access import READ_SPACE
from casb_sdk.model import Subject
from connector.domain.ports import Detectors, SiteReader
from connector.domain.reading import SpaceGrants
from connector.domain.store_ports import Begin
from connector.domain.together import together
from connector.use_cases.case import Case
from connector.use_cases.fresh_facts import FreshFacts
from connector.use_cases.grounds import Grounds, doors, needs_a_door
from connector.use_cases.judgement import FreshSpace, Judgement

USER = "user"
OTHER_SPACES = (
    "it no longer gets into the spaces it was seen in, but may get into others"
)
PROBE = Space("probe", "PROBE")


@dataclass(slots=True)
class LookAtAccount:
    """The second look at a finding on an account; the first space may be enough.

    The spaces of the evidence are read again, and no others: that the account gets
    in nowhere is certain only where it could get into no space whatever.
    """

    case: Case
    begin: Begin
    reader: SiteReader
    detectors: Detectors
    facts: FreshFacts
    _grants: dict[str, SpaceGrants] = field(default_factory=dict)

    @classmethod
    def at(
        cls, case: Case, begin: Begin, reader: SiteReader, detectors: Detectors
    ) -> "LookAtAccount":
        """Return a look that has seen nothing yet."""
        facts = FreshFacts(reader, case.directory, case.terms.audience)
        return cls(case, begin, reader, detectors, facts)

    async def __call__(self, *, whole: bool) -> Judgement:
        """Judge the account by one way in, or by all that the evidence names."""
        kept = await asyncio.to_thread(self._kept_spaces)
        await self.facts.look_up([self.case.tracked.finding.resource.id])
        await self.facts.read_groups(self._groups(whole=whole))
        sample = [space for space in self._sample() if space in kept]
        if whole or not self._product_groups():
            await self._read_grants(
                [kept[id_].space for id_ in (sample if whole else sample[:1])]
            )
        parts = (grants.coverage for grants in self._grants.values())
        unread = Coverage.merged([self.facts.coverage, *parts])
        if not unread.is_complete:
            return Judgement(unread=unread)
        return await asyncio.to_thread(self._judged, kept)

    def _kept_spaces(self) -> dict[str, SpaceSnapshot]:
        with self.begin(write=False) as stores:
            kept = stores.snapshots.spaces(self.case.terms.site_id, with_content=False)
            return {snapshot.space.id: snapshot for snapshot in kept}

    def _sample(self) -> Sequence[str]:
        affected = self.case.tracked.finding.affected
        return [space.id for space in affected.sample] if affected else []

    def _product_groups(self) -> list[str]:
        """Return the groups that let the account in as a user, the smallest first."""
        [exposed] = self.case.tracked.finding.principals
        if exposed.principal.is_guest:
            return []
        groups = self.case.directory.groups.values()
        ways = [
            group
            for group in groups
            if USER in group.access_types and exposed.principal.id in group.members
        ]
        return [group.id for group in sorted(ways, key=lambda g: len(g.members))]

    def _groups(self, *, whole: bool) -> frozenset[str]:
        finding, directory = self.case.tracked.finding, self.case.directory
        if not whole:
            if product := self._product_groups():
                return frozenset(product[:1])
            return Grounds.of(finding, directory).groups
        account_id = finding.resource.id
        held = {g.id for g in directory.groups.values() if account_id in g.members}
        needs = any(needs_a_door(each.principal) for each in finding.principals)
        return frozenset(held) | (doors(directory) if needs else frozenset())

    async def _read_grants(self, spaces: Iterable[Space]) -> None:
        mode = self.case.directory.role_mode
        missing = [space for space in spaces if space.id not in self._grants]
        read = await together(self.reader.grants(space, mode) for space in missing)
        self._grants |= {grants.space_id: grants for grants in read}

    def _judged(self, kept: dict[str, SpaceSnapshot]) -> Judgement:
        directory = self.facts.directory
        fresh = {id_: FreshSpace(grants) for id_, grants in self._grants.items()}
        read = {id_: new.onto(kept[id_]) for id_, new in fresh.items()}
        certain = _with_groups(directory, self.facts.people.groups.keys())
        found = self._detect(directory, (kept | read).values())
        doubts: dict[str, str] = {}
        if not self._detect(certain, read.values()):
            account_id = self.case.tracked.finding.resource.id
            if self._detect(directory, [_open_to(account_id)]):
                doubts = dict.fromkeys(self.case.known, OTHER_SPACES)
            else:
                found = ()
        return Judgement(
            found=found,
            sight=self.case.sight(directory, {}),
            doubts=doubts,
            people=self.facts.people,
            spaces=fresh,
        )

    def _detect(
        self, directory: Directory, spaces: Iterable[SpaceSnapshot]
    ) -> Sequence[Finding]:
        people = People.of(directory, self.case.terms.audience)
        site = SiteAccess.of(people, spaces)
        policy = self.case.terms.policy
        return self.case.findings_in(
            self.detectors.run_site(site, self.case.detector_ids, policy.config)
        )


def _with_groups(directory: Directory, ids: Iterable[str]) -> Directory:
    """Return a directory in which only some groups have members."""
    read = set(ids)
    groups = {
        id_: group if id_ in read else replace(group, members=frozenset())
        for id_, group in directory.groups.items()
    }
    return replace(directory, groups=groups)


def _open_to(account_id: str) -> SpaceSnapshot:
    """Return a space that nobody made and that an account may read."""
    subject = Subject(SubjectType.USER, account_id)
    return SpaceSnapshot(PROBE, (Grant(subject, READ_SPACE),))

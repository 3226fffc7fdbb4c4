"""Looks again at what a finding in a space rests on, and judges it on that."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casb_sdk import (
    Audience,
    ContentItem,
    Coverage,
    Finding,
    Gap,
    GapKind,
    People,
    Refusal,
    ResourceType,
    SpaceAccess,
    SpaceSnapshot,
)
from casb_sdk.content import ContentTable
from casb_sdk.model import Restriction
from connector.domain.ports import Detectors, SiteReader
from connector.domain.reading import Fate, SpaceGrants
from connector.domain.sight import SITE_WIDE, Sight
from connector.use_cases.case import Case
from connector.use_cases.fresh_facts import FreshFacts
from connector.use_cases.grounds import Grounds, Named, doors, items_of, needs_a_door
from connector.use_cases.judgement import FreshSpace, Judgement
from connector.use_cases.kept_refusals import without_refusals
from connector.use_cases.look_at_items import FreshItems
from connector.use_cases.verify_findings import answers_to

GONE = frozenset({Fate.DELETED, Fate.NOT_VISIBLE})
SPACES = frozenset({ResourceType.SPACE, ResourceType.SPACE_CONTENT})
NOT_LISTED = "not_listed"
MOVED = "it was moved to another space"
ITEMS_ALONE = (
    "none of the items that were looked at is reached any more, but others may be"
)
POST = "blogpost"
PROBES = ("page", POST, "whiteboard", "database", "embed", "folder")


@dataclass(slots=True)
class LookAtSpace:
    """The second look at a finding in a space; what was read is not read again.

    ``kept`` is the space as the last scan saw it, ``refused`` what Confluence
    refused of it then.
    """

    case: Case
    kept: SpaceSnapshot
    refused: frozenset[Refusal]
    reader: SiteReader
    detectors: Detectors
    facts: FreshFacts
    items: FreshItems
    _grants: SpaceGrants | None = None
    _fate: Fate = Fate.PRESENT

    @classmethod
    def at(
        cls,
        case: Case,
        snapshot: SpaceSnapshot,
        reader: SiteReader,
        detectors: Detectors,
    ) -> "LookAtSpace":
        """Return a look that has seen nothing yet."""
        kept, refused = without_refusals(snapshot)
        facts = FreshFacts(reader, case.directory, case.terms.audience)
        items = FreshItems(reader, kept.space.id)
        return cls(case, kept, refused, reader, detectors, facts, items)

    async def __call__(self, *, whole: bool) -> Judgement:
        """Judge the finding by its evidence alone, or by all that could bear it."""
        grants = await self._read_grants()
        if self._fate in GONE:
            return Judgement(sight=Sight(space_fate=self._fate))
        if unread := self._unread(grants):
            return Judgement(unread=unread)
        await self.items.read(items_of(self.case.tracked.finding, whole=whole))
        if unread := self._unread(grants):
            return Judgement(unread=unread)
        await self._read_people(grants, whole=whole)
        if unread := self._unread(grants):
            return Judgement(unread=unread)
        return await self._judged(grants)

    async def _read_grants(self) -> SpaceGrants:
        if self._grants is None:
            space = self.kept.space
            mode = self.case.directory.role_mode
            self._grants = await self.reader.grants(space, mode)
            is_whole = self._grants.coverage.is_complete
            if self.case.tracked.finding.resource.type in SPACES or not is_whole:
                fates = await self.reader.space_fates([space.id])
                self._fate = fates[space.id]
        return self._grants

    def _unread(self, grants: SpaceGrants) -> Coverage | None:
        """Return what was asked for in vain, if anything was."""
        gaps: list[Gap] = []
        resource = self.case.tracked.finding.resource
        if self._fate is Fate.UNASKED:
            gaps.append(Gap(GapKind.SPACES, self.kept.space.id, Fate.UNASKED))
        if resource.type not in SPACES and (
            self.items.fates.get(resource.id) in {Fate.PRESENT, Fate.UNASKED}
        ):
            gaps.append(Gap(GapKind.CONTENT, resource.id, NOT_LISTED))
        parts = (grants.coverage, self.items.coverage, self.facts.coverage)
        unread = Coverage.merged([*parts, Coverage(tuple(gaps))])
        return None if unread.is_complete else unread

    async def _read_people(self, grants: SpaceGrants, *, whole: bool) -> None:
        facts, finding = self.facts, self.case.tracked.finding
        named = Named.by([grants], self.items.restrictions())
        grounds = Grounds.of(finding, self.case.directory)
        groups = grounds.groups | self._wanted_groups(named, whole=whole)
        await facts.read_groups(groups)
        wanted = set(grounds.accounts)
        if whole:
            wanted |= facts.strangers(named.users | facts.members_of(groups))
        else:
            unknown = named.users - self.case.directory.accounts.keys()
            wanted |= facts.strangers({*unknown, *facts.newcomers()})
        await facts.look_up(wanted)
        if whole and self._needs_doors(named, groups):
            await facts.read_groups(doors(self.case.directory))
        await self._ask_about_anonymous(grants)

    def _wanted_groups(self, named: Named, *, whole: bool) -> frozenset[str]:
        """Return the groups to read besides those in the evidence."""
        if not whole:
            before = Named.by([_grants_of(self.kept)], _lists_of(self.kept))
            return named.groups - before.groups
        classes = doors(self.case.directory) if named.has_classes else frozenset()
        return named.groups | classes

    def _needs_doors(self, named: Named, groups: frozenset[str]) -> bool:
        """Return whether anybody named here reaches nothing without product access."""
        principals = self._people().principals
        ids = named.users | self.facts.members_of(groups)
        present = (principals[id_] for id_ in ids & principals.keys())
        return any(map(needs_a_door, present))

    async def _ask_about_anonymous(self, grants: SpaceGrants) -> None:
        finding = self.case.tracked.finding
        audiences = {exposed.principal.audience for exposed in finding.principals}
        if Audience.ANONYMOUS in audiences:
            await self.facts.ask_anonymous(self._any_item())

    def _any_item(self) -> str:
        """Return an item that Confluence can be asked about, if there is one."""
        content = self.kept.content
        listed = (
            id_ for row, id_ in enumerate(content.ids) if row not in content.states
        )
        return min(self.items.seen, default="") or next(
            listed, self.kept.space.homepage_id
        )

    async def _judged(self, grants: SpaceGrants) -> Judgement:
        found, refusals = await self._found(grants)
        resource = self.case.tracked.finding.resource
        doubts: dict[str, str] = {}
        if resource.type not in SITE_WIDE:
            doubts, found = await asyncio.to_thread(
                self._sifted, grants, found, refusals
            )
        fresh = FreshSpace(
            grants,
            self.items.over(self.kept.content),
            refusals if self.case.terms.verify else None,
        )
        return Judgement(
            found=found,
            sight=self._sight(),
            doubts=doubts,
            people=self.facts.people,
            spaces={self.kept.space.id: fresh},
        )

    async def _found(
        self, grants: SpaceGrants
    ) -> tuple[Sequence[Finding], frozenset[Refusal]]:
        """Return what is found on the renewed snapshot; Confluence's word counts."""
        fresh = FreshSpace(grants, self.items.over(self.kept.content))
        snapshot = await asyncio.to_thread(fresh.onto, self.kept)
        if not self.case.terms.verify:
            found = await asyncio.to_thread(self._detect, snapshot, self.refused)
            return found, self.refused
        here = {"", self.case.tracked.finding.resource.id}
        rest = frozenset(r for r in self.refused if r.resource_id not in here)
        found = await asyncio.to_thread(self._detect, snapshot, rest)
        said = await answers_to(found, self._any_item(), self.reader)
        asked = {e.principal.id for each in found for e in each.principals}
        barred = (r for r in self.refused if not r.resource_id)
        rest |= {r for r in barred if r.account_id not in asked} | said.refusals
        if said.refusals:
            found = await asyncio.to_thread(self._detect, snapshot, rest)
        return found, rest

    def _sifted(
        self,
        grants: SpaceGrants,
        found: Sequence[Finding],
        refusals: frozenset[Refusal],
    ) -> tuple[dict[str, str], Sequence[Finding]]:
        """Return the findings in doubt and those found, for what is about content.

        What the items that were read bear out is found. What they do not bear out
        is gone where an item without limits of its own would not be reached either.
        """
        site_id, resource = self.case.terms.site_id, self.case.tracked.finding.resource
        rows = self.items.over(self.kept.content)
        borne = self._keys(grants, rows, refusals)
        keys = self.case.known.keys()
        if resource.type not in SPACES and resource.id not in self.items.seen:
            home = self.items.home_of(resource.id)
            return (dict.fromkeys(keys, MOVED) if home else {}), ()
        reached = self._keys(grants, (*rows, *self._probes()), refusals)
        doubts = dict.fromkeys((keys & reached) - borne, ITEMS_ALONE)
        held = borne | doubts.keys()
        return doubts, [f for f in found if f.fingerprint(site_id) in held]

    def _keys(
        self,
        grants: SpaceGrants,
        rows: Sequence[ContentItem],
        refusals: frozenset[Refusal],
    ) -> frozenset[str]:
        """Return the fingerprints of what is found where there are only these items."""
        snapshot = SpaceSnapshot(
            self.kept.space, grants.grants, grants.assignments, ContentTable.of(rows)
        )
        found = self._detect(snapshot, refusals)
        return frozenset(each.fingerprint(self.case.terms.site_id) for each in found)

    def _probes(self) -> Iterator[ContentItem]:
        """Yield items that nobody made, below the anchor and without own limits."""
        resource = self.case.tracked.finding.resource
        if resource.type == POST:
            return
        below = "" if resource.type in SPACES else resource.id
        for type_ in PROBES:
            if type_ != POST or not below:
                yield ContentItem(f"probe-{type_}", type_, parent_id=below)

    def _detect(
        self, snapshot: SpaceSnapshot, refusals: frozenset[Refusal]
    ) -> Sequence[Finding]:
        access = SpaceAccess(snapshot, self._people(), refusals)
        policy = self.case.terms.policy
        return self.case.findings_in(
            self.detectors.run_space(access, self.case.detector_ids, policy.config)
        )

    def _people(self) -> People:
        return People.of(self.facts.directory, self.case.terms.audience)

    def _sight(self) -> Sight:
        fates = {id_: f for id_, f in self.items.fates.items() if f in GONE}
        return self.case.sight(self.facts.directory, fates)


def _grants_of(kept: SpaceSnapshot) -> SpaceGrants:
    return SpaceGrants(kept.space.id, kept.grants, kept.assignments)


def _lists_of(kept: SpaceSnapshot) -> Iterator[Restriction]:
    for lists in kept.content.lists.values():
        yield from (lists.read, lists.update)

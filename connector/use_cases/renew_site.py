"""Finds out what may have changed on a site since the last scan, and what stays."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from casb_sdk import GapKind, Space
from connector.domain.audit_trail import Named, Trail
from connector.domain.errors import NotToldError
from connector.domain.installation import Installation
from connector.domain.reading import SiteOutline
from connector.domain.renewing import (
    OVERLAP,
    RenewalPlan,
    Sweep,
    Why,
    grants_due,
    groups_due,
    spaces_due,
)
from connector.domain.store_ports import Begin
from connector.use_cases.count_spaces import CountSpaces
from connector.use_cases.kept_site import KeptSite
from connector.use_cases.lease import Lease
from connector.use_cases.read_changes import ReadChanges
from connector.use_cases.scan_facts import ScanFacts
from connector.use_cases.terms import Terms

CURRENT = "current"


@dataclass(frozen=True, slots=True)
class RenewSite:
    """Plans an incremental scan; where the site does not tell enough, a whole one.

    Restrictions leave no trace: none is left unread for longer than
    ``within`` and the time between two scans.
    """

    begin: Begin
    terms: Terms
    started_at: datetime
    within: timedelta

    async def __call__(
        self,
        outline: SiteOutline,
        spaces: Sequence[Space],
        lease: Lease,
        facts: ScanFacts,
    ) -> RenewalPlan:
        """Return what to read again of some spaces; changed items are read by then."""
        kept = await asyncio.to_thread(KeptSite.read, self.begin, self.terms.site_id)
        if kept is None:
            return _everything(spaces, "the site was never scanned whole")
        if reason := self._why_all(kept):
            return _everything(spaces, reason)
        try:
            return await self._plan(kept, outline, spaces, lease, facts)
        except NotToldError as error:
            return _everything(spaces, error.message)

    def _why_all(self, kept: KeptSite) -> str:
        if kept.age.viewer != self.terms.viewer:
            return "the consent is another one than at the last scan"
        if self.terms.audience_before != self.terms.audience:
            return "the settings that say who is internal were changed"
        return ""

    async def _plan(
        self,
        kept: KeptSite,
        outline: SiteOutline,
        spaces: Sequence[Space],
        lease: Lease,
        facts: ScanFacts,
    ) -> RenewalPlan:
        since = kept.age.as_of - OVERLAP
        covers = {space.id for space in spaces}
        only = () if covers >= {s.id for s in outline.spaces} else spaces
        changes = ReadChanges(self.begin, self.terms.site_id, lease, facts.reader)
        await changes.of_search(since, only)
        events = (await facts.reader.audit(since)).events
        named = _trail(kept, spaces).named(events or ())
        if outline.role_mode != kept.directory.role_mode:
            named = replace(named, all_grants=True)
        whole = dict(_unfit(kept, spaces))
        listed = [space for space in spaces if space.id not in whole]
        unplaced = await changes.of_titles(named, [space.id for space in listed])
        whole |= dict.fromkeys(unplaced, Why.AUDIT)
        listed = [space for space in spaces if space.id not in whole]
        count = CountSpaces(facts.reader, await changes.listed(kept.ages, listed))
        current = [space for space in listed if space.status == CURRENT]
        whole |= dict.fromkeys(await count.differing(current), Why.COUNT)
        return self._decide(kept, spaces, whole, named, await changes.counts(), events)

    def _decide(
        self,
        kept: KeptSite,
        spaces: Sequence[Space],
        whole: Mapping[str, Why],
        named: Named,
        changed: Mapping[str, int],
        events: Collection[object] | None,
    ) -> RenewalPlan:
        sweep = self._sweep(kept)
        left = {s.id for s in spaces} - whole.keys()
        ages = {space_id: kept.ages[space_id] for space_id in left}
        swept = dict.fromkeys(spaces_due(sweep, ages), Why.SWEEP)
        staying = frozenset(left - swept.keys())
        audited = events is not None and not named.all_grants
        grants = staying
        if audited:
            due = grants_due(sweep, ages) | named.spaces
            unread = {id_ for id_ in staying if kept.lacks(id_, GapKind.GRANTS)}
            grants = staying & (due | unread)
        sizes = {group.id: len(group.members) for group in kept.whole_groups}
        return RenewalPlan(
            whole={**swept, **whole},
            kept=staying,
            grants=grants,
            changed=staying & changed.keys(),
            groups=groups_due(sweep, kept.age, sizes) | (named.groups & sizes.keys()),
            looks_up=sweep.now - kept.age.people_at >= self.within / 2,
            audited=events is not None,
            changes=sum(changed.get(space_id, 0) for space_id in staying),
        )

    def _sweep(self, kept: KeptSite) -> Sweep:
        elapsed = self.started_at - kept.age.as_of
        return Sweep(self.started_at, elapsed, self.within)


def viewer_of(installation: Installation) -> str:
    """Return who reads, as text: another account, or other scopes, see other things."""
    scopes = " ".join(sorted(installation.scopes))
    return f"{installation.installing_account} {installation.profile} {scopes}"


def _everything(spaces: Iterable[Space], reason: str) -> RenewalPlan:
    return RenewalPlan(dict.fromkeys((s.id for s in spaces), Why.ALL), reason=reason)


def _trail(kept: KeptSite, spaces: Iterable[Space]) -> Trail:
    """Return a trail that knows spaces by their names of today and of the last scan."""
    before = (snapshot.space for snapshot in kept.spaces.values())
    return Trail.of([*spaces, *before], kept.directory.groups.values())


def _unfit(kept: KeptSite, spaces: Iterable[Space]) -> Iterable[tuple[str, Why]]:
    """Yield the spaces of which there is no snapshot to build on, and why."""
    for space in spaces:
        age, before = kept.ages.get(space.id), kept.spaces.get(space.id)
        if age is None or before is None:
            yield space.id, Why.NEW
        elif before.space.status != space.status:
            yield space.id, Why.RENEWED
        elif age.content_at < kept.age.as_of or kept.lacks(space.id, GapKind.CONTENT):
            yield space.id, Why.UNREAD

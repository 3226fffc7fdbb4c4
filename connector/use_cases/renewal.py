"""How old what is stored of a site is after a scan, and what that scan read again."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from casb_sdk import Coverage
from casb_sdk.model import Membership
from connector.domain.freshness import GroupAge, Renewal, SiteAge
from connector.domain.scan import Scan, ScanKind
from connector.domain.store_ports import Stores
from connector.use_cases.scan_facts import ScanFacts

RESTRICTIONS_AS_OF = "restrictions_as_of"
MEMBERS_AS_OF = "members_as_of"


def site_age(
    before: SiteAge | None, facts: ScanFacts, scan: Scan, viewer: str
) -> SiteAge | None:
    """Return how old the directory is now; a scan of some spaces makes none whole."""
    groups = dict(_groups(before, facts, scan.started_at))
    if scan.only_spaces:
        return before and replace(before, groups={**before.groups, **groups})
    has_kept_people = bool(before and facts.plan.kept and not facts.plan.looks_up)
    return SiteAge(
        as_of=scan.started_at,
        people_at=before.people_at if before and has_kept_people else scan.started_at,
        viewer=viewer,
        groups=groups,
    )


def renewal_of(
    stores: Stores, facts: ScanFacts, scan: Scan, space_ids: Collection[str]
) -> Renewal | None:
    """Return what an incremental scan read again; nothing for a full one."""
    if scan.kind is ScanKind.FULL:
        return None
    plan, ages = facts.plan, stores.snapshots.ages(scan.site_id)
    whole_at = [ages[id_].whole_at for id_ in space_ids if id_ in ages]
    kept = facts.kept_groups
    read_at = [facts.kept.age.groups[id_].read_at for id_ in kept] if facts.kept else []
    return Renewal(
        whole=dict(Counter(why.value for why in plan.whole.values())),
        kept=len(plan.kept),
        changed=plan.changes,
        groups_read=len(facts.sizes),
        grants_read=len(plan.grants | plan.whole.keys()),
        audited=plan.audited,
        reason=plan.reason,
        restrictions_as_of=min(whole_at, default=scan.started_at),
        members_as_of=min(read_at, default=scan.started_at),
    )


def bounds(renewal: Renewal | None) -> Coverage:
    """Return as coverage how old restrictions and members of groups are at most."""
    if renewal is None:
        return Coverage()
    told = (
        (RESTRICTIONS_AS_OF, renewal.restrictions_as_of),
        (MEMBERS_AS_OF, renewal.members_as_of),
    )
    return Coverage(notes=tuple(f"{name}:{at.isoformat()}" for name, at in told if at))


def _groups(
    before: SiteAge | None, facts: ScanFacts, read_at: datetime
) -> Iterator[tuple[str, GroupAge]]:
    kept = facts.kept_groups
    for group in facts.directory().groups.values():
        if group.id in kept and before and group.id in before.groups:
            yield group.id, before.groups[group.id]
        elif group.id in facts.sizes and group.membership is Membership.COMPLETE:
            yield group.id, GroupAge(read_at, facts.sizes[group.id])

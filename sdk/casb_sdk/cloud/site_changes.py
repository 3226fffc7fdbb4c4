"""A day on a site: pages edited, groups joined and left, grants given and taken."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from casb_sdk.cloud.options import AuditRecord
from casb_sdk.content import ContentTable
from casb_sdk.model import Grant, Group, Lookup, Subject, SubjectType
from casb_sdk.snapshot import SiteSnapshot, SpaceSnapshot

EDITED_PAGES = 0.01
CHANGED_GROUPS = 0.005
PERMISSION_EVENTS = 20
NEW_OPERATIONS = ("read/space", "create/page", "create/comment", "delete/page")
GRANTED = "Space permission added"
TAKEN = "Space permission removed"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class DayOfChanges:
    """The site after the day, and what its audit log has about it."""

    snapshot: SiteSnapshot
    audit: tuple[AuditRecord, ...]


def change_site(
    snapshot: SiteSnapshot,
    seed: int,
    now: float,
    *,
    pages: float = EDITED_PAGES,
    groups: float = CHANGED_GROUPS,
    events: int = PERMISSION_EVENTS,
) -> DayOfChanges:
    """Return a site a day later: shares of its pages and groups, so many grants."""
    rng = random.Random(f"{seed}/changes")  # noqa: S311 - no secret
    directory = replace(
        snapshot.directory,
        groups=_changed_groups(rng, snapshot, groups),
    )
    spaces = [_edited(rng, space, pages) for space in snapshot.spaces]
    audit: list[AuditRecord] = []
    for _ in range(events):
        number = rng.randrange(len(spaces))
        spaces[number], record = _with_other_grants(rng, spaces[number], now)
        audit.append(record)
    return DayOfChanges(SiteSnapshot(directory, tuple(spaces)), tuple(audit))


def _changed_groups(
    rng: random.Random, snapshot: SiteSnapshot, share: float
) -> dict[str, Group]:
    groups = dict(snapshot.directory.groups)
    people = [
        account.id
        for account in snapshot.directory.accounts.values()
        if account.account_type == "atlassian" and account.lookup is Lookup.FOUND
    ]
    for id_ in _sample(rng, sorted(groups), share):
        members = set(groups[id_].members)
        if members:
            members.discard(rng.choice(sorted(members)))
        members.add(rng.choice(people))
        groups[id_] = replace(groups[id_], members=frozenset(members))
    return groups


def _edited(rng: random.Random, space: SpaceSnapshot, share: float) -> SpaceSnapshot:
    table = space.content
    rows = _sample(rng, range(len(table)), share)
    if not rows:
        return space
    return replace(space, content=_with_edits(table, rows))


def _with_edits(table: ContentTable, rows: Iterable[int]) -> ContentTable:
    names, versions = list(table.titles), list(table.versions)
    for row in rows:
        versions[row] += 1
        names[row] = f"{names[row]} (edited)"
    return replace(table, titles=tuple(names), versions=tuple(versions))


def _with_other_grants(
    rng: random.Random, space: SpaceSnapshot, now: float
) -> tuple[SpaceSnapshot, AuditRecord]:
    grants = list(space.grants)
    if grants and rng.random() < 0.5:  # noqa: PLR2004 - a coin
        del grants[rng.randrange(len(grants))]
        summary = TAKEN
    else:
        subjects = [g.subject for g in grants] or [Subject(SubjectType.USER, "nobody")]
        grants.append(Grant(rng.choice(subjects), rng.choice(NEW_OPERATIONS)))
        summary = GRANTED
    name = space.space.name
    record = AuditRecord(now, summary, affected=(name, "Space"))
    return replace(space, grants=tuple(grants)), record


def _sample(rng: random.Random, rows: Sequence[Row], share: float) -> list[Row]:
    wanted = len(rows) * share
    count = int(wanted) + (rng.random() < wanted % 1)
    return rng.sample(rows, count)

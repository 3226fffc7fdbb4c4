"""A day on a site: pages edited, groups joined and left, grants and lists changed."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from casb_sdk.cloud.options import AuditRecord
from casb_sdk.cloud.permission_changes import (
    JOIN,
    LEAVE,
    SWAP,
    with_other_holders,
    with_other_lists,
    with_other_members,
)
from casb_sdk.content import ContentTable
from casb_sdk.model import Group
from casb_sdk.snapshot import SiteSnapshot, SpaceSnapshot

EDITED_PAGES = 0.01
CHANGED_GROUPS = 0.005
PERMISSION_EVENTS = 20

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
    """Return a site a day later: shares of its pages and groups, so many permissions.

    Half of the permission events are about grants on spaces, half about restrictions
    of pages and blog posts, which only the audit log tells of. In each changed group
    somebody joins, leaves, or one takes the place of another: that last way, drawn as
    often as the others, does not show in the number of members.
    """
    rng = random.Random(f"{seed}/changes")  # noqa: S311 - no secret
    directory = replace(
        snapshot.directory,
        groups=_changed_groups(rng, snapshot, groups),
    )
    spaces = [_edited(rng, space, pages) for space in snapshot.spaces]
    audit: list[AuditRecord] = []
    for event in range(events):
        number = rng.randrange(len(spaces))
        told = (rng, spaces[number], directory, now)
        # A space without a page that is current has its grants changed instead.
        change = with_other_lists(*told) if event % 2 else None
        spaces[number], record = change or with_other_holders(*told)
        audit.append(record)
    return DayOfChanges(SiteSnapshot(directory, tuple(spaces)), tuple(audit))


def _changed_groups(
    rng: random.Random, snapshot: SiteSnapshot, share: float
) -> dict[str, Group]:
    directory = snapshot.directory
    groups = dict(directory.groups)
    for id_ in _sample(rng, sorted(groups), share):
        ways = (JOIN, LEAVE, SWAP) if groups[id_].members else (JOIN,)
        groups[id_] = with_other_members(rng, groups[id_], directory, ways)
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


def _sample(rng: random.Random, rows: Sequence[Row], share: float) -> list[Row]:
    wanted = len(rows) * share
    count = int(wanted) + (rng.random() < wanted % 1)
    return rng.sample(rows, count)

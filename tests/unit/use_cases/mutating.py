"""Lets a site change at random, as people who share and mend things do."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from casb_sdk import (
    ContentItem,
    Grant,
    Group,
    Restriction,
    SiteSnapshot,
    SpaceSnapshot,
    SubjectType,
)
from casb_sdk.content import ContentTable
from casb_sdk.model import ANONYMOUS, OPEN, Subject

OPERATIONS = ("read/space", "create/page", "create/blogpost", "update/page")
Mutation = Callable[[SiteSnapshot, random.Random], SiteSnapshot]


def mutated(
    site: SiteSnapshot,
    rng: random.Random,
    times: int,
    kinds: "Sequence[Mutation] | None" = None,
) -> SiteSnapshot:
    """Return a site after some changes, of any kind unless kinds are given."""
    for _ in range(times):
        site = rng.choice(kinds or MUTATIONS)(site, rng)
    return site


def some_grant_goes(site: SiteSnapshot, rng: random.Random) -> SiteSnapshot:
    space = rng.choice(site.spaces)
    if not space.grants:
        return site
    lost = rng.choice(space.grants).subject
    kept = tuple(grant for grant in space.grants if grant.subject != lost)
    return _with_space(site, replace(space, grants=kept))


def some_grant_comes(site: SiteSnapshot, rng: random.Random) -> SiteSnapshot:
    space = rng.choice(site.spaces)
    group = Subject(SubjectType.GROUP, rng.choice(sorted(site.directory.groups)))
    user = Subject(SubjectType.USER, _somebody(site, rng))
    subject = rng.choice([group, user, ANONYMOUS])
    count = rng.randint(1, len(OPERATIONS))
    more = tuple(Grant(subject, operation) for operation in OPERATIONS[:count])
    return _with_space(site, replace(space, grants=(*space.grants, *more)))


def somebody_leaves_a_group(site: SiteSnapshot, rng: random.Random) -> SiteSnapshot:
    group = rng.choice(list(site.directory.groups.values()))
    if not group.members:
        return site
    lost = rng.choice(sorted(group.members))
    return _with_group(site, replace(group, members=group.members - {lost}))


def somebody_joins_a_group(site: SiteSnapshot, rng: random.Random) -> SiteSnapshot:
    group = rng.choice(list(site.directory.groups.values()))
    joined = group.members | {_somebody(site, rng)}
    return _with_group(site, replace(group, members=joined))


def some_limits_change(site: SiteSnapshot, rng: random.Random) -> SiteSnapshot:
    space, items = _items(site, rng)
    if not items:
        return site
    item = rng.choice(items)
    read, update = _list(site, rng), _list(site, rng)
    return _with_items(site, space, [replace(item, read=read, update=update)])


def some_item_moves(site: SiteSnapshot, rng: random.Random) -> SiteSnapshot:
    space, items = _items(site, rng)
    pages = [item for item in items if item.type != "blogpost"]
    if len(pages) < 2:
        return site
    item, parent = rng.sample(pages, 2)
    row = space.content.ids.index(parent.id)
    above = {space.content.ids[each] for each in space.content.chain(row)}
    if item.id in above:
        return site
    return _with_items(site, space, [replace(item, parent_id=parent.id)])


def some_item_goes(site: SiteSnapshot, rng: random.Random) -> SiteSnapshot:
    """Delete an item for good; what stood below it stands below its parent."""
    space, items = _items(site, rng)
    if not items:
        return site
    lost = rng.choice(items)
    kept = [
        replace(item, parent_id=lost.parent_id) if item.parent_id == lost.id else item
        for item in items
        if item.id != lost.id
    ]
    return _with_space(site, replace(space, content=ContentTable.of(kept)))


def somebody_is_shut_out(site: SiteSnapshot, rng: random.Random) -> SiteSnapshot:
    account = rng.choice(list(site.directory.accounts.values()))
    accounts = dict(site.directory.accounts)
    accounts[account.id] = replace(account, account_status="inactive")
    return replace(site, directory=replace(site.directory, accounts=accounts))


MUTATIONS: tuple[Mutation, ...] = (
    some_grant_goes,
    some_grant_comes,
    somebody_leaves_a_group,
    somebody_joins_a_group,
    some_limits_change,
    some_limits_change,
    some_item_moves,
    some_item_goes,
    somebody_is_shut_out,
)


def _items(
    site: SiteSnapshot, rng: random.Random
) -> tuple[SpaceSnapshot, list[ContentItem]]:
    space = rng.choice(site.spaces)
    return space, list(space.content.items())


def _list(site: SiteSnapshot, rng: random.Random) -> Restriction:
    if rng.random() < 0.4:
        return OPEN
    groups = rng.sample(sorted(site.directory.groups), 1)
    users = [_somebody(site, rng), _somebody(site, rng)]
    return Restriction(frozenset(users), frozenset(groups))


def _somebody(site: SiteSnapshot, rng: random.Random) -> str:
    """Return an account, more often than not one that detectors care about."""
    accounts = site.directory.accounts.values()
    strange = sorted(a.id for a in accounts if a.is_guest or a.account_type == "app")
    return rng.choice(
        strange if strange and rng.random() < 0.7 else sorted(site.directory.accounts)
    )


def _with_items(
    site: SiteSnapshot, space: SpaceSnapshot, changed: list[ContentItem]
) -> SiteSnapshot:
    content = ContentTable.of([*space.content.items(), *changed])
    return _with_space(site, replace(space, content=content))


def _with_space(site: SiteSnapshot, changed: SpaceSnapshot) -> SiteSnapshot:
    spaces = (
        changed if each.space.id == changed.space.id else each for each in site.spaces
    )
    return replace(site, spaces=tuple(spaces))


def _with_group(site: SiteSnapshot, group: Group) -> SiteSnapshot:
    groups = {**site.directory.groups, group.id: group}
    return replace(site, directory=replace(site.directory, groups=groups))

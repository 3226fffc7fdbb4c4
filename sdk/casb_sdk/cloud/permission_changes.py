"""Single changes of who may do what: a grant, a role, a restriction, a member."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from casb_sdk.cloud.options import AuditRecord
from casb_sdk.content import UNRESTRICTED, ContentTable, Lists
from casb_sdk.model import (
    OPEN,
    Account,
    Grant,
    Group,
    Lookup,
    NodeState,
    Restriction,
    Role,
    RoleAssignment,
    Subject,
    SubjectType,
)
from casb_sdk.snapshot import Directory, SpaceSnapshot

CURRENT = "current"
NEW_OPERATIONS = ("read/space", "create/page", "create/comment", "delete/page")
GRANTED = "Space permission added"
TAKEN = "Space permission removed"
RESTRICTED = "Content restriction added"
FREED = "Content restriction removed"
NAMES_OF_TYPES = {"page": "Page", "blogpost": "Blog post"}
READ, UPDATE = "read", "update"
JOIN, LEAVE, SWAP = "join", "leave", "swap"
TRIES = 100

Changed = tuple[SpaceSnapshot, AuditRecord]


def with_other_holders(
    rng: random.Random, space: SpaceSnapshot, directory: Directory, now: float
) -> Changed:
    """Return a space with a grant more or less, or a role where it is on roles."""
    is_on_roles = space.assignments and not space.grants
    changed = with_other_roles(rng, space, directory, now) if is_on_roles else None
    return changed or with_other_grants(rng, space, now)


def with_other_grants(rng: random.Random, space: SpaceSnapshot, now: float) -> Changed:
    """Return a space with a grant more or less."""
    grants = list(space.grants)
    if grants and _coin(rng):
        del grants[rng.randrange(len(grants))]
        summary = TAKEN
    else:
        subjects = [g.subject for g in grants] or [Subject(SubjectType.USER, "nobody")]
        grants.append(Grant(rng.choice(subjects), rng.choice(NEW_OPERATIONS)))
        summary = GRANTED
    return replace(space, grants=tuple(grants)), _about(space, now, summary)


def with_other_roles(
    rng: random.Random, space: SpaceSnapshot, directory: Directory, now: float
) -> Changed | None:
    """Return a space with a role more, less or swapped, None where none are held."""
    held = list(space.assignments)
    roles: Sequence[Role] = list(directory.roles.values())
    if not held or not roles:
        return None
    number, role, summary = rng.randrange(len(held)), rng.choice(roles), GRANTED
    subject = Subject(SubjectType.USER, rng.choice(_people(directory)))
    is_known = any(each.subject == subject for each in held)
    if _coin(rng) and not is_known:
        held.append(RoleAssignment(subject, role.id))
    elif _coin(rng) and role.id != held[number].role_id:
        held[number] = RoleAssignment(held[number].subject, role.id)
    else:
        summary = TAKEN
        del held[number]
    return replace(space, assignments=tuple(held)), _about(space, now, summary)


def with_other_lists(
    rng: random.Random, space: SpaceSnapshot, directory: Directory, now: float
) -> Changed | None:
    """Return a space where an item has one list more or less; None without items.

    Neither the version of the item nor when it was modified tells of it.
    """
    row = _restrictable(rng, space.content)
    if space.space.status != CURRENT or row is None:
        return None
    lists = space.content.lists.get(row, UNRESTRICTED)
    kind = rng.choice((READ, UPDATE))
    had = lists.read if kind == READ else lists.update
    listed = OPEN if had else _somebody(rng, directory)
    changed = Lists(listed, lists.update) if kind == READ else Lists(lists.read, listed)
    others = {each: kept for each, kept in space.content.lists.items() if each != row}
    if changed != UNRESTRICTED:
        others[row] = changed
    content = replace(space.content, lists=others)
    record = AuditRecord(
        now,
        FREED if had else RESTRICTED,
        affected=(content.titles[row], NAMES_OF_TYPES[content.types[row]]),
        associated=((space.space.name, "Space"),),
    )
    return replace(space, content=content), record


def with_other_members(
    rng: random.Random, group: Group, directory: Directory, ways: Sequence[str]
) -> Group:
    """Return a group that somebody joined, left, or both; as it was if that cannot be.

    Who joins is somebody else; a swap leaves the number of members as it is.
    """
    members, way = set(group.members), rng.choice(ways)
    strangers = [id_ for id_ in _people(directory) if id_ not in members]
    leaver = rng.choice(sorted(members)) if members and way != JOIN else ""
    joiner = rng.choice(strangers) if strangers and way != LEAVE else ""
    if way == SWAP and not (leaver and joiner):
        return group
    members.discard(leaver)
    members |= {joiner} - {""}
    return replace(group, members=frozenset(members))


def _restrictable(rng: random.Random, table: ContentTable) -> int | None:
    """Return a row whose lists may change; every other time one that has any."""
    restricted = sorted(table.lists)
    for _ in range(TRIES if len(table) else 0):
        from_restricted = restricted and _coin(rng)
        row = rng.choice(restricted) if from_restricted else rng.randrange(len(table))
        is_listed = table.states.get(row, NodeState.LISTED) is NodeState.LISTED
        if (
            is_listed
            and table.types[row] in NAMES_OF_TYPES
            and table.statuses[row] == CURRENT
        ):
            return row
    return None


def _somebody(rng: random.Random, directory: Directory) -> Restriction:
    groups = sorted(directory.groups)
    if groups and _coin(rng):
        return Restriction(groups=frozenset({rng.choice(groups)}))
    return Restriction(frozenset({rng.choice(_people(directory, with_apps=True))}))


def _people(directory: Directory, *, with_apps: bool = False) -> list[str]:
    return [a.id for a in _found(directory) if with_apps or a.account_type != "app"]


def _found(directory: Directory) -> Iterator[Account]:
    yield from (a for a in directory.accounts.values() if a.lookup is Lookup.FOUND)


def _about(space: SpaceSnapshot, now: float, summary: str) -> AuditRecord:
    return AuditRecord(now, summary, affected=(space.space.name, "Space"))


def _coin(rng: random.Random) -> bool:
    return rng.random() < 0.5  # noqa: PLR2004 - a coin

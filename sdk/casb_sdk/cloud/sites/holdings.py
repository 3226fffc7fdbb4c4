"""Who holds what on the spaces of a generated site."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from casb_sdk.cloud.sites.crowd import Crowd, group, user
from casb_sdk.cloud.sites.operation_sets import (
    ADMIN,
    COMMENT,
    EDIT,
    GUEST,
    LEGACY_ADMIN,
    LEGACY_EDIT,
    READ,
    ROLES,
)
from casb_sdk.model import (
    ANONYMOUS,
    AccessClass,
    Grant,
    RoleAssignment,
    RoleMode,
    Subject,
    SubjectType,
)

OPEN_SPACES = 0.7
TEAM_SPACES = 0.9
LICENSED = Subject(SubjectType.ACCESS_CLASS, AccessClass.LICENSED)
UNLICENSED = Subject(SubjectType.ACCESS_CLASS, AccessClass.UNLICENSED)
AUTHENTICATED = Subject(SubjectType.ACCESS_CLASS, AccessClass.AUTHENTICATED)


class Share(StrEnum):
    """How much of a space somebody is given."""

    READ = "read"
    COMMENT = "comment"
    GUEST = "guest"
    EDIT = "edit"
    ADMIN = "admin"


APP_SHARES = (Share.EDIT, Share.COMMENT, Share.READ, Share.COMMENT)
LEGACY_OPERATIONS = {
    Share.READ: READ,
    Share.COMMENT: COMMENT,
    Share.GUEST: GUEST,
    Share.EDIT: LEGACY_EDIT,
    Share.ADMIN: LEGACY_ADMIN,
}
SPLIT_OPERATIONS = {**LEGACY_OPERATIONS, Share.EDIT: EDIT, Share.ADMIN: ADMIN}
ROLE_OF = {
    Share.READ: ROLES[3][0],
    Share.COMMENT: ROLES[3][0],
    Share.GUEST: ROLES[2][0],
    Share.EDIT: ROLES[2][0],
    Share.ADMIN: ROLES[0][0],
}
Holding = tuple[Subject, Share]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is held on one space, as grants or, on a space on roles, assignments."""

    grants: tuple[Grant, ...] = ()
    assignments: tuple[RoleAssignment, ...] = ()


@dataclass(frozen=True, slots=True)
class SpaceFacts:
    """What decides who gets a share of a space."""

    number: int
    owner_id: str = ""
    guests: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    is_public: bool = False


def hold(rng: random.Random, crowd: Crowd, facts: SpaceFacts, mode: str) -> Holdings:
    """Return the holdings of a space under the site's role mode.

    In transition every other space is on roles already; where people keep their
    old set they have the split editing rights too.
    """
    held = list(dict(_held(rng, crowd, facts)).items())
    is_on_roles = mode == RoleMode.ROLES or (
        mode == RoleMode.TRANSITION and facts.number % 2
    )
    if is_on_roles:
        return Holdings(
            assignments=tuple(
                RoleAssignment(subject, ROLE_OF[share]) for subject, share in held
            )
        )
    split = mode != RoleMode.PRE_ROLES
    operations = SPLIT_OPERATIONS if split else LEGACY_OPERATIONS
    return Holdings(
        grants=tuple(
            Grant(subject, operation)
            for subject, share in held
            for operation in operations[share]
        )
    )


def _held(rng: random.Random, crowd: Crowd, facts: SpaceFacts) -> Iterator[Holding]:
    yield group(crowd.admins), Share.ADMIN
    yield user(facts.owner_id or rng.choice(crowd.staff)), Share.ADMIN
    yield from _staff_holdings(rng, crowd, facts)
    for number, app in enumerate(crowd.apps):
        yield user(app), APP_SHARES[number % len(APP_SHARES)]
    for guest in facts.guests:
        yield user(guest), Share.GUEST
    for stray in facts.strays:
        yield user(stray), rng.choice((Share.READ, Share.EDIT))
    if facts.is_public:
        yield from _public_holdings(facts)


def _staff_holdings(
    rng: random.Random, crowd: Crowd, facts: SpaceFacts
) -> Iterator[Holding]:
    everybody, kind = group(crowd.everybody), rng.random()
    if facts.owner_id or not crowd.teams:
        yield everybody, Share.COMMENT
        return
    if kind < OPEN_SPACES:
        yield everybody, Share.EDIT
    elif kind < TEAM_SPACES:
        yield everybody, Share.READ
    yield group(rng.choice(crowd.teams)), Share.EDIT


def _public_holdings(facts: SpaceFacts) -> Iterator[Holding]:
    """Open a space to the world; a few to write in, a few only half way."""
    share = {0: Share.GUEST, 1: Share.READ, 2: Share.COMMENT}[facts.number % 3]
    yield ANONYMOUS, share
    if facts.number % 5 == 0:
        yield UNLICENSED, Share.READ
    if facts.number % 7 == 0:
        yield AUTHENTICATED, Share.READ

"""Sites of any size from a seed: the same seed, the same site.

Sizes the benchmarks use: XS is 1,000 items in 10 spaces, M 50,000 in 200, L a
million in 2,000. Few offend: some two in a hundred people, and some ten apps.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from casb_sdk.cloud.sites.crowd import Crowd, gather_crowd
from casb_sdk.cloud.sites.forest import Plot, grow
from casb_sdk.cloud.sites.holdings import SpaceFacts, hold
from casb_sdk.cloud.sites.operation_sets import ROLES
from casb_sdk.cloud.sites.words import APP_NAMES, DEPARTMENTS
from casb_sdk.content import ContentTable
from casb_sdk.model import (
    PERSONAL_KEY_PREFIX,
    AnonymousUse,
    Role,
    RoleMode,
    Site,
    Space,
)
from casb_sdk.snapshot import Directory, SiteSnapshot, SpaceSnapshot

FIRST_SPACE_ID = 65_537
POWER = 0.9
PERSONAL = 0.1
ARCHIVED = 0.03
PUBLIC = 0.01
STRAYS_PER_ID = 2
SPACE_TYPES = ("global", "global", "global", "collaboration", "knowledge_base")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a site is."""

    items: int
    spaces: int
    users: int
    groups: int

    @classmethod
    def of(
        cls, items: int, spaces: int | None, users: int | None, groups: int | None
    ) -> "Size":
        """Return the size asked for, the rest in proportion to the items."""
        people = users or max(10, round(5 * items**0.667))
        return cls(
            items,
            min(items, spaces or max(1, round(0.05 * items**0.767))),
            people,
            groups or max(5, people // 10),
        )

    def shares(self) -> list[int]:
        """Return the items of each space: a few are huge, most are small."""
        weights = [(rank + 1) ** -POWER for rank in range(self.spaces)]
        scale = (self.items - self.spaces) / sum(weights)
        sizes = [1 + int(weight * scale) for weight in weights]
        sizes[0] += self.items - sum(sizes)
        return sizes


def generate_site(
    seed: int,
    items: int,
    spaces: int | None = None,
    users: int | None = None,
    groups: int | None = None,
    *,
    role_mode: str = RoleMode.PRE_ROLES,
) -> SiteSnapshot:
    """Return a site of so many items; what is left out grows with them."""
    size = Size.of(items, spaces, users, groups)
    rng = _random(seed, "crowd")
    apps = min(len(APP_NAMES), 2 + size.spaces)
    crowd = gather_crowd(rng, size.users, size.groups, apps)
    directory = Directory(
        site=_site(seed),
        accounts=crowd.accounts,
        groups=crowd.groups,
        roles={id_: Role(id_, name, operations) for id_, name, operations in ROLES},
        role_mode=role_mode,
        anonymous_use=AnonymousUse.INTERNET,
    )
    return SiteSnapshot(directory, tuple(_spaces(seed, crowd, size, role_mode)))


def _spaces(
    seed: int, crowd: Crowd, size: Size, role_mode: str
) -> Iterator[SpaceSnapshot]:
    shares = size.shares()
    rng = _random(seed, "spaces")
    # Shuffled, so that an id says nothing about the size of its space.
    rng.shuffle(shares)
    largest = max(shares)
    for facts in _facts(rng, crowd, size.spaces):
        number = facts.number
        plot = Plot(number, size.spaces, shares[number], largest, facts.guests)
        own = _random(seed, f"space {number}")
        name = f"{own.choice(DEPARTMENTS)} {number}"
        content = grow(own, crowd, plot, name)
        held = hold(own, crowd, facts, role_mode)
        space = _space(own, facts, name, content)
        yield SpaceSnapshot(space, held.grants, held.assignments, content)


def _facts(rng: random.Random, crowd: Crowd, spaces: int) -> Iterator[SpaceFacts]:
    """Decide for all spaces at once who turns up where."""
    guests = _scattered(rng, crowd.guests, spaces, 1.1)
    strays = _scattered(rng, [*crowd.unknown, *crowd.leavers], spaces, STRAYS_PER_ID)
    public = set(rng.sample(range(spaces), max(1, round(spaces * PUBLIC))))
    for number in range(spaces):
        is_personal = number not in public and rng.random() < PERSONAL
        yield SpaceFacts(
            number,
            owner_id=crowd.staff[number % len(crowd.staff)] if is_personal else "",
            guests=() if is_personal else tuple(guests.get(number, ())),
            strays=tuple(strays.get(number, ())),
            is_public=number in public,
        )


def _scattered(
    rng: random.Random, ids: list[str], spaces: int, mean: float
) -> dict[int, list[str]]:
    """Return which ids turn up in which spaces, each in about ``mean`` of them."""
    found: dict[int, list[str]] = {}
    for id_ in ids:
        times = int(mean) + (rng.random() < mean % 1)
        for number in rng.sample(range(spaces), min(spaces, times)):
            found.setdefault(number, []).append(id_)
    return found


def _space(
    rng: random.Random, facts: SpaceFacts, name: str, content: ContentTable
) -> Space:
    id_ = str(FIRST_SPACE_ID + facts.number)
    homepage = content.ids[0] if content.ids else ""
    if facts.owner_id:
        key = f"{PERSONAL_KEY_PREFIX}{facts.owner_id}"
        return Space(id_, key, name, "personal", "current", facts.owner_id, homepage)
    status = "archived" if rng.random() < ARCHIVED else "current"
    type_ = rng.choice(SPACE_TYPES)
    return Space(id_, f"S{facts.number}", name, type_, status, "", homepage)


def _site(seed: int) -> Site:
    return Site(
        f"5eed0000-0000-4000-8000-{seed:012d}",
        f"https://seed-{seed}.atlassian.example",
        f"seed-{seed}",
    )


def _random(seed: int, part: str) -> random.Random:
    """Return the randomness of one part, so that parts can change alone."""
    return random.Random(f"{seed}/{part}")  # noqa: S311 - no secret

"""Variants of a site under test: in another order, with hostile names, crowded."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar
from zlib import crc32

from casb_sdk.content import ContentTable
from casb_sdk.model import Audience, Level
from casb_sdk.snapshot import SiteSnapshot, SpaceSnapshot
from casb_sdk.testing.site import SiteBuilder

HOSTILE_NAMES = (
    "\x00\x07\x08\x1b[31mred\x1b[0m",
    "\u202egpj.exe\u202c",
    "line\r\nbreak\ttab\u2028\u0085",
    "A" * 10_000,
    "",
    "../../etc/passwd",
    "'; DROP TABLE findings; --",
    "<script>alert(1)</script>{{ 7 * 7 }}%s{0}",
    '=HYPERLINK("https://evil.example")',
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301\ufeff",
)

Value = TypeVar("Value")


def shuffled(site: SiteSnapshot, salt: int) -> SiteSnapshot:
    """Return the same facts in another order, the same one for the same salt."""
    directory = site.directory
    return SiteSnapshot(
        replace(
            directory,
            accounts=_shuffled_mapping(directory.accounts, salt),
            groups=_shuffled_mapping(directory.groups, salt),
            roles=_shuffled_mapping(directory.roles, salt),
        ),
        tuple(_shuffled_space(space, salt) for space in _shuffled(site.spaces, salt)),
    )


def renamed(site: SiteSnapshot, name: str) -> SiteSnapshot:
    """Return the site with every name and title replaced by one."""
    directory = site.directory
    return SiteSnapshot(
        replace(
            directory,
            accounts={
                id_: replace(account, display_name=name)
                for id_, account in directory.accounts.items()
            },
            groups={
                id_: replace(group, name=name)
                for id_, group in directory.groups.items()
            },
        ),
        tuple(
            replace(
                space,
                space=replace(space.space, name=name),
                content=replace(space.content, titles=(name,) * len(space.content)),
            )
            for space in site.spaces
        ),
    )


def crowded(items: int) -> SiteBuilder:
    """Return a site with one space of many pages, where everybody may do much.

    Every tenth page is shared with some people only, every twentieth may be edited
    by some only, and the tree is a hundred levels deep.
    """
    site = SiteBuilder().group("staff")
    people = [f"{sort}-{number}" for number in range(20) for sort in ("gus", "bot")]
    for name in people:
        (site.guest if name.startswith("gus") else site.app)(name)
    site.group("everybody", *people).space("CROWD").allows("everybody", Level.EDIT)
    for audience in (Audience.ANONYMOUS, Audience.UNKNOWN, Audience.EXTERNAL):
        site.allows(audience, Level.EDIT)
    for number in range(items):
        parent = f"Page {number - 1}" if number % 100 else ""
        site.page(f"Page {number}", under=parent)
        if number % 10 == 0:
            site.restricted_to("everybody", "staff")
        if number % 20 == 0:
            site.restricted_to(people[number % len(people)], Level.EDIT)
    return site


def _shuffled_space(space: SpaceSnapshot, salt: int) -> SpaceSnapshot:
    content = space.content
    rows = [content.item(row) for row in range(len(content))]
    return replace(
        space,
        grants=tuple(_shuffled(space.grants, salt)),
        assignments=tuple(_shuffled(space.assignments, salt)),
        content=ContentTable.of(_shuffled(rows, salt)),
    )


def _shuffled(values: Iterable[Value], salt: int) -> list[Value]:
    return sorted(values, key=lambda value: crc32(f"{salt}{value!r}".encode()))


def _shuffled_mapping(mapping: Mapping[str, Value], salt: int) -> dict[str, Value]:
    return {key: mapping[key] for key in _shuffled(mapping, salt)}

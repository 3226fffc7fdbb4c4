"""Snapshots as versioned, compressed bytes: for the store, fixtures and bug reports.

Content is cut into blocks of rows and laid out in columns, so that a million items
need little more memory than their values.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from casb_sdk.blocks import (
    NewerFormatError,
    Numbered,
    json_block,
    json_of,
    json_pieces,
    numbers_block,
    numbers_of,
    packed,
    texts_block,
    texts_of,
    unpacked,
)
from casb_sdk.content import ContentTable, Lists
from casb_sdk.coverage import Coverage, Gap, GapKind
from casb_sdk.model import (
    Account,
    AnonymousUse,
    Grant,
    Group,
    Lookup,
    Membership,
    NodeState,
    Restriction,
    Role,
    RoleAssignment,
    Site,
    Space,
    Subject,
)
from casb_sdk.snapshot import Directory, SpaceSnapshot

ROWS_PER_BLOCK = 20_000
DAMAGE = (LookupError, StopIteration, TypeError, ValueError, struct.error, zlib.error)

Json = Any


class SnapshotFileError(Exception):
    """The bytes are no snapshot, or one that a newer version wrote."""


@dataclass(frozen=True, slots=True)
class SpaceFile:
    """A space in two parts: the header alone tells its grants."""

    header: bytes = field(repr=False)
    content: bytes = field(default=b"", repr=False)

    def __bytes__(self) -> bytes:
        """Return both parts as one file."""
        return len(self.header).to_bytes(4, "big") + self.header + self.content

    @classmethod
    def of(cls, data: bytes) -> "SpaceFile":
        """Return the parts of a file."""
        end = 4 + int.from_bytes(data[:4], "big")
        return cls(data[4:end], data[end:])


def dump_space(snapshot: SpaceSnapshot) -> SpaceFile:
    """Return a snapshot of a space as bytes."""
    space, subjects = snapshot.space, Numbered[Subject]()
    header = {
        "space": [
            space.id,
            space.key,
            space.name,
            space.type,
            space.status,
            space.owner_id,
            space.homepage_id,
        ],
        "grants": [
            [subjects[g.subject], g.operation, g.permission_id, g.role_id]
            for g in snapshot.grants
        ],
        "assignments": [[subjects[a.subject], a.role_id] for a in snapshot.assignments],
        "subjects": [[subject.type, subject.id] for subject in subjects],
        "coverage": _coverage(snapshot.coverage),
    }
    return SpaceFile(
        packed("space", [json_block(header)]),
        packed("content", _blocks(snapshot.content)),
    )


def load_space(file: SpaceFile, *, with_content: bool = True) -> SpaceSnapshot:
    """Return a snapshot from bytes; without its content the table is empty."""
    with _explaining():
        return _space(file, with_content=with_content)


def _space(file: SpaceFile, *, with_content: bool) -> SpaceSnapshot:
    header = json_of(next(unpacked("space", file.header)))
    subjects = [Subject(type_, id_) for type_, id_ in header["subjects"]]
    return SpaceSnapshot(
        space=Space(*header["space"]),
        grants=tuple(
            Grant(subjects[subject], operation, permission_id, role_id)
            for subject, operation, permission_id, role_id in header["grants"]
        ),
        assignments=tuple(
            RoleAssignment(subjects[subject], role_id)
            for subject, role_id in header["assignments"]
        ),
        content=(
            _content(unpacked("content", file.content))
            if with_content
            else ContentTable()
        ),
        coverage=_coverage_of(header["coverage"]),
    )


def dump_directory(directory: Directory) -> bytes:
    """Return the directory of a site as bytes."""
    site, people = directory.site, Numbered[str]()
    document = {
        "site": [site.cloud_id, site.url, site.name],
        "accounts": (
            [
                account.id,
                account.display_name,
                account.type,
                account.account_type,
                account.account_status,
                account.email_domain,
                account.is_guest,
                account.lookup,
            ]
            for account in directory.accounts.values()
        ),
        "groups": (
            [
                group.id,
                group.name,
                sorted(group.access_types),
                [people[member] for member in sorted(group.members)],
                group.membership,
            ]
            for group in directory.groups.values()
        ),
        "people": iter(people),  # Behind the groups, which number them.
        "roles": [[r.id, r.name, r.permissions] for r in directory.roles.values()],
        "role_mode": directory.role_mode,
        "product_groups_read": directory.product_groups_read,
        "anonymous_use": directory.anonymous_use,
        "coverage": _coverage(directory.coverage),
    }
    return packed("directory", [json_pieces(document)])


def load_directory(data: bytes) -> Directory:
    """Return the directory of a site from bytes."""
    with _explaining():
        return _directory(data)


def _directory(data: bytes) -> Directory:
    document = json_of(next(unpacked("directory", data)))
    people = document["people"]
    accounts = map(_account_of, document["accounts"])
    groups = (
        Group(
            id_,
            name,
            frozenset(access_types),
            frozenset(map(people.__getitem__, members)),
            Membership(membership),
        )
        for id_, name, access_types, members, membership in document["groups"]
    )
    roles = (Role(id_, name, tuple(rights)) for id_, name, rights in document["roles"])
    return Directory(
        site=Site(*document["site"]),
        accounts={account.id: account for account in accounts},
        groups={group.id: group for group in groups},
        roles={role.id: role for role in roles},
        role_mode=document["role_mode"],
        product_groups_read=document["product_groups_read"],
        anonymous_use=AnonymousUse(document["anonymous_use"]),
        coverage=_coverage_of(document["coverage"]),
    )


def _account_of(row: list[Any]) -> Account:
    id_, name, *words, is_guest, lookup = row
    # Kinds, statuses and domains are few: without sharing they outweigh the names.
    known, type_, status, domain = map(intern, words)
    return Account(id_, name, known, type_, status, domain, is_guest, Lookup(lookup))


def _blocks(content: ContentTable) -> Iterator[bytes]:
    lists = Numbered[Restriction]()
    pairs = list(zip(content.types, content.statuses, strict=True))
    kinds = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    kind_of = [kinds[pair] for pair in pairs]
    restricted = [
        [row, lists[both.read], lists[both.update]]
        for row, both in content.lists.items()
    ]
    sparse = {
        "kinds": list(kinds),
        "restrictions": [[sorted(r.users), sorted(r.groups)] for r in lists],
        "lists": restricted,
        "states": list(content.states.items()),
        "orphans": list(content.orphans.items()),
    }
    yield json_block(sparse)
    for start in range(0, len(content), ROWS_PER_BLOCK):
        rows = slice(start, start + ROWS_PER_BLOCK)
        yield texts_block(content.ids[rows])
        yield texts_block(content.titles[rows])
        yield numbers_block(content.versions[rows])
        yield numbers_block(content.parents[rows])
        yield numbers_block(kind_of[rows])


def _content(blocks: Iterator[bytes]) -> ContentTable:
    sparse = json_of(next(blocks))
    ids, titles = list[str](), list[str]()
    versions, parents, kinds = list[int](), list[int](), list[int]()
    for columns in zip(*[blocks] * 5, strict=True):
        ids += texts_of(columns[0])
        titles += texts_of(columns[1])
        versions += numbers_of(columns[2])
        parents += numbers_of(columns[3])
        kinds += numbers_of(columns[4])
    restrictions = [
        Restriction(frozenset(users), frozenset(groups))
        for users, groups in sparse["restrictions"]
    ]
    return ContentTable(
        ids=tuple(ids),
        types=tuple(map([type_ for type_, _ in sparse["kinds"]].__getitem__, kinds)),
        statuses=tuple(map([state for _, state in sparse["kinds"]].__getitem__, kinds)),
        titles=tuple(titles),
        versions=tuple(versions),
        parents=tuple(parents),
        lists={
            row: Lists(restrictions[read], restrictions[update])
            for row, read, update in sparse["lists"]
        },
        states={row: NodeState(state) for row, state in sparse["states"]},
        orphans=dict(sparse["orphans"]),
    )


def _coverage(coverage: Coverage) -> Json:
    gaps = [[gap.kind, gap.id, gap.reason] for gap in coverage.gaps]
    return [gaps, coverage.notes, dict(coverage.unknown_values)]


def _coverage_of(packed: Json) -> Coverage:
    gaps, notes, unknown_values = packed
    return Coverage(
        tuple(Gap(GapKind(kind), id_, reason) for kind, id_, reason in gaps),
        tuple(notes),
        unknown_values,
    )


@contextmanager
def _explaining() -> Iterator[None]:
    try:
        yield
    except NewerFormatError as error:
        raise SnapshotFileError(str(error)) from error
    except DAMAGE as error:
        raise SnapshotFileError(f"The snapshot is damaged: {error}.") from error

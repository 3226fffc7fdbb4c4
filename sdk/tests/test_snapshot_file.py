"""A snapshot comes back from its bytes exactly as it was."""

import zlib
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casb_sdk.content import ContentTable
from casb_sdk.coverage import Coverage, Gap, GapKind
from casb_sdk.model import (
    Account,
    AnonymousUse,
    ContentItem,
    Grant,
    Group,
    Level,
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
from casb_sdk.snapshot import Directory, SiteSnapshot, SpaceSnapshot
from casb_sdk.snapshot_file import (
    SnapshotFileError,
    SpaceFile,
    dump_directory,
    dump_space,
    load_directory,
    load_space,
)
from casb_sdk.testing.site import SiteBuilder
from sdk.tests.sites import seeded_site

texts = st.text(st.characters(exclude_categories=()), max_size=12)
ids = st.sampled_from(["1", "22", "333", "\ud800", "a\x7fb", "c\nd"])
restrictions = st.builds(
    Restriction, st.frozensets(ids, max_size=3), st.frozensets(texts, max_size=2)
)
items = st.builds(
    ContentItem,
    id=texts,
    type=texts,
    status=texts,
    title=texts,
    parent_id=texts | ids,
    version=st.integers(1, 10_000),
    read=restrictions,
    update=restrictions,
    state=st.sampled_from(NodeState),
)
subjects = st.builds(Subject, texts, texts)
coverages = st.builds(
    Coverage,
    st.lists(st.builds(Gap, st.sampled_from(GapKind), texts, texts)).map(tuple),
    st.lists(texts).map(tuple),
    st.dictionaries(texts, st.integers(0, 9)),
)
spaces = st.builds(
    SpaceSnapshot,
    space=st.builds(Space, texts, texts, texts, texts, texts, texts, texts),
    grants=st.lists(st.builds(Grant, subjects, texts, texts, texts)).map(tuple),
    assignments=st.lists(st.builds(RoleAssignment, subjects, texts)).map(tuple),
    content=st.lists(items).map(ContentTable.of),
    coverage=coverages,
)


def directory_file(block: bytes) -> bytes:
    deflated = zlib.compress(block)
    return b"casb-directory 1\n" + len(deflated).to_bytes(4, "big") + deflated


def directory_of_strangers() -> Directory:
    accounts = [
        Account("a", "\0 é 🙈 \ud83d", "known", "app", "active", "acme.example"),
        Account("b", is_guest=True, lookup=Lookup.ABSENT),
    ]
    groups = [
        Group("g", "staff", frozenset({"user", "admin"}), frozenset({"a", "c"})),
        Group("h", membership=Membership.GONE),
    ]
    return Directory(
        site=Site("acme", "https://acme.atlassian.net", "Acme \x7f"),
        accounts={account.id: account for account in accounts},
        groups={group.id: group for group in groups},
        roles={"r": Role("r", "Reader", ("read/space", "odd"))},
        role_mode="SOMETHING_NEW",
        product_groups_read=False,
        anonymous_use=AnonymousUse.INTERNET,
        coverage=Coverage((Gap(GapKind.GROUP, "g", "403"),), ("note",), {"x=y": 2}),
    )


@settings(deadline=None)
@given(spaces)
def test_a_space_comes_back_as_it_was(snapshot: SpaceSnapshot) -> None:
    file = SpaceFile.of(bytes(dump_space(snapshot)))

    assert load_space(file) == snapshot
    assert load_space(file, with_content=False) == replace(
        snapshot, content=ContentTable()
    )


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_site_comes_back_as_it_was(seed: int) -> None:
    site, _ = seeded_site(seed)

    directory = load_directory(dump_directory(site.directory))
    spaces = tuple(load_space(dump_space(space)) for space in site.spaces)

    assert SiteSnapshot(directory, spaces) == site


def test_a_directory_comes_back_as_it_was() -> None:
    directory = directory_of_strangers()

    assert load_directory(dump_directory(directory)) == directory


def test_a_space_of_many_blocks_comes_back_as_it_was() -> None:
    content = ContentTable.of(
        ContentItem(str(n), title="\n" if n == 30_000 else f"page {n}")
        for n in range(45_000)
    )
    snapshot = SpaceSnapshot(Space("1", "DOCS"), content=content)

    assert load_space(dump_space(snapshot)) == snapshot


def test_grants_are_read_without_the_content() -> None:
    builder = SiteBuilder().guest("gus").space("DOCS").allows("gus", Level.VIEW)
    [snapshot] = builder.page("Home").snapshot().spaces
    header = dump_space(snapshot).header

    read = load_space(SpaceFile(header), with_content=False)

    assert read.grants == snapshot.grants
    assert len(read.content) == 0


def test_titles_are_not_shown_when_a_file_is_printed() -> None:
    snapshot = SpaceSnapshot(Space("1", "DOCS"))

    assert repr(dump_space(snapshot)) == "SpaceFile()"


def test_a_newer_format_is_refused_with_both_numbers() -> None:
    newer = dump_directory(directory_of_strangers()).replace(b" 1\n", b" 2\n", 1)

    with pytest.raises(SnapshotFileError, match=r"format 2, .* up to 1: upgrade"):
        load_directory(newer)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"something else",
        b"casb-directory x\n",
        b"casb-directory 1\n",
        b"casb-directory 1\nnot deflated",
        directory_file(b""),
        directory_file(b"not json"),
        directory_file(b"\xff"),
        directory_file(b"{}"),
        directory_file(b"[]"),
        dump_directory(directory_of_strangers())[:-9],
        dump_space(SpaceSnapshot(Space("1", "DOCS"))).header,
    ],
)
def test_bytes_that_are_no_directory_are_refused(damaged: bytes) -> None:
    with pytest.raises(SnapshotFileError, match="The snapshot is damaged"):
        load_directory(damaged)


def test_a_space_without_its_content_is_refused() -> None:
    file = dump_space(SpaceSnapshot(Space("1", "DOCS")))

    with pytest.raises(SnapshotFileError):
        load_space(SpaceFile(file.header))
    with pytest.raises(SnapshotFileError):
        load_space(SpaceFile(file.header, file.content[:-3]))


def test_every_field_of_a_snapshot_is_in_its_file() -> None:
    written = {
        Account: 8,
        ContentItem: 9,
        ContentTable: 9,
        Coverage: 3,
        Directory: 8,
        Gap: 3,
        Grant: 4,
        Group: 5,
        Role: 3,
        RoleAssignment: 2,
        Site: 3,
        Space: 7,
        SpaceSnapshot: 5,
    }

    assert {cls: len(fields(cls)) for cls in written} == written

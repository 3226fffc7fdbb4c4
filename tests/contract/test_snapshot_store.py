"""The last snapshot of each space is kept whole, and read a space at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from casb_sdk import ContentItem, Coverage, Directory, Gap, GapKind, Site, SpaceSnapshot
from casb_sdk.content import ContentTable
from casb_sdk.testing import SiteBuilder
from connector.domain.freshness import GroupAge, SiteAge, SpaceAge
from connector.domain.store_ports import Begin
from tests.contract.finding_words import HOSTILE

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, UTC)
DAY = timedelta(days=1)
AGE = SpaceAge(NOON - 3 * DAY, NOON - 2 * DAY, NOON - DAY, 7)
LATER = SpaceAge(NOON, NOON + DAY, NOON + 2 * DAY, 0)
GROUPS = {"staff": GroupAge(NOON - DAY, 3), "guests 🙈": GroupAge(NOON)}
SITE_AGE = SiteAge(NOON, NOON - DAY, "mara", GROUPS)
EMPTY_AGE = SiteAge(NOON + DAY, NOON)


def site_with(*keys: str) -> SiteBuilder:
    site = SiteBuilder().guest("gus").group("staff")
    for key in keys:
        site = site.space(key).allows("gus", "read/space").page(f"{key} {HOSTILE}")
    return site


def spaces_of(*keys: str) -> tuple[SpaceSnapshot, ...]:
    return site_with(*keys).snapshot().spaces


def save(begin: Begin, *spaces: SpaceSnapshot, site_id: str = "acme") -> None:
    with begin() as stores:
        for space in spaces:
            stores.snapshots.save_space(site_id, "scan-1", space)


def test_a_space_comes_back_as_it_was(begin: Begin) -> None:
    docs, hr = spaces_of("DOCS", "HR")
    docs = replace(docs, coverage=Coverage((Gap(GapKind.CONTENT, HOSTILE, "403"),)))

    save(begin, docs, hr)

    with begin(write=False) as stores:
        assert stores.snapshots.space("acme", docs.space.id) == docs
        assert stores.snapshots.space("acme", hr.space.id) == hr
        assert stores.snapshots.space("acme", "nothing") is None
        assert stores.snapshots.space("umbrella", docs.space.id) is None


def test_the_last_snapshot_counts(begin: Begin) -> None:
    [before] = spaces_of("DOCS")
    after = replace(before, grants=(), content=ContentTable())
    save(begin, before)

    save(begin, after)

    with begin(write=False) as stores:
        assert list(stores.snapshots.spaces("acme")) == [after]
        assert stores.snapshots.item_counts("acme") == {before.space.id: 0}


def test_spaces_come_one_by_one_in_the_order_of_their_ids(begin: Begin) -> None:
    spaces = spaces_of(*(f"S{n}" for n in range(1, 13)))
    save(begin, *reversed(spaces))
    save(begin, spaces[0], site_id="umbrella")

    with begin(write=False) as stores:
        found = stores.snapshots.spaces("acme")
        assert next(found) == spaces[0]
        assert list(found) == list(spaces[1:])


def test_grants_are_read_without_the_content(begin: Begin) -> None:
    [space] = spaces_of("DOCS")
    save(begin, space)

    with begin(write=False) as stores:
        [read] = stores.snapshots.spaces("acme", with_content=False)

    assert read == replace(space, content=ContentTable())
    assert read.grants


def test_items_are_counted_without_being_read(begin: Begin) -> None:
    docs, hr = spaces_of("DOCS", "HR")
    items = [ContentItem(str(n)) for n in range(3)]
    save(begin, replace(docs, content=ContentTable.of(items)), hr)

    with begin(write=False) as stores:
        counts = stores.snapshots.item_counts("acme")
        assert stores.snapshots.item_counts("umbrella") == {}

    assert counts == {docs.space.id: 3, hr.space.id: 1}


def test_spaces_that_are_gone_are_forgotten(begin: Begin) -> None:
    docs, hr = spaces_of("DOCS", "HR")
    save(begin, docs, hr)
    save(begin, docs, site_id="umbrella")

    with begin() as stores:
        stores.snapshots.forget_spaces("acme", [docs.space.id, "nothing"])
        stores.snapshots.forget_spaces("acme", [])

    with begin(write=False) as stores:
        assert list(stores.snapshots.spaces("acme")) == [hr]
        assert list(stores.snapshots.spaces("umbrella")) == [docs]


def test_a_directory_comes_back_as_it_was(begin: Begin) -> None:
    directory = site_with("DOCS").snapshot().directory
    later = Directory(Site("acme", name=HOSTILE))

    with begin() as stores:
        stores.snapshots.save_directory("acme", "scan-1", directory)
        first = stores.snapshots.directory("acme")
        stores.snapshots.save_directory("acme", "scan-2", later)

    with begin(write=False) as stores:
        assert stores.snapshots.directory("acme") == later
        assert stores.snapshots.directory("umbrella") is None
    assert first == directory


def test_the_age_of_a_space_comes_back_and_stays_until_another_is_given(
    begin: Begin,
) -> None:
    docs, hr = spaces_of("DOCS", "HR")
    with begin() as stores:
        stores.snapshots.save_space("acme", "scan-1", docs, AGE)
        stores.snapshots.save_space("acme", "scan-1", hr)
        stores.snapshots.save_space("acme", "scan-2", docs)
        first = stores.snapshots.ages("acme")
        stores.snapshots.save_space("acme", "scan-3", docs, LATER)
        stores.snapshots.save_space("acme", "scan-3", hr, AGE)

    with begin(write=False) as stores:
        assert stores.snapshots.ages("acme") == {
            docs.space.id: LATER,
            hr.space.id: AGE,
        }
        assert stores.snapshots.ages("umbrella") == {}
    assert first == {docs.space.id: AGE}


def test_a_snapshot_written_before_there_were_ages_has_none(begin: Begin) -> None:
    [docs] = spaces_of("DOCS")
    save(begin, docs)

    with begin(write=False) as stores:
        assert stores.snapshots.ages("acme") == {}


def test_the_age_of_a_space_is_forgotten_with_it(begin: Begin) -> None:
    [docs] = spaces_of("DOCS")
    with begin() as stores:
        stores.snapshots.save_space("acme", "scan-1", docs, AGE)
        stores.snapshots.forget_spaces("acme", [docs.space.id])
        stores.snapshots.save_space("acme", "scan-2", docs)

    with begin(write=False) as stores:
        assert stores.snapshots.ages("acme") == {}


def test_the_age_of_a_site_comes_back_and_stays_until_another_is_given(
    begin: Begin,
) -> None:
    directory = Directory(Site("acme"))
    with begin() as stores:
        nothing = stores.snapshots.site_age("acme")
        stores.snapshots.save_directory("acme", "scan-1", directory)
        unknown = stores.snapshots.site_age("acme")
        stores.snapshots.save_directory("acme", "scan-2", directory, SITE_AGE)
        stores.snapshots.save_directory("acme", "scan-3", directory)
        first = stores.snapshots.site_age("acme")
        stores.snapshots.save_directory("acme", "scan-4", directory, EMPTY_AGE)

    with begin(write=False) as stores:
        assert stores.snapshots.site_age("acme") == EMPTY_AGE
        assert stores.snapshots.site_age("umbrella") is None
    assert (nothing, unknown, first) == (None, None, SITE_AGE)

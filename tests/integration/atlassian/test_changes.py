"""What a site tells of its changes is what a full listing says of the same items."""

import random
from datetime import UTC, datetime

import pytest

from casb_sdk import ContentItem, SiteSnapshot
from casb_sdk.cloud import CloudOptions, CloudSite, Fault, FaultKind, RunningCloud
from casb_sdk.cloud.generator import generate_site
from casb_sdk.cloud.site_changes import DayOfChanges, change_site
from casb_sdk.cloud.site_mutations import Mutation, mutate_site
from connector.atlassian.endpoints import READ_AUDIT_LOG
from connector.atlassian.reader import ConfluenceReader, ReaderOptions
from connector.domain.errors import NotToldError
from connector.domain.reading import AuditReading
from tests.integration.atlassian.consenting import scopes_of
from tests.integration.atlassian.sites import Sites

TRACED = frozenset({Mutation.NEW_PAGE, Mutation.RETITLED, Mutation.MOVED})
AUDITED = frozenset({Mutation.GRANTED, Mutation.RESTRICTED})

Item = tuple[str, ContentItem]


def site() -> SiteSnapshot:
    return generate_site(6, 600, spaces=6, users=60, groups=12)


def now_of(cloud: RunningCloud) -> datetime:
    return datetime.fromtimestamp(int(cloud.clock.now()), UTC)


def after_some(cloud: RunningCloud, kinds: frozenset[Mutation]) -> DayOfChanges:
    """Let things change on a cloud, a while after now."""
    [index] = cloud.cloud.sites.values()
    rng = random.Random(4)  # noqa: S311 - no secret
    cloud.clock.advance(3600)
    now = cloud.clock.now()
    day = mutate_site(index.site.snapshot, rng, kinds, now=now, most=20)
    cloud.replace(day.snapshot, *day.audit)
    return day


def searchable(snapshot: SiteSnapshot) -> dict[str, Item]:
    return {
        item.id: (space.space.id, item)
        for space in snapshot.spaces
        for item in space.content.items()
        if space.space.status == item.status == "current"
    }


async def changes_of(
    reader: ConfluenceReader, since: datetime, *keys: str
) -> dict[str, Item]:
    outline = await reader.outline()
    spaces = [space for space in outline.spaces if space.key in keys]
    pages = [page async for page in reader.changes(since, spaces)]
    assert [bool(page.resume) for page in pages] == [True] * (len(pages) - 1) + [False]
    return {e.item.id: (e.space_id, e.item) for page in pages for e in page.found}


async def listing_of(reader: ConfluenceReader) -> dict[str, Item]:
    outline = await reader.outline()
    pages = [page async for page in reader.content(outline.spaces)]
    return {e.item.id: (e.space_id, e.item) for page in pages for e in page.found}


@pytest.mark.parametrize("search_cap", [7, 200])
async def test_new_and_changed_items_of_all_spaces_are_told_as_they_are(
    sites: Sites, search_cap: int
) -> None:
    before = site()
    cloud = sites.cloud(CloudSite(before), CloudOptions(search_cap=search_cap))
    since = now_of(cloud)
    after = after_some(cloud, TRACED).snapshot
    reader = sites.reader(cloud)

    told = await changes_of(reader, since)

    old, new = searchable(before), searchable(after)
    different = {id_ for id_, item in new.items() if old.get(id_) != item}
    listed = await listing_of(reader)
    assert len(different) > 2 * 7
    assert told == {id_: listed[id_] for id_ in different}


async def test_only_the_spaces_asked_for_are_told_of(sites: Sites) -> None:
    cloud = sites.cloud(CloudSite(site()))
    since = now_of(cloud)
    after = after_some(cloud, TRACED).snapshot
    reader = sites.reader(cloud)
    [one, other, *_] = [s.space for s in after.spaces if s.space.status == "current"]

    told = await changes_of(reader, since, one.key, other.key)

    everything = await changes_of(reader, since)
    ids = {one.id, other.id}
    assert told == {i: item for i, item in everything.items() if item[0] in ids}
    assert 0 < len(told) < len(everything)


async def test_where_nothing_changed_one_page_says_so(sites: Sites) -> None:
    cloud = sites.cloud(CloudSite(site()))
    reader = sites.reader(cloud)

    pages = [page async for page in reader.changes(now_of(cloud), ())]

    assert [page.found for page in pages] == [()]
    assert reader.spending.calls == 1
    assert reader.spending.points == cloud.ledger.total_points == 201


async def test_a_restriction_leaves_no_trace_but_in_the_audit_log(sites: Sites) -> None:
    cloud = sites.cloud(CloudSite(site()))
    since = now_of(cloud)
    day = after_some(cloud, frozenset({Mutation.RESTRICTED}))
    options = ReaderOptions(granted=frozenset({READ_AUDIT_LOG}))
    reader = sites.reader(cloud, scopes_of(with_optional=True), options)

    assert await changes_of(reader, since) == {}
    events = (await reader.audit(since)).events
    assert events
    assert {event.objects for event in events} == {
        (record.affected, *record.associated) for record in day.audit
    }


async def test_a_site_that_cannot_sort_does_not_tell(sites: Sites) -> None:
    options = CloudOptions(search_sorts=("id",))
    reader = sites.reader(sites.cloud(CloudSite(site()), options))

    with pytest.raises(NotToldError, match="400"):
        await changes_of(reader, datetime.now(UTC))


async def test_a_search_that_is_too_much_is_made_smaller(sites: Sites) -> None:
    cloud = sites.cloud(CloudSite(site()))
    since = now_of(cloud)
    after_some(cloud, TRACED)
    expected = await changes_of(sites.reader(cloud), since)
    cloud.faults.add(Fault(FaultKind.STATUS, "*/content/search", status=504, count=3))

    assert await changes_of(sites.reader(cloud), since) == expected


async def test_the_members_of_a_group_are_counted_for_three_points(
    sites: Sites,
) -> None:
    place = site()
    reader = sites.reader(sites.cloud(CloudSite(place)))
    sizes = {g.id: len(g.members) for g in place.directory.groups.values() if g.members}

    counted = {id_: await reader.group_size(id_) for id_ in sizes}

    assert counted == sizes
    assert reader.spending.calls == len(sizes)
    assert reader.spending.points == 3 * len(sizes)
    largest = max(sizes, key=lambda id_: sizes[id_])
    read = await reader.group_members(largest)
    assert read.size == sizes[largest] == len(read.group.members)


async def test_a_day_of_permissions_is_read_from_the_audit_log(sites: Sites) -> None:
    place = site()
    cloud = sites.cloud(CloudSite(place))
    options = ReaderOptions(granted=frozenset({READ_AUDIT_LOG}))
    reader = sites.reader(cloud, scopes_of(with_optional=True), options)
    since = now_of(cloud)
    day = change_site(place, 1, cloud.clock.now())
    cloud.replace(day.snapshot, *day.audit)

    events = (await reader.audit(since)).events

    assert events is not None
    assert {event.objects for event in events} == {
        (record.affected, *record.associated) for record in day.audit
    }
    assert reader.spending.points == cloud.ledger.total_points == 1 + len(day.audit)


@pytest.mark.parametrize("granted", [frozenset(), frozenset({READ_AUDIT_LOG})])
async def test_an_audit_log_out_of_reach_is_not_an_empty_one(
    sites: Sites, granted: frozenset[str]
) -> None:
    place = CloudSite(site(), installer_is_admin=False)
    options = ReaderOptions(granted=granted)
    reader = sites.reader(sites.cloud(place), scopes_of(with_optional=True), options)

    reading = await reader.audit(datetime(2026, 1, 1, tzinfo=UTC))

    assert reading == AuditReading(None)
    assert reader.spending.calls == len(granted)

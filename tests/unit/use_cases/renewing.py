"""Incremental scans of sites in memory, and what a site tells of its changes."""

from collections.abc import Iterator
from datetime import timedelta

from casb_sdk import ContentItem, SiteSnapshot, SpaceSnapshot
from connector.domain.reading import AuditEvent
from connector.domain.scan import ScanKind, ScanReport
from tests.fakes.reader import FakeReader, Trouble
from tests.unit.use_cases.scanning import DAY, World

Items = dict[str, tuple[str, ContentItem]]


def reader_of(
    before: SiteSnapshot,
    after: SiteSnapshot,
    trouble: Trouble | None = None,
    *,
    audited: bool = False,
    world: World | None = None,
) -> FakeReader:
    """Return a reader of a site that knows what changed, and its audit log if asked."""
    reader = FakeReader(after, trouble)
    reader.changed = set(modified(before, after))
    if audited and world:
        reader.events = list(events(before, after, world))
    return reader


async def renew(
    world: World, reader: FakeReader, *, later: timedelta = DAY
) -> ScanReport:
    """Scan what can have changed."""
    kind = ScanKind.INCREMENTAL
    return await world.scan_with(reader, later=later, kind=kind)


def modified(before: SiteSnapshot, after: SiteSnapshot) -> Iterator[str]:
    """Yield the items that Confluence shows as changed: never by their restrictions."""
    old = _items(before)
    for id_, (space_id, item) in _items(after).items():
        known = old.get(id_)
        if known is None or (known[0], _face(known[1])) != (space_id, _face(item)):
            yield id_


def events(
    before: SiteSnapshot, after: SiteSnapshot, world: World
) -> Iterator[AuditEvent]:
    """Yield what the audit log has about grants and restrictions that changed."""
    at = world.now + DAY / 2
    old_spaces = {space.space.id: space for space in before.spaces}
    for space in after.spaces:
        known = old_spaces.get(space.space.id)
        named = (space.space.name or space.space.key, "Space")
        if known and _grants(known) != _grants(space):
            yield AuditEvent(at, "Permissions", "Space permission added", (named,))
    old = _items(before)
    names = {s.space.id: s.space.name or s.space.key for s in after.spaces}
    for id_, (space_id, item) in _items(after).items():
        if id_ in old and _lists(old[id_][1]) != _lists(item):
            page, space_name = (item.title, "Page"), (names[space_id], "Space")
            about = "Content restriction added"
            yield AuditEvent(at, "Permissions", about, (page, space_name))


def _items(site: SiteSnapshot) -> Items:
    return {
        item.id: (space.space.id, item)
        for space in site.spaces
        for item in space.content.items()
    }


def _face(item: ContentItem) -> tuple[object, ...]:
    return item.type, item.status, item.title, item.parent_id, item.version


def _lists(item: ContentItem) -> tuple[object, ...]:
    return item.read, item.update


def _grants(space: SpaceSnapshot) -> tuple[object, ...]:
    return space.grants, space.assignments

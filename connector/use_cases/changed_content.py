"""The items that changed since the last scan, kept beside what listings say."""

from collections.abc import Iterator

from casb_sdk import ContentItem
from connector.domain.reading import ContentPage
from connector.domain.scan import Reading
from connector.domain.store_ports import Stores
from connector.use_cases.names import Names
from connector.use_cases.readings import (
    Margin,
    ReadingKind,
    by_space,
    reading,
    value_of,
)

PART = "changes"


def is_change(read: Reading) -> bool:
    """Return whether a reading tells of changes, not of what a space holds."""
    return read.part.startswith(PART)


def readings_of_changes(page: ContentPage, part: str) -> Iterator[Reading]:
    """Yield a page of changed items as readings, each space with all that it needs.

    What the page says about no space in particular stands beside the first one.
    """
    found, ancestors = by_space(page.found), by_space(page.ancestors)
    coverage = page.coverage
    for space_id in sorted(found.keys() | ancestors.keys()):
        items = found.get(space_id, [])
        if items:
            yield reading(ReadingKind.ITEMS, space_id, items, f"{PART}:{part}")
        named = Names.of(lists for item in items for lists in (item.read, item.update))
        margin = Margin(
            tuple(ancestors.get(space_id, ())),
            tuple(sorted(page.cut & {item.id for item in items})),
            tuple(each for each in page.accounts if each.id in named.users),
            tuple(each for each in page.groups if each.id in named.groups),
            coverage,
        )
        yield reading(ReadingKind.MARGIN, space_id, margin, f"{PART}:{part}")
        coverage = Margin().coverage


def changed_items(stores: Stores, scan_id: str) -> dict[str, dict[str, ContentItem]]:
    """Return what a scan read of changed items, by space and id."""
    changed: dict[str, dict[str, ContentItem]] = {}
    for read in stores.ledger.readings(scan_id, ReadingKind.ITEMS):
        if is_change(read):
            items = value_of(read, list[ContentItem])
            changed.setdefault(read.key, {}).update((item.id, item) for item in items)
    return changed

"""The bytes a scan keeps of what it read, until the snapshot is made."""

import json
import zlib
from collections.abc import Iterator
from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from casb_sdk import Account, ContentItem, Coverage, Restriction
from casb_sdk.model import Group, NodeState
from connector.domain.reading import ContentPage, FoundItem
from connector.domain.scan import Reading

T = TypeVar("T")

AS_JSON = b"\xc1"
"""No MessagePack begins so: what holds half surrogate pairs is kept as JSON."""


class ReadingKind(StrEnum):
    """The kinds of reading; the key is a space, a group or an item."""

    OUTLINE = "outline"
    GRANTS = "grants"
    GROUP = "group"
    MEMBERS = "members"
    ACCOUNTS = "accounts"
    ITEMS = "items"
    MARGIN = "margin"
    RESTRICTION = "restriction"
    ANONYMOUS = "anonymous"
    SPACE_REPORT = "space_report"
    FORECAST = "forecast"
    PLAN = "plan"
    GROUP_SIZE = "group_size"


class Margin(msgspec.Struct, frozen=True, array_like=True):
    """What a page of a listing told about a space besides its items."""

    ancestors: tuple[ContentItem, ...] = ()
    cut: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()
    groups: tuple[Group, ...] = ()
    coverage: Coverage = msgspec.field(default_factory=Coverage)


class SpaceReport(msgspec.Struct, frozen=True, array_like=True):
    """What judging one space came to, for the report of the scan."""

    items: int
    coverage: Coverage
    changes: dict[str, int]
    failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def noting(self, notes: tuple[str, ...]) -> "SpaceReport":
        """Return the report with notes for whoever reads that of the scan."""
        return msgspec.structs.replace(self, notes=notes)


class KeptItem(msgspec.Struct, frozen=True):
    """An item without what most items have in common.

    Read as a `ContentItem` it gets that back, the same value in all of them. An
    empty list of a restriction that is read anew each time outweighs its item.
    """

    id: str
    title: str
    parent_id: str
    version: int
    type: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    read: Restriction | UnsetType = UNSET
    update: Restriction | UnsetType = UNSET
    state: NodeState | UnsetType = UNSET

    @classmethod
    def of(cls, item: ContentItem) -> "KeptItem":
        """Return what is kept of an item."""
        return cls(
            item.id,
            item.title,
            item.parent_id,
            item.version,
            item.type if item.type != ORDINARY.type else UNSET,
            item.status if item.status != ORDINARY.status else UNSET,
            item.read or UNSET,
            item.update or UNSET,
            item.state if item.state is not ORDINARY.state else UNSET,
        )


ORDINARY = ContentItem("")


def reading(kind: ReadingKind, key: str, value: object, part: str = "") -> Reading:
    """Return a value as a reading."""
    return Reading(kind, key, zlib.compress(_encoded(_slim(value)), 1), part)


def value_of(read: Reading, shape: type[T]) -> T:
    """Return the value of a reading."""
    data = zlib.decompress(read.payload)
    if data.startswith(AS_JSON):
        return msgspec.convert(json.loads(data.removeprefix(AS_JSON)), shape)
    return msgspec.msgpack.decode(data, type=shape)


def length_of(read: Reading) -> int:
    """Return how many values a reading of a list holds, without building them."""
    data = zlib.decompress(read.payload)
    if data.startswith(AS_JSON):
        return len(json.loads(data.removeprefix(AS_JSON)))
    return len(msgspec.msgpack.decode(data, type=list[msgspec.Raw]))


def readings_of_page(
    page: ContentPage, part: str, space_ids: tuple[str, ...]
) -> Iterator[Reading]:
    """Yield a page of a listing as readings, space by space.

    What the page says about no space in particular stands beside the first one.
    """
    for space_id, items in by_space(page.found).items():
        yield reading(ReadingKind.ITEMS, space_id, items, part)
    ancestors = by_space(page.ancestors)
    for space_id in ancestors.keys() - {space_ids[0]}:
        margin = Margin(tuple(ancestors[space_id]))
        yield reading(ReadingKind.MARGIN, space_id, margin, part)
    margin = Margin(
        tuple(ancestors.get(space_ids[0], ())),
        tuple(sorted(page.cut)),
        page.accounts,
        page.groups,
        page.coverage,
    )
    if margin != Margin():
        yield reading(ReadingKind.MARGIN, space_ids[0], margin, part)


def _slim(value: object) -> object:
    """Return a value with `KeptItem` in the place of each item."""
    if isinstance(value, ContentItem):
        return KeptItem.of(value)
    if isinstance(value, list | tuple):
        return [_slim(each) for each in value]
    if isinstance(value, Margin) and value.ancestors:
        return msgspec.structs.replace(value, ancestors=_slim(value.ancestors))
    return value


def _encoded(value: object) -> bytes:
    try:
        return msgspec.msgpack.encode(value)
    except UnicodeEncodeError:
        return AS_JSON + json.dumps(msgspec.to_builtins(value)).encode()


def by_space(found: tuple[FoundItem, ...]) -> dict[str, list[ContentItem]]:
    """Return found items by the space they are in."""
    spaces: dict[str, list[ContentItem]] = {}
    for entry in found:
        spaces.setdefault(entry.space_id, []).append(entry.item)
    return spaces

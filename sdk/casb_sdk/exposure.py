"""An exposure: a resource, and who reaches it at which level by which path."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import repeat
from operator import itemgetter

from casb_sdk.content import ContentTable
from casb_sdk.exposed import Affected, ExposedPrincipal, ItemRef, accesses_of
from casb_sdk.model import AnonymousUse, Confidence, ContentItem, Level

SAMPLE_SIZE = 20


class Cause(StrEnum):
    """What has to be changed to end an exposure."""

    SPACE_GRANT = "space_grant"
    RESTRICTION = "restriction"


class ResourceType(StrEnum):
    """What a finding can be anchored at, besides content types."""

    SPACE = "space"
    SPACE_CONTENT = "space_content"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Resource:
    """What a finding is anchored at; ``type`` may also be a content type."""

    type: str
    id: str
    key: str = ""
    title: str = ""
    url: str = ""
    space_key: str = ""


@dataclass(frozen=True, slots=True)
class RestrictionStep:
    """A restricted item on the way to the anchor, and which entries let people in.

    Entries read ``user:ID`` or ``group:ID``.
    """

    content_id: str
    type: str
    read: tuple[str, ...]
    update: tuple[str, ...]
    matched_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AffectedItem:
    """An item reached, and by whom."""

    item: ContentItem
    account_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Rows of the content table that the same principals reach."""

    account_ids: tuple[str, ...]
    rows: list[int]


@dataclass(frozen=True, slots=True)
class Exposure:
    """A resource and the principals of an audience that reach it.

    ``anonymous_use`` says whom an anonymous principal stands for and is None
    where there is none.
    """

    resource: Resource
    principals: Sequence[ExposedPrincipal]
    level: Level
    cause: Cause = Cause.SPACE_GRANT
    confidence: Confidence = Confidence.HIGH
    confidence_reasons: tuple[str, ...] = ()
    affected: Affected | None = None
    restriction_chain: tuple[RestrictionStep, ...] = ()
    split_mode: str = ""
    coverage_notes: tuple[str, ...] = ()
    anonymous_use: AnonymousUse | None = None
    reaches: tuple[Reach, ...] = field(default=(), repr=False, compare=False)
    content: ContentTable | None = field(default=None, repr=False, compare=False)

    @property
    def can_self_elevate(self) -> bool:
        """Return whether somebody here administers the space and can lift limits."""
        return any(access.can_self_elevate for access in accesses_of(self.principals))

    @property
    def items(self) -> Iterator[AffectedItem]:
        """Yield every affected item in the order of the ids."""
        if self.content is None:
            return
        tagged = (zip(reach.rows, repeat(reach)) for reach in self.reaches)
        for row, reach in heapq.merge(*tagged, key=itemgetter(0)):
            yield AffectedItem(self.content.item(row), reach.account_ids)


def affected_by(content: ContentTable, lists: tuple[list[int], ...]) -> Affected:
    """Return the count of sorted lists of rows and the first items of their union."""
    rows: Iterable[int] = lists[0][:SAMPLE_SIZE]
    if len(lists) > 1:
        heads = (rows[:SAMPLE_SIZE] for rows in lists)
        rows = sorted(row for head in heads for row in head)[:SAMPLE_SIZE]
    types, ids, titles = content.types, content.ids, content.titles
    return Affected(
        count=sum(map(len, lists)),
        sample=tuple(ItemRef(types[row], ids[row], titles[row]) for row in rows),
    )

"""What looking at the grounds of a finding again came to, before it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from casb_sdk import (
    ContentItem,
    Coverage,
    Finding,
    Gap,
    GapKind,
    Refusal,
    SpaceSnapshot,
)
from casb_sdk.content import ContentTable
from connector.domain.reading import SpaceGrants
from connector.domain.sight import Sight
from connector.use_cases.fresh_facts import FreshPeople
from connector.use_cases.kept_refusals import with_refusals

OF_ITEMS = frozenset({GapKind.RESTRICTION, GapKind.ANCESTOR})


@dataclass(frozen=True, slots=True)
class FreshSpace:
    """What was read anew of one space; ``refusals`` is None where nobody asked."""

    grants: SpaceGrants
    items: tuple[ContentItem, ...] = ()
    refusals: frozenset[Refusal] | None = None

    def onto(self, kept: SpaceSnapshot) -> SpaceSnapshot:
        """Return a snapshot with what was read anew, and without its old gaps."""
        snapshot = replace(
            kept,
            grants=self.grants.grants,
            assignments=self.grants.assignments,
            content=self._content(kept.content),
            coverage=replace(
                kept.coverage,
                gaps=tuple(gap for gap in kept.coverage.gaps if not self._closes(gap)),
            ),
        )
        if self.refusals is None:
            return snapshot
        return with_refusals(snapshot, self.refusals)

    def _content(self, kept: ContentTable) -> ContentTable:
        if not self.items:
            return kept
        rows = map(kept.item, range(len(kept)))
        return ContentTable.of([*rows, *self.items])

    def _closes(self, gap: Gap) -> bool:
        if gap.kind is GapKind.GRANTS:
            return gap.id == self.grants.space_id
        return gap.kind in OF_ITEMS and gap.id in {item.id for item in self.items}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the detectors say now of the findings on one resource.

    ``found`` holds the findings that are there; ``doubts`` says, by fingerprint,
    why what was read settles nothing about a finding. ``unread`` is what was asked
    for in vain: where there is any, nothing may change.
    """

    found: Sequence[Finding] = ()
    sight: Sight = field(default_factory=Sight)
    doubts: Mapping[str, str] = field(default_factory=dict)
    unread: Coverage = field(default_factory=Coverage)
    people: FreshPeople = field(default_factory=FreshPeople)
    spaces: Mapping[str, FreshSpace] = field(default_factory=dict)

    @property
    def failures(self) -> tuple[str, ...]:
        """What could not be read, each with its reason."""
        return tuple(f"{gap.kind} {gap.id} ({gap.reason})" for gap in self.unread.gaps)

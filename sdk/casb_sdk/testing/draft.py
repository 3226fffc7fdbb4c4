"""A space under construction: what a ``SiteBuilder`` has been told of it so far."""

from dataclasses import dataclass, field, replace

from casb_sdk.content import ContentTable
from casb_sdk.coverage import Coverage, Gap, GapKind
from casb_sdk.model import (
    ContentItem,
    Grant,
    Level,
    NodeState,
    Restriction,
    RoleAssignment,
    Space,
    Subject,
    SubjectType,
)
from casb_sdk.snapshot import SpaceSnapshot


@dataclass(slots=True)
class SpaceDraft:
    """The grants, the content and the gaps of one space, in the order told.

    ``id_of`` finds the item last given a title.
    """

    space: Space
    grants: list[Grant] = field(default_factory=list)
    assignments: list[RoleAssignment] = field(default_factory=list)
    items: dict[str, ContentItem] = field(default_factory=dict)
    id_of: dict[str, str] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def grant(self, subject: Subject, operation: str) -> None:
        """Add one grant; its permission id says where it stands in the space."""
        permission_id = f"{self.space.id}-{len(self.grants) + 1}"
        self.grants.append(Grant(subject, operation, permission_id))

    def put(self, item: ContentItem) -> None:
        """Add an item; an ancestor that could not be read leaves a gap too."""
        self.items[item.id] = item
        self.id_of[item.title] = item.id
        if item.state is NodeState.UNREADABLE:
            self.gaps.append(Gap(GapKind.ANCESTOR, item.id, "403"))

    def last_item(self) -> ContentItem:
        """Return the item named last."""
        if not self.items:
            raise LookupError(f"the space {self.space.key} has no content yet")
        return next(reversed(self.items.values()))

    def restrict(self, subject: Subject, level: Level) -> None:
        """Put somebody on the read or the update list of the item named last."""
        item = self.last_item()
        if level is Level.VIEW:
            item = replace(item, read=_with(item.read, subject))
        else:
            item = replace(item, update=_with(item.update, subject))
        self.items[item.id] = item

    def make_last_item_the_homepage(self) -> None:
        """Remember the item named last as the page the space opens with."""
        self.space = replace(self.space, homepage_id=self.last_item().id)

    def snapshot(self) -> SpaceSnapshot:
        """Return the space as a scan would have seen it."""
        return SpaceSnapshot(
            self.space,
            tuple(self.grants),
            tuple(self.assignments),
            ContentTable.of(self.items.values()),
            Coverage(tuple(self.gaps), tuple(self.notes)),
        )


def _with(restriction: Restriction, subject: Subject) -> Restriction:
    if subject.type == SubjectType.GROUP:
        return replace(restriction, groups=restriction.groups | {subject.id})
    return replace(restriction, users=restriction.users | {subject.id})

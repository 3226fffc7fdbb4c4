"""The answers of Confluence about content and its restrictions, as typed structures."""

from typing import Generic, TypeVar

from msgspec import field
from msgspec.json import Decoder

from connector.atlassian.payloads import (
    GroupRow,
    Id,
    Links,
    Listing,
    Payload,
    Text,
    User,
)

RowT = TypeVar("RowT")


class Subjects(Payload, Generic[RowT]):
    """The users or the groups of a restriction list, possibly not all of them."""

    results: list[RowT]
    limit: int | None = None
    size: int | None = None
    links: Links | None = field(name="_links", default=None)

    @property
    def is_plainly_empty(self) -> bool:
        """Whether nobody is listed and nothing says that anybody should be."""
        return not (self.results or self.size or self.links)

    @property
    def is_cut(self) -> bool:
        """Whether there are, or may be, more than shown."""
        shown = len(self.results)
        return (
            (self.size is not None and self.size > shown)
            or (bool(self.limit) and shown >= (self.limit or 0))
            or bool(self.links and self.links.next)
        )


class SubjectLists(Payload):
    """Who stands on a restriction list."""

    user: Subjects[User] | Text = None
    group: Subjects[GroupRow] | Text = None


class OperationLists(Payload):
    """One operation and who may do it; what was not expanded is text."""

    operation: Text = None
    restrictions: SubjectLists | Text = None

    @property
    def objects(self) -> int:
        """The users and groups."""
        lists = self.restrictions
        if not isinstance(lists, SubjectLists):
            return 0
        return sum(
            len(subjects.results)
            for subjects in (lists.user, lists.group)
            if isinstance(subjects, Subjects)
        )


class Restrictions(Payload):
    """Both operations of an item as an ``expand`` shows them."""

    read: OperationLists | Text = None
    update: OperationLists | Text = None


class RestrictionBody(Payload):
    """Both operations of an item from the endpoint of its own."""

    results: list[OperationLists]

    @property
    def objects(self) -> int:
        """The users and groups."""
        return sum(lists.objects for lists in self.results)


class SpaceRef(Payload):
    """The space of an item."""

    id: Id = None
    key: Text = None


class Version(Payload):
    """The version of an item."""

    number: int | None = None


class DatedVersion(Version):
    """The version of an item, and when it was made: ISO 8601 with its zone."""

    when: str | int | None = None


class AncestorRow(Payload):
    """An ancestor of an item; some show nothing but their id."""

    id: Id
    type: Text = None
    status: Text = None
    title: Text = None


class ContentRow(Payload):
    """An item as v1 search shows it; ``ancestors`` begin at the top."""

    id: Id
    type: Text = None
    status: Text = None
    title: Text = None
    space: SpaceRef | None = None
    version: Version | None = None
    ancestors: list[AncestorRow] | None = None
    restrictions: Restrictions | Text = None


class ChangedRow(ContentRow):
    """An item of which it matters when it was last changed."""

    version: DatedVersion | None = None


class ItemBody(ContentRow):
    """An item by itself."""

    @property
    def objects(self) -> int:
        """The item."""
        return 1


class PageRow(Payload):
    """A page or a blog post as v2 lists it."""

    id: Id
    status: Text = None
    title: Text = None
    space_id: Id = field(name="spaceId", default=None)
    parent_id: Id = field(name="parentId", default=None)
    parent_type: Text = field(name="parentType", default=None)
    version: Version | None = None


SEARCH = Decoder(Listing[ContentRow])
CHANGES = Decoder(Listing[ChangedRow])
ITEM = Decoder(ItemBody)
PAGES = Decoder(Listing[PageRow])
ANCESTORS = Decoder(Listing[AncestorRow])
RESTRICTION = Decoder(RestrictionBody)
RESTRICTION_OF = Decoder(OperationLists)

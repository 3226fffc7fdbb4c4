"""The answers of the old listings as typed structures, as far as others lack them."""

from msgspec import field
from msgspec.json import Decoder

from connector.atlassian.payloads import (
    Id,
    Listing,
    Payload,
    Text,
    V1PermissionRow,
)

PERMISSION_POINTS = 2
"""What a permission costs where a space costs one point."""


class SpaceExpandable(Payload):
    """What a space would show on demand: paths that end with an id or a key."""

    homepage: Text = None


class V1SpaceRow(Payload):
    """A space as v1 lists it; without ``permissions`` they were not expanded."""

    id: Id = None
    key: Text = None
    name: Text = None
    type: Text = None
    status: Text = None
    permissions: list[V1PermissionRow] | None = None
    expandable: SpaceExpandable | None = field(name="_expandable", default=None)


class PricedSpaces(Payload):
    """Spaces with their permissions expanded."""

    results: list[V1SpaceRow]

    @property
    def objects(self) -> int:
        """The spaces, and the permissions at what they cost beside a space."""
        permissions = sum(len(row.permissions or ()) for row in self.results)
        return len(self.results) + PERMISSION_POINTS * permissions


class LocatedRow(Payload):
    """An item of which only its space is of interest."""

    id: Id
    space: V1SpaceRow | None = None


class StatusRow(Payload):
    """An item of which only its status is of interest."""

    id: Id
    status: Text = None

    @property
    def objects(self) -> int:
        """The item."""
        return 1


SPACES = Decoder(Listing[V1SpaceRow])
PRICED_SPACES = Decoder(PricedSpaces)
LOCATED = Decoder(Listing[LocatedRow])
STATUS = Decoder(StatusRow)

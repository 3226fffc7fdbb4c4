"""The answers of Confluence as typed structures, decoded straight from the bytes.

Every enumeration is open text. What may be missing or null in the wild has a default;
only the list of a listing must be there, for an answer without it is no listing.
"""

from typing import Generic, TypeVar

from msgspec import Struct, field
from msgspec.json import Decoder

RowT = TypeVar("RowT")

Id = str | int | None
Text = str | None


class Payload(Struct, gc=False):
    """A piece of an answer."""


class Links(Payload):
    """Where a list goes on; ``base`` names the site's own host."""

    next: Text = None
    base: Text = None


class Listing(Payload, Generic[RowT]):
    """A page of a list, of v1 or v2; ``total`` counts the rows of all its pages."""

    results: list[RowT]
    limit: int | None = None
    size: int | None = None
    total: int | None = field(name="totalSize", default=None)
    links: Links | None = field(name="_links", default=None)

    @property
    def objects(self) -> int:
        """The rows."""
        return len(self.results)


class User(Payload):
    """A user: v1 says ``type`` and ``isGuest``, v2 ``accountStatus``."""

    type: Text = None
    account_id: Text = field(name="accountId", default=None)
    account_type: Text = field(name="accountType", default=None)
    account_status: Text = field(name="accountStatus", default=None)
    email: Text = None
    display_name: Text = field(name="displayName", default=None)
    public_name: Text = field(name="publicName", default=None)
    is_guest: bool | None = field(name="isGuest", default=None)
    is_external: bool | None = field(name="isExternalCollaborator", default=None)
    was_external: bool | None = field(name="externalCollaborator", default=None)

    @property
    def objects(self) -> int:
        """The user."""
        return 1


class GroupRow(Payload):
    """A group; a deleted one may have lost its id."""

    id: Text = None
    name: Text = None

    @property
    def objects(self) -> int:
        """The group."""
        return 1


class SpaceRow(Payload):
    """A space as v2 lists it."""

    id: Id
    key: Text = None
    name: Text = None
    type: Text = None
    status: Text = None
    owner_id: Text = field(name="spaceOwnerId", default=None)
    homepage_id: Id = field(name="homepageId", default=None)


class Principal(Payload):
    """Whom a v2 permission names."""

    type: Text = None
    id: Text = None


class V2Operation(Payload):
    """What a v2 permission allows."""

    key: Text = None
    target: Text = field(name="targetType", default=None)


class PermissionRow(Payload):
    """A permission as v2 lists it."""

    id: Id = None
    principal: Principal | None = None
    operation: V2Operation | None = None


class V1Operation(Payload):
    """What a v1 permission allows."""

    operation: Text = None
    target: Text = field(name="targetType", default=None)


class V1Users(Payload):
    """The users of a v1 permission."""

    results: list[User] | None = None


class V1Groups(Payload):
    """The groups of a v1 permission."""

    results: list[GroupRow] | None = None


class V1Subjects(Payload):
    """Whom a v1 permission names: one user or one group."""

    user: V1Users | None = None
    group: V1Groups | None = None


class V1PermissionRow(Payload):
    """A permission as the old space listing expands it."""

    id: Id = None
    subjects: V1Subjects | None = None
    operation: V1Operation | None = None
    anonymous: bool | None = field(name="anonymousAccess", default=None)
    unlicensed: bool | None = field(name="unlicensedAccess", default=None)


class Assignee(Payload):
    """Whom a role assignment names."""

    type: Text = field(name="principalType", default=None)
    id: Text = field(name="principalId", default=None)


class AssignmentRow(Payload):
    """A role held on a space."""

    principal: Assignee | None = None
    role_id: Id = field(name="roleId", default=None)


class RoleRow(Payload):
    """A role and what it allows."""

    id: Id
    name: Text = None
    permissions: list[str] | None = field(name="spacePermissions", default=None)


class RoleModeBody(Payload):
    """How the site grants access to spaces."""

    mode: str

    @property
    def objects(self) -> int:
        """The mode."""
        return 1


class CheckBody(Payload):
    """What Confluence says about a subject and an item; errors come in many shapes."""

    has_permission: bool | None = field(name="hasPermission", default=None)
    errors: list[object] | None = None

    @property
    def objects(self) -> int:
        """Nothing that is priced."""
        return 0


class CountBody(Payload):
    """A search of which only the number of results is of interest."""

    total: int | None = field(name="totalSize", default=None)

    @property
    def objects(self) -> int:
        """The one result that was asked for."""
        return 1


class AuditObject(Payload):
    """What a line of the audit log is about: a name, never an id."""

    name: Text = None
    type: Text = field(name="objectType", default=None)


class AuditRow(Payload):
    """A line of the audit log; ``created`` counts milliseconds since the epoch."""

    created: int | None = field(name="creationDate", default=None)
    category: Text = None
    summary: Text = None
    affected: AuditObject | None = field(name="affectedObject", default=None)
    associated: list[AuditObject] | None = field(name="associatedObjects", default=None)


AUDIT = Decoder(Listing[AuditRow])
COUNT = Decoder(CountBody)
GROUPS = Decoder(Listing[GroupRow])
GROUP = Decoder(GroupRow)
USERS = Decoder(Listing[User])
USER = Decoder(User)
SPACES = Decoder(Listing[SpaceRow])
PERMISSIONS = Decoder(Listing[PermissionRow])
ASSIGNMENTS = Decoder(Listing[AssignmentRow])
ROLES = Decoder(Listing[RoleRow])
ROLE_MODE = Decoder(RoleModeBody)
CHECK = Decoder(CheckBody)

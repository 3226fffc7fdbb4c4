"""The facts of a Confluence site as plain values: people, groups, grants, content."""

from dataclasses import dataclass, field
from enum import StrEnum

ANONYMOUS_ID = "anonymous"
PERSONAL_KEY_PREFIX = "~"


class Audience(StrEnum):
    """The class a principal belongs to (access-model 1.2)."""

    ANONYMOUS = "anonymous"
    CLOSED = "closed"
    INACTIVE = "inactive"
    APP = "app"
    UNKNOWN = "unknown"
    UNDETERMINED = "undetermined"
    EXTERNAL = "external"
    INTERNAL = "internal"


class AppKind(StrEnum):
    """What sort of app an app account is (access-model 1.3)."""

    SELF = "self"
    SERVICE_ACCOUNT = "service_account"
    ATLASSIAN = "atlassian"
    THIRD_PARTY = "third_party"


class Level(StrEnum):
    """How far an access goes."""

    VIEW = "view"
    EDIT = "edit"
    ADMIN = "admin"


class Confidence(StrEnum):
    """How sure the model is of an exposure."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Order confidences, low first."""
        return _CONFIDENCE_ORDER.index(self)


_CONFIDENCE_ORDER = tuple(Confidence)


class Lookup(StrEnum):
    """How the look-up of an account ended."""

    FOUND = "found"
    ABSENT = "absent"
    FAILED = "failed"


class Membership(StrEnum):
    """How far the member list of a group could be read."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNREAD = "unread"
    GONE = "gone"


class AnonymousUse(StrEnum):
    """Whom an anonymous grant really reaches on a site (access-model 1.10)."""

    INTERNET = "internet"
    AUTHENTICATED_ANY = "authenticated_any"
    UNVERIFIED = "unverified"


class SubjectType(StrEnum):
    """The subject types a grant is known to name; others are kept as text."""

    USER = "user"
    GROUP = "group"
    ACCESS_CLASS = "access-class"
    ROLE = "role"


class AccessClass(StrEnum):
    """The access classes Confluence is known to grant to."""

    ANONYMOUS = "anonymous-users"
    AUTHENTICATED = "authenticated-users"
    LICENSED = "all-licensed-users"
    ADMINS = "all-product-admins"
    JSM_ADMINS = "jsm-project-admins"
    UNLICENSED = "unlicensed-users"


class RoleMode(StrEnum):
    """How a site grants access to spaces; other modes are kept as text."""

    PRE_ROLES = "PRE_ROLES"
    TRANSITION = "ROLES_TRANSITION"
    ROLES = "ROLES"


class NodeState(StrEnum):
    """How an item of the content tree came to be known."""

    LISTED = "listed"
    ANCESTOR = "ancestor"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Site:
    """One Confluence Cloud site."""

    cloud_id: str
    url: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the directory described it; empty text means "not said".

    ``is_guest`` is true when any of Confluence's three guest flags is. Only the
    domain of the e-mail is kept, lower-cased and IDNA-encoded.
    """

    id: str
    display_name: str = ""
    type: str = "known"
    account_type: str = "atlassian"
    account_status: str = ""
    email_domain: str = ""
    is_guest: bool = False
    lookup: Lookup = Lookup.FOUND


@dataclass(frozen=True, slots=True)
class Group:
    """A group, who is in it, and the product access it gives.

    ``access_types`` holds ``user``, ``admin`` and ``site-admin`` as listed by
    ``GET /group?accessType=``.
    """

    id: str
    name: str = ""
    access_types: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    membership: Membership = Membership.COMPLETE


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a grant names: a user, a group, an access class or a role."""

    type: str
    id: str


ANONYMOUS = Subject(SubjectType.ACCESS_CLASS, AccessClass.ANONYMOUS)


@dataclass(frozen=True, slots=True)
class Grant:
    """One operation, such as ``create/page``, given to a subject on a space."""

    subject: Subject
    operation: str
    permission_id: str = ""
    role_id: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A role and the operations it stands for."""

    id: str
    name: str
    permissions: tuple[str, ...]

    @property
    def operations(self) -> tuple[str, ...]:
        """The permission ids that are operations; the others stay opaque."""
        return tuple(p for p in self.permissions if "/" in p)


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A role held by a subject on a space."""

    subject: Subject
    role_id: str


@dataclass(frozen=True, slots=True)
class Space:
    """A space of a site."""

    id: str
    key: str
    name: str = ""
    type: str = "global"
    status: str = "current"
    owner_id: str = ""
    homepage_id: str = ""

    @property
    def personal_owner(self) -> str:
        """The account whose personal space this is, or nothing."""
        if self.type != "personal":
            return ""
        if self.owner_id:
            return self.owner_id
        return self.key.removeprefix(PERSONAL_KEY_PREFIX)


@dataclass(frozen=True, slots=True)
class Restriction:
    """The read or the update list of an item; empty means unrestricted."""

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Return whether anybody is listed, even a deleted group."""
        return bool(self.users or self.groups)


OPEN = Restriction()


@dataclass(frozen=True, slots=True)
class ContentItem:
    """A page, blog post, whiteboard, database, embed or folder.

    ``parent_id`` is the nearest ancestor, empty at the top of the space and for
    blog posts.
    """

    id: str
    type: str = "page"
    status: str = "current"
    title: str = ""
    parent_id: str = ""
    version: int = 1
    read: Restriction = field(default=OPEN)
    update: Restriction = field(default=OPEN)
    state: NodeState = NodeState.LISTED

"""How old what is stored of a site is, and what an incremental scan read again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SpaceAge:
    """When what a snapshot holds was read; a moment is the start of a scan.

    The whole content, with every restriction list, was read at ``whole_at``, new and
    changed items at ``content_at``, the grants at ``grants_at``. Search listed
    ``listed`` of the items.
    """

    whole_at: datetime
    content_at: datetime
    grants_at: datetime
    listed: int


@dataclass(frozen=True, slots=True)
class GroupAge:
    """When the members of a group were read, and how many the site counted then."""

    read_at: datetime
    size: int | None = None


@dataclass(frozen=True, slots=True)
class SiteAge:
    """How old the directory of a site is.

    The last scan that looked at all of the site began at ``as_of``, the last one that
    looked up everybody who matters at ``people_at``. ``viewer`` tells apart who read:
    another account sees other things.
    """

    as_of: datetime
    people_at: datetime
    viewer: str = ""
    groups: Mapping[str, GroupAge] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Renewal:
    """What an incremental scan read again, and how old the rest is at most.

    ``whole`` counts the spaces that were read whole by why, ``changed`` the items that
    search named. Restrictions are as of ``restrictions_as_of`` or newer, members of
    groups as of ``members_as_of``; ``audited`` says that the audit log was read, and
    ``reason`` why nothing could be kept.
    """

    whole: Mapping[str, int] = field(default_factory=dict)
    kept: int = 0
    changed: int = 0
    groups_read: int = 0
    grants_read: int = 0
    audited: bool = False
    reason: str = ""
    restrictions_as_of: datetime | None = None
    members_as_of: datetime | None = None

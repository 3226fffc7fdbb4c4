"""Turns what the old listings show of spaces into values of the access model."""

from casb_sdk import GapKind, Space
from connector.atlassian.legacy_payloads import V1SpaceRow
from connector.atlassian.normalise import TRASHED, grants_from_v1, text_of
from connector.atlassian.notebook import Notebook
from connector.domain.reading import SpaceGrants

SEE_SPACE = "read/space"
NOT_SHOWN = "not_shown"
NOT_WHOLE = "not_whole"
NO_SUBJECT = "subjects=none"


def space_from_v1(row: V1SpaceRow | None) -> Space | None:
    """Return a space, None for one in the trash or without an id or a key."""
    if row is None or not row.id or not row.key or row.status == TRASHED:
        return None
    homepage = row.expandable.homepage if row.expandable else None
    homepage_id = (homepage or "").rpartition("/")[2]
    return Space(
        id=text_of(row.id),
        key=row.key,
        name=row.name or "",
        type=row.type or "global",
        status=row.status or "current",
        homepage_id=homepage_id if homepage_id.isdigit() else "",
    )


def grants_shown(row: V1SpaceRow) -> SpaceGrants:
    """Return the grants that a space shows, and a gap where some must be missing.

    How v1 shows roles and access classes is not known (confluence-api 5.3). But we do
    see the space: a list in which nobody may, or that names nobody, is not whole.
    """
    book, space_id = Notebook(), text_of(row.id)
    if row.permissions is None:
        book.gap(GapKind.GRANTS, space_id, NOT_SHOWN)
        return SpaceGrants(space_id, coverage=book.coverage)
    grants = dict.fromkeys(
        grant
        for permission in row.permissions
        for grant in grants_from_v1(permission, book.unknown)
    )
    sees = any(grant.operation == SEE_SPACE for grant in grants)
    if not sees or book.unknown[NO_SUBJECT]:
        book.gap(GapKind.GRANTS, space_id, NOT_WHOLE)
    return SpaceGrants(space_id, tuple(grants), coverage=book.coverage)

"""Whom grants and roles name."""

from collections.abc import Iterable

from casb_sdk import SubjectType
from connector.domain.reading import SpaceGrants


def subjects(grants: Iterable[SpaceGrants], kind: SubjectType) -> frozenset[str]:
    """Return the ids of one kind of subject that hold a grant or a role."""
    return frozenset(
        subject.id
        for space in grants
        for subject in (
            *(grant.subject for grant in space.grants),
            *(assignment.subject for assignment in space.assignments),
        )
        if subject.type == kind
    )

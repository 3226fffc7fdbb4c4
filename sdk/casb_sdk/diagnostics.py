"""What the model notices on a space without reporting it, as diagnostics and notes."""

from collections.abc import Iterator
from dataclasses import dataclass

from casb_sdk.access import READ_SPACE, SpaceOperations
from casb_sdk.model import AccessClass, Subject, SubjectType
from casb_sdk.people import People
from casb_sdk.snapshot import SpaceSnapshot
from casb_sdk.standing import Roster

KNOWN_SUBJECTS = frozenset(SubjectType)
NOTE_OF_CLASS = {
    AccessClass.UNLICENSED: "unlicensed_access",
    AccessClass.AUTHENTICATED: "authenticated_users_access",
}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An observation, such as ``operation_without_read``, and whom it is about."""

    code: str
    about: str = ""


def diagnostics_of(roster: Roster, *, split_is_assumed: bool) -> tuple[Diagnostic, ...]:
    """Return what was noticed about the grants of a space."""
    return tuple(_diagnostics(roster, split_is_assumed=split_is_assumed))


def notes_of(
    snapshot: SpaceSnapshot, operations: SpaceOperations, people: People
) -> tuple[str, ...]:
    """Return the coverage notes a reader of the findings should see."""
    return tuple(_notes(snapshot, operations, people))


def _diagnostics(roster: Roster, *, split_is_assumed: bool) -> Iterator[Diagnostic]:
    anonymous = roster.operations.anonymous
    for principal, footing in zip(roster.principals, roster.footings, strict=True):
        if footing.own and READ_SPACE not in footing.own | anonymous:
            yield Diagnostic("operation_without_read", principal.id)
        if principal.id in roster.cut_off:
            yield Diagnostic("grant_without_access", principal.id)
    if split_is_assumed:
        yield Diagnostic("split_mode_assumed")
    for role_id in sorted(roster.operations.unresolved_roles):
        yield Diagnostic("unknown_role", role_id)
    for subject in roster.operations.rows_of:
        if subject.type not in KNOWN_SUBJECTS:
            yield Diagnostic("unknown_subject_type", subject.type)


def _notes(
    snapshot: SpaceSnapshot, operations: SpaceOperations, people: People
) -> Iterator[str]:
    for class_id, note in NOTE_OF_CLASS.items():
        if Subject(SubjectType.ACCESS_CLASS, class_id) in operations.rows_of:
            yield note
    if not len(snapshot.content) and not snapshot.coverage.gaps:
        yield "space_without_content"
    users = {s.id for s in operations.rows_of if s.type == SubjectType.USER}
    if people.undetermined(users):
        yield "undetermined_account"

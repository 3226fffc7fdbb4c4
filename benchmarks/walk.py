"""The plain way to effective access: for each item walk its ancestors, with sets.

The baseline of B10: the same questions from stored state to stored answers, as a
program without boundaries does it: one row an item and question, with who reaches
it. What a list admits and who may edit a type is remembered; evidence is not kept.
"""

from collections.abc import Iterator

from casb_sdk import Audience, Level, People, SpaceSnapshot
from casb_sdk.access import SpaceOperations
from casb_sdk.content import UNRESTRICTED
from casb_sdk.model import Restriction
from casb_sdk.standing import Roster

QUESTIONS = (
    (1, Level.EDIT, frozenset({Audience.ANONYMOUS, Audience.UNKNOWN})),
    (3, Level.EDIT, frozenset({Audience.EXTERNAL})),
    (5, Level.EDIT, frozenset({Audience.APP})),
    (8, Level.VIEW, frozenset({Audience.EXTERNAL})),
    (9, Level.VIEW, frozenset({Audience.APP})),
)
"""The five questions about content, by the number of their detector."""

Answer = tuple[int, str, str]


def walk_space(snapshot: SpaceSnapshot, people: People) -> Iterator[Answer]:
    """Yield the number of a question, an item and who reaches it."""
    walk = _Walk(snapshot, people)
    for row in range(len(snapshot.content)):
        yield from walk.answers(row)


class _Walk:
    def __init__(self, snapshot: SpaceSnapshot, people: People) -> None:
        operations = SpaceOperations.of(
            snapshot.grants, snapshot.assignments, people.directory.roles
        )
        self.content = snapshot.content
        self.roster = Roster.of(people, operations, snapshot.content)
        self.readers = self._names(self.roster.readers)
        self.audiences = {
            audiences: self._names(self.roster.audience_mask(audiences))
            for _, _, audiences in QUESTIONS
        }
        self.editors: dict[str, set[str]] = {}
        self.admitted: dict[Restriction, set[str]] = {}

    def answers(self, row: int) -> Iterator[Answer]:
        viewers = set(self.readers)
        at = row
        while at >= 0:
            read = self.content.lists.get(at, UNRESTRICTED).read
            if read:
                viewers &= self._admitted(read)
            at = self.content.parents[at]
        editors = viewers & self._editors(self.content.types[row])
        update = self.content.lists.get(row, UNRESTRICTED).update
        if update:
            editors &= self._admitted(update)
        for number, level, audiences in QUESTIONS:
            reached = viewers if level is Level.VIEW else editors
            if who := reached & self.audiences[audiences]:
                yield number, self.content.ids[row], ",".join(sorted(who))

    def _editors(self, content_type: str) -> set[str]:
        if content_type not in self.editors:
            self.editors[content_type] = self._names(
                self.roster.editors(content_type)[1]
            )
        return self.editors[content_type]

    def _admitted(self, restriction: Restriction) -> set[str]:
        if restriction not in self.admitted:
            self.admitted[restriction] = self._names(self.roster.admits(restriction))
        return self.admitted[restriction]

    def _names(self, mask: int) -> set[str]:
        return {
            standing.principal.id
            for bit, standing in enumerate(self.roster.standings)
            if mask >> bit & 1
        }

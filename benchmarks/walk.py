"""The plain way to effective access: for each item walk its ancestors, with sets.

The baseline of B10: from the same stored state to the same answers about content,
kept, as a program without boundaries does it. One row an item and question says what
a finding has to say of an item: its resource (type, id, title, address, space), the
level, the cause, who reaches it (id, audience, kind and level of each) and the
restricted items on the way to it with their entries.

It does what a competent author of such a program would do at once: what a list
admits, who may edit a type, how a person and a restricted item are described is
worked out once a space. And it is let off much: the questions about spaces and
accounts, the grants that let each person in, doubts, digests, the feed of changes,
and what was known before.
"""

from collections.abc import Iterator

import orjson

from casb_sdk import Audience, Level, People, SpaceSnapshot
from casb_sdk.access import SpaceOperations
from casb_sdk.content import UNRESTRICTED
from casb_sdk.model import Restriction
from casb_sdk.people import Principal
from casb_sdk.resources import content_url
from casb_sdk.standing import Roster

VIEW, EDIT = Level.VIEW, Level.EDIT
QUESTIONS = (
    ("unknown-content-edit", EDIT, {Audience.ANONYMOUS, Audience.UNKNOWN}),
    ("external-content-edit", EDIT, {Audience.EXTERNAL}),
    ("app-content-edit", EDIT, {Audience.APP}),
    ("external-content-view", VIEW, {Audience.EXTERNAL}),
    ("app-content-view", VIEW, {Audience.APP}),
)
"""The questions about content, by the id of their detector."""

TABLE = """CREATE TABLE answers (
    detector TEXT, type TEXT, id TEXT, title TEXT, url TEXT, space_key TEXT,
    level TEXT, cause TEXT, principals BLOB, restriction_chain BLOB
)"""
ROW = "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

Answer = tuple[str, str, str, str, str, str, str, str, bytes, bytes]


def walk_space(snapshot: SpaceSnapshot, people: People) -> Iterator[Answer]:
    """Yield a row for each item and question that somebody makes true."""
    walk = _Walk(snapshot, people)
    for row in range(len(snapshot.content)):
        yield from walk.answers(row)


class _Walk:
    def __init__(self, snapshot: SpaceSnapshot, people: People) -> None:
        operations = SpaceOperations.of(
            snapshot.grants, snapshot.assignments, people.directory.roles
        )
        self.site, self.space = people.directory.site, snapshot.space
        self.content = snapshot.content
        self.roster = Roster.of(people, operations, snapshot.content)
        self.readers = self._names(self.roster.readers)
        self.audiences = [
            self._names(self.roster.audience_mask(audiences))
            - ({self.space.personal_owner} if Audience.EXTERNAL in audiences else set())
            for _, _, audiences in QUESTIONS
        ]
        self.editors: dict[str, set[str]] = {}
        self.admitted: dict[Restriction, set[str]] = {}
        self.described = {
            level: {
                principal.id: _described(principal, level)
                for principal in self.roster.principals
            }
            for level in (VIEW, EDIT)
        }
        self.addresses: dict[str, str] = {}
        self.steps = {row: self._step(row) for row in self.content.lists}

    def answers(self, row: int) -> Iterator[Answer]:
        status = self.content.statuses[row]
        if status not in {"current", "archived"}:
            return
        viewers, chain = self._viewers(row)
        editors = self._editing(row, viewers) if status == "current" else set()
        for (detector, level, _), audience in zip(
            QUESTIONS, self.audiences, strict=True
        ):
            reached = viewers if level is VIEW else editors
            if who := reached & audience:
                yield self._answer(detector, row, level, who, chain)

    def _viewers(self, row: int) -> tuple[set[str], list[object]]:
        viewers, chain = set(self.readers), list[object]()
        while row >= 0:
            if row in self.steps:
                chain.append(self.steps[row])
            read = self.content.lists.get(row, UNRESTRICTED).read
            if read:
                viewers &= self._admitted(read)
            row = self.content.parents[row]
        return viewers, chain

    def _editing(self, row: int, viewers: set[str]) -> set[str]:
        editors = viewers & self._editors(self.content.types[row])
        update = self.content.lists.get(row, UNRESTRICTED).update
        return editors & self._admitted(update) if update else editors

    def _answer(
        self, detector: str, row: int, level: Level, who: set[str], chain: list[object]
    ) -> Answer:
        type_, id_ = self.content.types[row], self.content.ids[row]
        described = self.described[level]
        return (
            detector,
            type_,
            id_,
            self.content.titles[row],
            self._address(type_) + id_,
            self.space.key,
            str(level),
            "restriction" if chain else "space_grant",
            orjson.dumps([described[name] for name in sorted(who)]),
            orjson.dumps(chain),
        )

    def _address(self, content_type: str) -> str:
        if content_type not in self.addresses:
            address = content_url(self.site, self.space, content_type, "")
            self.addresses[content_type] = address
        return self.addresses[content_type]

    def _step(self, row: int) -> dict[str, object]:
        lists = self.content.lists[row]
        return {
            "content_id": self.content.ids[row],
            "type": self.content.types[row],
            "read": _entries(lists.read),
            "update": _entries(lists.update),
        }

    def _editors(self, content_type: str) -> set[str]:
        if content_type not in self.editors:
            _, editors = self.roster.editors(content_type)
            self.editors[content_type] = self._names(editors)
        return self.editors[content_type]

    def _admitted(self, restriction: Restriction) -> set[str]:
        if restriction not in self.admitted:
            self.admitted[restriction] = self._names(self.roster.admits(restriction))
        return self.admitted[restriction]

    def _names(self, mask: int) -> set[str]:
        return {principal.id for principal in self.roster.seats(mask).principals}


def _described(principal: Principal, level: Level) -> dict[str, str]:
    return {
        "id": principal.id,
        "audience": str(principal.audience),
        "kind": str(principal.kind or ""),
        "level": str(level),
    }


def _entries(restriction: Restriction) -> list[str]:
    return [
        *(f"user:{id_}" for id_ in sorted(restriction.users)),
        *(f"group:{id_}" for id_ in sorted(restriction.groups)),
    ]

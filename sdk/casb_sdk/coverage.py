"""What a scan could not read, kept beside what it read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class GapKind(StrEnum):
    """The kinds of thing a scan can fail to read."""

    SPACES = "spaces"
    GRANTS = "grants"
    CONTENT = "content"
    CONTENT_TYPE = "content_type"
    RESTRICTION = "restriction"
    ANCESTOR = "ancestor"
    GROUP = "group"
    GROUPS = "groups"
    ACCOUNT = "account"
    ROLE = "role"
    NOT_VISIBLE = "not_visible"


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that could not be read, and why (``403``, ``paging_broke``...)."""

    kind: GapKind
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """Gaps make a scan blind; notes only tell the reader something.

    ``unknown_values`` counts enumeration values nobody has documented, keyed
    ``field=value``.
    """

    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    unknown_values: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Return whether everything asked for could be read."""
        return not self.gaps

    def ids(self, kind: GapKind) -> frozenset[str]:
        """Return the ids of the gaps of one kind."""
        return frozenset(gap.id for gap in self.gaps if gap.kind is kind)

    def __or__(self, other: "Coverage") -> "Coverage":
        """Return both coverages as one, repeated gaps and notes once."""
        return Coverage.merged((self, other))

    @classmethod
    def merged(cls, parts: Iterable["Coverage"]) -> "Coverage":
        """Return many coverages as one, repeated gaps and notes once."""
        gaps: dict[Gap, None] = {}
        notes: dict[str, None] = {}
        counts: dict[str, int] = {}
        for part in parts:
            gaps.update(dict.fromkeys(part.gaps))
            notes.update(dict.fromkeys(part.notes))
            for key, count in part.unknown_values.items():
                counts[key] = counts.get(key, 0) + count
        return cls(tuple(gaps), tuple(notes), counts)


SEEN_WHOLE = Coverage()

"""Collects what a crawl step could not read, while it reads."""

from collections import Counter
from dataclasses import dataclass, field

from casb_sdk import Coverage, Gap, GapKind


@dataclass(slots=True)
class Notebook:
    """The gaps, notes and undocumented values of one answer under way."""

    unknown: Counter[str] = field(default_factory=Counter)
    _gaps: list[Gap] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)

    def gap(self, kind: GapKind, id_: str, reason: str) -> None:
        """Note something that could not be read."""
        self._gaps.append(Gap(kind, id_, reason))

    def note(self, text: str) -> None:
        """Note something the reader should know."""
        self._notes.append(text)

    @property
    def coverage(self) -> Coverage:
        """What was noted."""
        return Coverage(tuple(self._gaps), tuple(self._notes), dict(self.unknown))

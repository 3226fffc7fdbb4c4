"""Answers kept ready to send, by target, up to a number of bytes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """A rendered answer: its body in gzip, its headers, its price in points."""

    packed: bytes
    headers: tuple[tuple[str, str], ...]
    cost: int


class BodyMemo:
    """Keeps answers; when it is full the oldest go first."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept: dict[str, Kept] = {}
        self._bytes = 0

    def __len__(self) -> int:
        """Return the number of answers kept."""
        return len(self._kept)

    def get(self, target: str) -> Kept | None:
        """Return the answer to a target, if it is kept."""
        return self._kept.get(target)

    def keep(self, target: str, answer: Kept) -> None:
        """Keep an answer, dropping old ones to make room."""
        size = len(answer.packed)
        if size > self._most or target in self._kept:
            return
        while self._bytes + size > self._most:
            oldest = next(iter(self._kept))
            self._bytes -= len(self._kept.pop(oldest).packed)
        self._kept[target] = answer
        self._bytes += size

    def clear(self) -> None:
        """Drop everything."""
        self._kept.clear()
        self._bytes = 0

"""Faults on demand: what can go wrong, where, how often."""

import random
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from casb_sdk.cloud.queries import Query

FOREIGN_HOST = "https://elsewhere.example"


class FaultKind(StrEnum):
    """The things that go wrong; the first group refuses, the second spoils."""

    STATUS = "status"
    RATE_LIMIT = "rate_limit"
    GATEWAY_LIMIT = "gateway_limit"
    QUOTA = "quota"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - the name of a fault
    HTML = "html"
    EMPTY = "empty"
    CUT = "cut"
    SLOW = "slow"
    TRUNCATED = "truncated"
    REPEATED_CURSOR = "repeated_cursor"
    EMPTY_PAGE = "empty_page"
    FOREIGN_NEXT = "foreign_next"
    UNKNOWN_ENUM = "unknown_enum"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, the requests it hits and how often it does.

    ``path`` is a shell pattern over the path below the gateway prefix, such as
    ``*/membersByGroupId``; ``query`` must occur in the query string, decoded or
    not; ``limit_above`` asks for a ``limit`` above it. The first ``after``
    fitting requests go well, then ``count`` of them fail, all if it is None.
    ``status`` serves STATUS and HTML, ``seconds`` SLOW and Retry-After.
    """

    kind: FaultKind
    path: str = "*"
    method: str = "*"
    query: str = ""
    limit_above: int | None = None
    count: int | None = None
    after: int = 0
    probability: float = 1.0
    status: int = 503
    seconds: float | None = None
    message: str = ""
    host: str = FOREIGN_HOST
    value: str = "martian"

    @classmethod
    def from_json(cls, body: Mapping[str, object]) -> "Fault":
        """Return a fault as the admin endpoint is sent one."""
        known = {field.name for field in fields(cls)}
        if unknown := body.keys() - known:
            raise ValueError(f"no such field of a fault: {', '.join(sorted(unknown))}")
        bare = cls(FaultKind(str(body["kind"])))
        values = {name: value for name, value in body.items() if name != "kind"}
        return replace(bare, **values)  # type: ignore[arg-type]  # checked by name

    def fits(self, method: str, path: str, query: str) -> bool:
        """Return whether a request is one this fault may hit."""
        if self.method not in {"*", method} or not fnmatchcase(path, self.path):
            return False
        if not self.query and self.limit_above is None:
            return True
        asked = Query(query)
        decoded = "&".join(f"{name}={value}" for name, value in asked.others())
        if self.query not in query and self.query not in decoded:
            return False
        least = -1 if self.limit_above is None else self.limit_above
        return asked.number("limit", 0) > least


class Faults:
    """The faults planned; safe to change from another thread."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._lock = threading.Lock()
        self._planned: list[tuple[Fault, list[int]]] = []

    def add(self, *faults: Fault) -> None:
        """Plan faults."""
        with self._lock:
            self._planned += [(fault, [0]) for fault in faults]

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._planned.clear()

    def planned(self) -> tuple[Fault, ...]:
        """Return the faults that were added and not cleared."""
        return tuple(fault for fault, _ in self._planned)

    def draw(self, method: str, path: str, query: str) -> tuple[Fault, ...]:
        """Return the faults that hit a request."""
        if not self._planned:
            return ()
        with self._lock:
            return tuple(
                fault
                for fault, seen in self._planned
                if fault.fits(method, path, query) and self._hits(fault, seen)
            )

    def _hits(self, fault: Fault, seen: list[int]) -> bool:
        if fault.count is not None and seen[0] >= fault.after + fault.count:
            return False
        if seen[0] >= fault.after and self._random.random() >= fault.probability:
            return False
        seen[0] += 1
        return seen[0] > fault.after


def kinds_of(faults: Iterable[Fault]) -> frozenset[FaultKind]:
    """Return the kinds among some faults."""
    return frozenset(fault.kind for fault in faults)

"""What a grant can really do on a site, found out with a few calls after consent."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from casb_sdk import Site

WHOLE_PROFILE = "current"
SWITCH = (
    "set CASB_SCOPE_PROFILE=current, which adds search:confluence, and connect the "
    "site again with `casb install`"
)
ADD_SCOPES = (
    "add what is missing to the OAuth app in Atlassian's developer console and "
    "connect the site again with `casb install`"
)
LET_IN = (
    "give the consent with an account that may use Confluence, and see that no app "
    "access rule keeps the app out"
)
UPDATE = "update the connector"


class Answer(StrEnum):
    """How Confluence met a call; UNKNOWN is anything that proves nothing."""

    OK = "ok"
    SCOPE_MISSING = "scope_missing"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProbedCall:
    """An operation that was tried out: what it is for, and what came of it.

    A scan can do without one that is not ``is_needed``, unless a scope is missing.
    ``points`` is what trying it cost.
    """

    operation: str
    purpose: str
    scope: str
    answer: Answer
    status: int = 0
    is_needed: bool = True
    points: int = 0


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a scope profile can do on a site, operation by operation."""

    profile: str
    calls: tuple[ProbedCall, ...] = ()

    @property
    def points(self) -> int:
        """What the calls cost of the quota."""
        return sum(call.points for call in self.calls)

    @property
    def is_well(self) -> bool:
        """Return whether nothing that matters is known to be refused."""
        return not self.note

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """The scopes of the profile that the consent lacks."""
        return tuple(dict.fromkeys(call.scope for call in self._out_of_scope()))

    @property
    def gone(self) -> tuple[str, ...]:
        """The needed operations that Atlassian has removed on this site."""
        return tuple(call.operation for call in self._needed(Answer.GONE))

    @property
    def note(self) -> str:
        """What is wrong and what to do about it, in one sentence; empty if well."""
        if gone := self._needed(Answer.GONE):
            what = joined(f"{call.operation} ({call.status})" for call in gone)
            remedy = UPDATE if self.profile == WHOLE_PROFILE else SWITCH
            return f"Atlassian has removed {what} on this site: {remedy}."
        if missing := self._out_of_scope():
            what = joined(f"{call.scope} for {call.operation}" for call in missing)
            return f"The consent lacks {what}: {ADD_SCOPES}."
        if forbidden := self._needed(Answer.FORBIDDEN):
            what = joined(f"{call.operation} ({call.status})" for call in forbidden)
            return f"Confluence refuses {what}: {LET_IN}."
        return ""

    def _out_of_scope(self) -> tuple[ProbedCall, ...]:
        return tuple(c for c in self.calls if c.answer is Answer.SCOPE_MISSING)

    def _needed(self, answer: Answer) -> tuple[ProbedCall, ...]:
        return tuple(c for c in self.calls if c.is_needed and c.answer is answer)


class SiteProbe(Protocol):
    """Asks, right after a consent, what the grant can do on a site."""

    def probe(
        self, access_token: str, installation_site: Site, profile: str
    ) -> ProbeReport:
        """Return what the calls of a profile answer.

        Raises AtlassianUnavailableError where the network gives no answer at all.
        """
        ...


def joined(parts: Iterable[str]) -> str:
    """Return parts as a person lists them."""
    *front, last = parts
    return f"{', '.join(front)} and {last}" if front else last

"""Putting findings aside: what is hidden, by whom, why, for how long.

A suppression is bound to the principals and the level it was given for: a new
principal or a higher level is news, whatever somebody decided before (export-api,
part 1).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from casb_sdk import ExposedPrincipal, Finding, Level
from connector.domain.difference import principal_ids, rank_of
from connector.domain.finding_state import Aside


class Scope(StrEnum):
    """What a suppression is about."""

    FINDING = "finding"
    DETECTOR = "detector"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A decision to put something aside on a site; without an end it is for good.

    ``target`` is the id of a finding, of a detector (in the space ``space_id``) or
    of a principal.
    """

    id: str
    site_id: str
    scope: Scope
    target: str
    reason: str
    by: str
    created_at: datetime
    level: Level
    principals: frozenset[str] = frozenset()
    space_id: str = ""
    until: datetime | None = None

    @property
    def aside(self) -> Aside:
        """Return what a finding it hides says about it."""
        return Aside(self.id, self.reason, self.by, self.until)

    def stands(self, now: datetime) -> bool:
        """Return whether its end has not come yet."""
        return self.until is None or now < self.until

    def hides(self, finding_id: str, finding: Finding, space_id: str) -> bool:
        """Return whether a finding is hidden as it is now."""
        if self.scope is Scope.PRINCIPAL or not self._is_about(
            finding_id, finding, space_id
        ):
            return False
        is_known = principal_ids(finding) <= self.principals
        return is_known and rank_of(finding.level) <= rank_of(self.level)

    def removes(self, exposed: ExposedPrincipal) -> bool:
        """Return whether a principal is taken out of findings, at its level there."""
        is_it = self.scope is Scope.PRINCIPAL and exposed.principal.id == self.target
        return is_it and rank_of(exposed.level) <= rank_of(self.level)

    def _is_about(self, finding_id: str, finding: Finding, space_id: str) -> bool:
        if self.scope is Scope.FINDING:
            return self.target == finding_id
        return self.target == finding.detector_id and self.space_id == space_id


@dataclass(frozen=True, slots=True)
class Suppressions:
    """The suppressions of a site that stand."""

    standing: Sequence[Suppression] = ()

    @classmethod
    def of(cls, all_: Iterable[Suppression], now: datetime) -> "Suppressions":
        """Return those that have not ended."""
        return cls(tuple(each for each in all_ if each.stands(now)))

    def aside(self, finding_id: str, finding: Finding, space_id: str) -> Aside | None:
        """Return why a finding is put aside, or nothing."""
        for each in self.standing:
            if each.hides(finding_id, finding, space_id):
                return each.aside
        return None

    def without_muted(self, finding: Finding) -> Finding | None:
        """Return a finding without the principals taken out; nothing if none stays.

        What the finding affects is then the most that one of the others reaches.
        """
        muted = [each for each in self.standing if each.scope is Scope.PRINCIPAL]
        if not muted:
            return finding
        stay = tuple(
            exposed
            for exposed in finding.principals
            if not any(each.removes(exposed) for each in muted)
        )
        if len(stay) == len(finding.principals):
            return finding
        return _of(finding, stay) if stay else None


def _of(finding: Finding, principals: Sequence[ExposedPrincipal]) -> Finding:
    reached = [exposed.affected for exposed in principals if exposed.affected]
    most = max(reached, key=lambda affected: affected.count, default=None)
    whole = finding.affected
    is_whole = whole and most and most.count == whole.count
    return replace(
        finding,
        principals=tuple(principals),
        level=max((exposed.level for exposed in principals), key=rank_of),
        affected=whole if is_whole else most,
    )


def bound_to(findings: Collection[Finding]) -> tuple[frozenset[str], Level]:
    """Return the principals and the highest level that some findings speak of."""
    people = frozenset[str]().union(*map(principal_ids, findings))
    return people, max((each.level for each in findings), key=rank_of)


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote down about a finding."""

    finding_id: str
    at: datetime
    by: str
    text: str


class SuppressionStore(Protocol):
    """The suppressions of all sites, and the notes on findings."""

    def save(self, suppression: Suppression) -> None:
        """Keep a suppression."""
        ...

    def get(self, suppression_id: str) -> Suppression | None:
        """Return a suppression."""
        ...

    def of_site(self, site_id: str) -> Sequence[Suppression]:
        """Return the suppressions of a site, the oldest first."""
        ...

    def ended(self, now: datetime, limit: int) -> Sequence[Suppression]:
        """Return suppressions whose end has come."""
        ...

    def drop(self, suppression_id: str) -> None:
        """Forget a suppression."""
        ...

    def add_note(self, note: Note) -> None:
        """Keep a note."""
        ...

    def notes(self, finding_id: str) -> Sequence[Note]:
        """Return the notes on a finding, the oldest first."""
        ...

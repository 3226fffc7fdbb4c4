"""Brings what is known of a space's findings up to date with what a scan found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from casb_sdk import Finding
from connector.domain.difference import (
    changed_fields,
    evidence_digest,
    kind_of,
    principal_ids,
)
from connector.domain.ending import ended
from connector.domain.finding_state import (
    Change,
    ChangeType,
    FindingType,
    Resolution,
    Stale,
    Status,
    TrackedFinding,
    finding_id_of,
)
from connector.domain.implication import implied_by
from connector.domain.policy import DetectorPolicy
from connector.domain.sight import Sight
from connector.domain.suppression import Suppressions
from connector.domain.unjudged import with_unjudged_principals

OUTGREW_SUPPRESSION = "outgrew_suppression"


@dataclass(frozen=True, slots=True)
class Occasion:
    """The scan on whose behalf findings are brought up to date.

    ``space_id`` is empty when the site itself was judged.
    """

    site_id: str
    space_id: str
    scan_id: str
    now: datetime
    types: Mapping[str, FindingType]
    policy: DetectorPolicy
    suppressions: Suppressions = field(default_factory=Suppressions)

    def hides(self, finding_id: str, finding: Finding) -> bool:
        """Return whether a finding of this space is put aside."""
        return self.suppressions.aside(finding_id, finding, self.space_id) is not None


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A finding of this scan; ``blind_to`` says why some principals were kept."""

    id: str
    fingerprint: str
    finding: Finding
    blind_to: str
    implied_by: str | None
    is_hidden: bool


def reconcile(
    known: Mapping[str, TrackedFinding],
    found: Sequence[Finding],
    sight: Sight,
    occasion: Occasion,
) -> list[Change]:
    """Return what a scan changed about the findings of one space or of the site.

    New findings open, repeated ones stay as triaged, resolved ones that come back
    reopen. Known ones that are gone resolve, unless the scan was blind to them:
    these stay, marked stale.
    """
    sightings = _sightings(known, found, sight, occasion)
    muted = _muted(found, occasion)
    gone = {
        key: _end(tracked, muted, sight, occasion.now)
        for key, tracked in known.items()
        if key not in sightings and tracked.status is not Status.RESOLVED
    }
    blind = [known[key] for key, resolution in gone.items() if resolution is None]
    # What is put aside says nothing for anybody: it implies no weaker finding.
    strong = {
        tracked.id: principal_ids(tracked.finding)
        for tracked in blind
        if tracked.status is Status.OPEN
    }
    changes = [
        _seen(known.get(key), sighting, strong, occasion)
        for key, sighting in sightings.items()
    ]
    if blind:
        strong |= {
            s.id: principal_ids(s.finding)
            for s in sightings.values()
            if not s.is_hidden
        }
    for key, resolution in gone.items():
        if resolution is not None:
            changes.append(resolved(known[key], resolution, occasion))
        elif unseen := _unseen(known[key], strong, sight, occasion):
            changes.append(unseen)
    return changes


def _sightings(
    known: Mapping[str, TrackedFinding],
    found: Sequence[Finding],
    sight: Sight,
    occasion: Occasion,
) -> dict[str, _Sighting]:
    """Return the findings of a scan by fingerprint, each with its mark."""
    whole = {}
    for finding in found:
        key = finding.fingerprint(occasion.site_id)
        judged, reason = with_unjudged_principals(known.get(key), finding, sight)
        if left := occasion.suppressions.without_muted(judged):
            whole[key] = left, reason
    findings = [finding for finding, _ in whole.values()]
    marks = implied_by(findings, occasion.types, occasion.site_id)
    ids = {key: finding_id_of(key) for key in whole}
    hidden = {
        ids[key]
        for key, (finding, _) in whole.items()
        if occasion.hides(ids[key], finding)
    }
    return {
        key: _Sighting(
            ids[key],
            key,
            finding,
            reason,
            None if marks.get(key) in hidden else marks.get(key),
            ids[key] in hidden,
        )
        for key, (finding, reason) in whole.items()
    }


def _muted(found: Sequence[Finding], occasion: Occasion) -> frozenset[str]:
    """Return the fingerprints of findings that speak of muted principals alone."""
    without = occasion.suppressions.without_muted
    return frozenset(
        finding.fingerprint(occasion.site_id)
        for finding in found
        if without(finding) is None
    )


def _end(
    tracked: TrackedFinding, muted: frozenset[str], sight: Sight, now: datetime
) -> Resolution | None:
    if tracked.fingerprint in muted:
        return Resolution.POLICY_CHANGED
    return sight.resolution(tracked, now)


def _seen(
    known: TrackedFinding | None,
    sighting: _Sighting,
    strong: Mapping[str, frozenset[str]],
    occasion: Occasion,
) -> Change:
    if known is None:
        return Change(ChangeType.CREATED, _opened(sighting, occasion))
    finding = sighting.finding
    type_ = occasion.types.get(finding.detector_id, known.type)
    after = replace(
        known,
        space_id=occasion.space_id,
        finding=finding,
        type=type_,
        severity=occasion.policy.severity(type_.id, type_.severity),
        evidence_digest=evidence_digest(finding),
        last_seen_at=occasion.now,
        scan_id=occasion.scan_id,
        implied_by=sighting.implied_by or _kept_mark(known, finding, strong),
        stale=_stale(known, sighting.blind_to, occasion.now),
    )
    after = put_aside(after, occasion.suppressions)
    if known.status is Status.RESOLVED:
        after = replace(
            after,
            resolution=None,
            resolved_at=None,
            reopened_count=known.reopened_count + 1,
        )
    fields = tuple(changed_fields(known, after))
    kind = kind_of(known, after, fields)
    if kind is ChangeType.REFRESHED:
        return Change(kind, after, fields, known.standing)
    after = replace(after, version=known.version + 1)
    if kind is ChangeType.UNSUPPRESSED and _still_stands(known, occasion):
        # Whoever put it aside did not know of this principal, or of this level.
        return Change(
            ChangeType.REOPENED, after, fields, known.standing, OUTGREW_SUPPRESSION
        )
    return Change(kind, after, fields, known.standing)


def put_aside(tracked: TrackedFinding, suppressions: Suppressions) -> TrackedFinding:
    """Return a finding that was seen, open or suppressed as was decided."""
    aside = suppressions.aside(tracked.id, tracked.finding, tracked.space_id)
    status = Status.SUPPRESSED if aside else Status.OPEN
    if (tracked.status, tracked.aside) == (status, aside):
        return tracked
    return replace(tracked, status=status, aside=aside)


def _still_stands(known: TrackedFinding, occasion: Occasion) -> bool:
    ids = {each.id for each in occasion.suppressions.standing}
    return known.aside is not None and known.aside.suppression_id in ids


def _opened(sighting: _Sighting, occasion: Occasion) -> TrackedFinding:
    finding = sighting.finding
    type_ = occasion.types[finding.detector_id]
    opened = TrackedFinding(
        id=sighting.id,
        fingerprint=sighting.fingerprint,
        site_id=occasion.site_id,
        space_id=occasion.space_id,
        finding=finding,
        type=type_,
        severity=occasion.policy.severity(type_.id, type_.severity),
        evidence_digest=evidence_digest(finding),
        first_seen_at=occasion.now,
        last_seen_at=occasion.now,
        scan_id=occasion.scan_id,
        implied_by=sighting.implied_by,
    )
    return put_aside(opened, occasion.suppressions)


def _unseen(
    tracked: TrackedFinding,
    strong: Mapping[str, frozenset[str]],
    sight: Sight,
    occasion: Occasion,
) -> Change | None:
    """Return what becomes of a finding that could not be judged."""
    after = replace(
        tracked,
        stale=_stale(tracked, sight.blind_reason(tracked.finding), occasion.now),
        implied_by=_kept_mark(tracked, tracked.finding, strong),
    )
    fields = tuple(changed_fields(tracked, after))
    if not fields:
        return None
    kind = kind_of(tracked, after, fields)
    after = replace(after, version=tracked.version + 1)
    return Change(kind, after, fields, tracked.standing)


def _kept_mark(
    known: TrackedFinding, finding: Finding, strong: Mapping[str, frozenset[str]]
) -> str | None:
    """Return the mark of a finding where it, or the stronger one, was not judged."""
    mark = known.implied_by
    if mark and mark in strong and principal_ids(finding) <= strong[mark]:
        return mark
    return None


def resolved(
    tracked: TrackedFinding, resolution: Resolution, occasion: Occasion
) -> Change:
    """Return the end that a scan brought about."""
    judged = replace(tracked, scan_id=occasion.scan_id)
    return ended(judged, resolution, occasion.now)


def _stale(known: TrackedFinding, reason: str, now: datetime) -> Stale | None:
    if not reason:
        return None
    if known.stale and known.stale.reason == reason:
        return known.stale
    return Stale(reason, now)

"""Keeps in a finding whom a scan could not judge: not seen is not fixed."""

from dataclasses import replace

from casb_sdk import Finding
from connector.domain.difference import rank_of
from connector.domain.finding_state import Status, TrackedFinding
from connector.domain.sight import Sight


def with_unjudged_principals(
    known: TrackedFinding | None, finding: Finding, sight: Sight
) -> tuple[Finding, str]:
    """Return a finding with those kept that this scan could not judge, and why.

    They are kept as far as they reached before; the reason is empty if there are none.
    """
    if known is None or known.status is Status.RESOLVED:
        return finding, ""
    reach = {p.principal.id: rank_of(p.level) for p in finding.principals}
    doubtful = [
        (exposed, sight.blind_principal(finding, exposed))
        for exposed in known.finding.principals
        if rank_of(exposed.level) > reach.get(exposed.principal.id, -1)
    ]
    kept = {exposed.principal.id: exposed for exposed, reason in doubtful if reason}
    if not kept:
        return finding, ""
    sure = (p for p in finding.principals if p.principal.id not in kept)
    finding = replace(
        finding,
        principals=(*sure, *kept.values()),
        level=max(finding.level, *(p.level for p in kept.values()), key=rank_of),
        anonymous_use=finding.anonymous_use or known.finding.anonymous_use,
    )
    if known.finding.confidence.rank > finding.confidence.rank:
        finding = replace(
            finding,
            confidence=known.finding.confidence,
            confidence_reasons=known.finding.confidence_reasons,
        )
    return finding, next(reason for _, reason in doubtful if reason)

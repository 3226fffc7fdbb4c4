"""Which findings a stronger one on the same resource implies (access-model 1.7)."""

from collections.abc import Mapping, Sequence

from casb_sdk import Finding
from connector.domain.difference import principal_ids
from connector.domain.finding_state import FindingType, finding_id_of

NOBODY: frozenset[str] = frozenset()


def implied_by(
    findings: Sequence[Finding], types: Mapping[str, FindingType], cloud_id: str
) -> dict[str, str]:
    """Return the id of the stronger finding by the fingerprint of the weaker one."""
    by_place = {(f.detector_id, f.resource.type, f.resource.id): f for f in findings}
    marks: dict[str, str] = {}
    for weaker in findings:
        type_ = types.get(weaker.detector_id)
        if type_ is None or type_.implied_by is None:
            continue
        place = (type_.implied_by, weaker.resource.type, weaker.resource.id)
        stronger = by_place.get(place)
        if stronger and _says_more(stronger, weaker):
            marks[weaker.fingerprint(cloud_id)] = finding_id_of(
                stronger.fingerprint(cloud_id)
            )
    return marks


def _says_more(stronger: Finding, weaker: Finding) -> bool:
    strong, weak = principal_ids(stronger), principal_ids(weaker)
    if not weak <= strong:
        return False
    reached = _reached(stronger)
    return all(
        names & weak <= reached.get(rows, NOBODY)
        for rows, names in _reached(weaker).items()
    )


def _reached(finding: Finding) -> dict[int, frozenset[str]]:
    """Return who reaches the items of each profile.

    Exposures of one space share the row lists of its profiles, which never
    overlap, so the identity of a list stands for its items.
    """
    reached: dict[int, frozenset[str]] = {}
    for reach in finding.exposure.reaches if finding.exposure else ():
        rows = id(reach.rows)
        reached[rows] = reached.get(rows, NOBODY).union(reach.account_ids)
    return reached

"""Which findings a stronger one on the same resource implies (access-model 1.7)."""

from collections.abc import Mapping, Sequence

from casb_sdk import Finding
from connector.domain.finding_state import FindingType, finding_id_of


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
    strong, weak = _reached(stronger), _reached(weaker)
    return weak.keys() <= strong.keys() and all(
        places <= strong[principal] for principal, places in weak.items()
    )


def _reached(finding: Finding) -> dict[str, set[int]]:
    """Return what each principal reaches, as the profiles it belongs to.

    Exposures of one space share the row lists of its profiles, which never
    overlap, so the identity of a list stands for its items.
    """
    reached: dict[str, set[int]] = {p.principal.id: set() for p in finding.principals}
    if finding.exposure:
        for reach in finding.exposure.reaches:
            for account_id in reach.account_ids:
                if account_id in reached:
                    reached[account_id].add(id(reach.rows))
    return reached

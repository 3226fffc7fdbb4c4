"""The evidence of a finding as JSON: who gets in, by which path, past which lists."""

from casb_sdk import (
    Affected,
    Audience,
    ExposedPrincipal,
    Finding,
    Path,
    RestrictionStep,
)
from connector.export.fitting import Row


def principal_row(exposed: ExposedPrincipal) -> Row:
    """Return a principal with its paths; ANONYMOUS has no account."""
    principal = exposed.principal
    is_anonymous = principal.audience is Audience.ANONYMOUS
    return {
        "audience": principal.audience.value,
        "kind": principal.kind.value if principal.kind else None,
        "account_id": None if is_anonymous else principal.id,
        "display_name": principal.display_name or None,
        "account_type": principal.account_type or None,
        "account_status": principal.account_status or None,
        "is_guest": principal.is_guest,
        "name_collision": principal.name_collision,
        "level": exposed.level.value,
        "can_self_elevate": exposed.can_self_elevate,
        "confidence": exposed.confidence.value,
        "confidence_reasons": list(exposed.confidence_reasons),
        "notes": list(exposed.notes),
        "affected": affected_row(exposed.affected),
        "paths": [_path_row(path) for path in exposed.paths],
    }


def affected_row(affected: Affected | None) -> Row | None:
    """Return how many items are reached, with a sample; null on a space."""
    if affected is None:
        return None
    return {
        "count": affected.count,
        "sample": [
            {"type": str(item.type), "id": item.id, "title": item.title}
            for item in affected.sample
        ],
    }


def evidence_row(finding: Finding) -> Row:
    """Return what the finding rests on besides its principals."""
    return {
        "restriction_chain": [_step_row(step) for step in finding.restriction_chain],
        "split_mode": finding.split_mode or None,
        "can_self_elevate": finding.can_self_elevate,
        "coverage_notes": list(finding.coverage_notes),
    }


def _path_row(path: Path) -> Row:
    return {
        "via": path.via.value,
        "operation": path.operation,
        "target": path.target,
        "permission_id": path.permission_id or None,
        "group_id": path.group_id or None,
        "group_name": path.group_name or None,
        "role_id": path.role_id or None,
        "role_name": path.role_name or None,
        "access_class": path.access_class or None,
    }


def _step_row(step: RestrictionStep) -> Row:
    return {
        "content_id": step.content_id,
        "type": str(step.type),
        "read": list(step.read),
        "update": list(step.update),
        "matched_by": list(step.matched_by),
    }

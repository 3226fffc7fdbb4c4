"""What a consumer without the scope ``findings:evidence`` gets: no names, no paths."""

from collections.abc import Mapping
from typing import Any

from casb_sdk import ResourceType
from casb_sdk.access import CONTENT_TYPES
from casb_sdk.model import PERSONAL_KEY_PREFIX
from connector.export.fitting import Row

IN_ORDER = (
    "change_seq",
    "changed_at",
    "event_id",
    "change_type",
    "changed_fields",
    "change_reason",
    "id",
    "fingerprint",
    "site_id",
    "finding_type",
    "detector",
    "title",
    "category",
    "severity",
    "severity_default",
    "status",
    "resolution",
    "stale",
    "implied_by",
    "first_seen_at",
    "last_seen_at",
    "resolved_at",
    "reopened_count",
    "version",
    "principal_count",
    "level",
    "cause",
    "confidence",
    "confidence_reasons",
    "exposure",
    "evidence_truncated",
    "rationale",
    "remediation",
    "scan_id",
    "links",
)
"""Fields that name nobody; a field that is not listed here is withheld."""
IMPERSONAL = frozenset(IN_ORDER)

PLACES = frozenset({*CONTENT_TYPES, ResourceType.SPACE, ResourceType.SPACE_CONTENT})


def without_evidence(finding: Mapping[str, Any]) -> Row:
    """Return a native finding with the same fields, and nothing in them about anybody.

    Withheld are accounts, paths and chains, samples (the title of a page or a
    personal space may be a name), what detectors and people wrote in words of their
    own, the digest of the evidence, and the resource itself if it is an account or
    lies in a personal space, whose key is an account id.
    """
    row: Row = {
        name: value if name in IMPERSONAL else None for name, value in finding.items()
    }
    return row | {
        "resource": impersonal_place(finding["resource"]),
        "principals": [_head_count(one) for one in finding["principals"]],
        "affected": _count(finding["affected"]),
        "suppression": impersonal_suppression(finding["suppression"]),
        "labels": {},
        "details": {},
    }


def resource_without_accounts(row: Mapping[str, Any]) -> Row:
    """Return a row of affected resources without the accounts that reach it."""
    return impersonal_place(row) | {
        "account_ids": [],
        "is_anonymous": row["is_anonymous"],
    }


def impersonal_place(resource: Mapping[str, Any]) -> Row:
    """Return a resource without a name in it, or in the key of its space."""
    if resource["type"] not in PLACES:
        return _only(resource, {"type"})
    if str(resource["space_key"] or "").startswith(PERSONAL_KEY_PREFIX):
        return _only(resource, {"type", "id"})
    return dict(resource)


def impersonal_suppression(suppression: Mapping[str, Any] | None) -> Row | None:
    """Return only until when a finding is put aside."""
    return None if suppression is None else _only(suppression, {"until"})


def _only(row: Mapping[str, object], names: set[str]) -> Row:
    return {name: value if name in names else None for name, value in row.items()}


def _head_count(principal: Mapping[str, Any]) -> Row:
    return {
        "audience": principal["audience"],
        "kind": principal["kind"],
        "affected": _count(principal["affected"]),
    }


def _count(affected: Mapping[str, Any] | None) -> Row | None:
    return None if affected is None else {"count": affected["count"], "sample": []}

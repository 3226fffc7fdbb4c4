from typing import Any

from connector.domain.finding_state import ChangeType
from connector.export.native import FeedPosition
from connector.export.ocsf import ocsf_event
from tests.unit.export.factory import (
    GUEST_ID,
    LATER,
    PUBLIC_URL,
    SITE_ID,
    change,
    rich_finding,
)

CREATED_AT = 1_772_353_800_000
SEEN_AT = 1_772_440_200_000
CHANGED_AT = 1_772_528_400_999
POSITION = FeedPosition(215, LATER)


def test_a_created_finding_reads_like_this() -> None:
    known = change(ChangeType.CREATED, rich_finding())

    event: Any = ocsf_event(known, position=POSITION, public_url=PUBLIC_URL)

    event["metadata"]["product"]["version"] = "of today"
    principal = event["evidences"][0].pop("data")
    assert principal["paths"][0]["group_name"] == "partners"
    id_ = known.finding.id
    page = "https://acme.atlassian.net/wiki/spaces/DOCS/pages/100001"
    address = f"https://casb.acme.example/api/v1/findings/{id_}"
    assert event == {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200401,
        "type_name": "Detection Finding: Create",
        "time": CHANGED_AT,
        "severity_id": 3,
        "severity": "Medium",
        "status_id": 1,
        "status": "New",
        "status_code": "open",
        "confidence_id": 2,
        "confidence": "Medium",
        "message": (
            "External collaborators with edit access to content: "
            'page "Road map" in DOCS'
        ),
        "metadata": {
            "version": "1.6.0",
            "uid": f"{SITE_ID}:215",
            "sequence": 215,
            "correlation_uid": id_,
            "tenant_uid": SITE_ID,
            "event_code": "external-content-edit",
            "labels": ["cost-centre: 42", "team: Gus and friends"],
            "product": {
                "uid": "casb-connector",
                "name": "CASB connector for Confluence Cloud",
                "vendor_name": "casb-connector",
                "version": "of today",
            },
        },
        "finding_info": {
            "uid": id_,
            "title": "External collaborators with edit access to content",
            "desc": "Somebody outside gets in.",
            "types": ["access-security"],
            "created_time": CREATED_AT,
            "modified_time": CHANGED_AT,
            "first_seen_time": CREATED_AT,
            "last_seen_time": SEEN_AT,
            "src_url": address,
            "data_sources": ["Atlassian Confluence Cloud"],
            "analytic": {
                "uid": "external-content-edit",
                "name": "External collaborators with edit access to content",
                "category": "access-security",
                "version": "0.1.0",
                "type_id": 1,
                "type": "Rule",
            },
        },
        "resources": [
            {
                "uid": "100001",
                "name": "Road map",
                "type": "page",
                "namespace": "DOCS",
                "data": {"url": page, "affected": 2},
            },
            {
                "uid": "100002",
                "name": "Page 1",
                "type": "page",
                "namespace": "DOCS",
            },
        ],
        "evidences": [
            {
                "actor": {
                    "user": {
                        "uid": GUEST_ID,
                        "full_name": "Gus Guest",
                        "type_id": 1,
                        "type": "User",
                        "groups": [{"uid": "g-1", "name": "partners"}],
                    }
                },
            },
            {
                "data": {
                    "restriction_chain": [
                        {
                            "content_id": "100001",
                            "type": "page",
                            "read": [f"user:{GUEST_ID}", "group:g-1"],
                            "update": ["group:g-1"],
                            "matched_by": ["group:g-1"],
                        }
                    ],
                    "split_mode": "not_split",
                    "can_self_elevate": True,
                    "coverage_notes": ["authenticated_users_access"],
                }
            },
        ],
        "observables": [
            {
                "name": "resources.uid",
                "type_id": 10,
                "type": "Resource UID",
                "value": "100001",
            },
            {
                "name": "resources.data.url",
                "type_id": 6,
                "type": "URL String",
                "value": page,
            },
            {
                "name": "evidences.actor.user.uid",
                "type_id": 99,
                "type": "Account ID",
                "value": GUEST_ID,
            },
        ],
        "remediation": {"desc": "Take the right away."},
        "unmapped": {
            "fingerprint": known.finding.fingerprint,
            "change_type": "created",
            "changed_fields": ["status", "principals"],
            "severity_default": "medium",
            "reopened_count": 0,
            "version": 1,
            "level": "edit",
            "cause": "restriction",
            "confidence_reasons": ["guest_via_group"],
            "principal_count": 1,
            "evidence_digest": "d" * 64,
            "evidence_truncated": False,
            "labels": {"cost-centre": "42", "team": "Gus and friends"},
            "details": {"seen-by": "Gus Guest"},
            "scan_id": "scan-1",
            "links": {"self": address, "resources": f"{address}/resources"},
        },
    }

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from casb_sdk import AnonymousUse, AppKind
from connector.domain.finding_state import Aside, ChangeType, Stale, Status
from connector.export.native import (
    FeedPosition,
    native_change,
    native_finding,
    timestamp,
)
from tests.unit.export.factory import (
    ANONYMOUS,
    APP,
    GUEST_ID,
    LATER,
    PAGE,
    PUBLIC_URL,
    SITE_ID,
    SITE_URL,
    TYPES,
    change,
    exposed,
    finding,
    rich_finding,
    tracked,
)

STALE = Stale("group_unreadable", LATER)


def test_the_native_form_says_everything_about_a_finding() -> None:
    known = replace(
        tracked(rich_finding(), Status.SUPPRESSED, stale=STALE, version=4),
        implied_by="0e7c4f7e-1a55-5c31-9d3b-5c2f3f0a0001",
        reopened_count=1,
        aside=Aside("s-1", "agreed with legal", "ada", LATER),
        assignee="bob",
    )

    row = native_finding(known, public_url=PUBLIC_URL)

    address = f"https://casb.acme.example/api/v1/findings/{known.id}"
    assert row == {
        "id": known.id,
        "fingerprint": known.fingerprint,
        "site_id": "c1d2e3f4-0000-4000-8000-acme00000001",
        "finding_type": "external-content-edit",
        "detector": {"id": "external-content-edit", "version": "0.1.0"},
        "title": "External collaborators with edit access to content",
        "category": "access-security",
        "severity": "medium",
        "severity_default": "medium",
        "status": "suppressed",
        "resolution": None,
        "stale": {
            "reason": "group_unreadable",
            "since": "2026-03-03T09:00:00.999999Z",
        },
        "implied_by": "0e7c4f7e-1a55-5c31-9d3b-5c2f3f0a0001",
        "suppression": {
            "id": "s-1",
            "reason": "agreed with legal",
            "by": "ada",
            "until": "2026-03-03T09:00:00.999999Z",
        },
        "assignee": "bob",
        "first_seen_at": "2026-03-01T08:30:00.000125Z",
        "last_seen_at": "2026-03-02T08:30:00.000000Z",
        "resolved_at": None,
        "reopened_count": 1,
        "version": 4,
        "resource": {
            "type": "page",
            "id": "100001",
            "key": None,
            "title": "Road map",
            "url": "https://acme.atlassian.net/wiki/spaces/DOCS/pages/100001",
            "space_key": "DOCS",
        },
        "principal_count": 1,
        "principals": [
            {
                "audience": "external",
                "kind": None,
                "account_id": GUEST_ID,
                "display_name": "Gus Guest",
                "account_type": "atlassian",
                "account_status": "active",
                "is_guest": True,
                "name_collision": False,
                "level": "edit",
                "can_self_elevate": True,
                "confidence": "medium",
                "confidence_reasons": ["guest_via_group"],
                "notes": ["likely_orphan_grant"],
                "affected": {
                    "count": 2,
                    "sample": [
                        {"type": "page", "id": "100001", "title": "Page 0"},
                        {"type": "page", "id": "100002", "title": "Page 1"},
                    ],
                },
                "paths": [
                    {
                        "via": "role",
                        "operation": "create",
                        "target": "page",
                        "permission_id": "9001",
                        "group_id": "g-1",
                        "group_name": "partners",
                        "role_id": "r-1",
                        "role_name": "Collaborator",
                        "access_class": "all-licensed-users",
                    }
                ],
            }
        ],
        "level": "edit",
        "cause": "restriction",
        "confidence": "medium",
        "confidence_reasons": ["guest_via_group"],
        "exposure": None,
        "affected": {
            "count": 2,
            "sample": [
                {"type": "page", "id": "100001", "title": "Page 0"},
                {"type": "page", "id": "100002", "title": "Page 1"},
            ],
        },
        "evidence": {
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
        },
        "evidence_digest": "d" * 64,
        "evidence_truncated": False,
        "labels": {"cost-centre": "42", "team": "Gus and friends"},
        "details": {"seen-by": "Gus Guest"},
        "rationale": "Somebody outside gets in.",
        "remediation": "Take the right away.",
        "scan_id": "scan-1",
        "links": {"self": address, "resources": f"{address}/resources"},
    }


def test_a_row_of_the_feed_adds_what_changed_and_where_it_stands() -> None:
    position = FeedPosition(215, LATER)

    row = native_change(change(ChangeType.RESOLVED), position)

    assert {name: row[name] for name in list(row)[:5]} == {
        "change_seq": 215,
        "changed_at": "2026-03-03T09:00:00.999999Z",
        "event_id": f"{SITE_ID}:215",
        "change_type": "resolved",
        "changed_fields": ["status", "principals"],
    }
    assert row["resolution"] == "fixed"
    assert row["resolved_at"] == "2026-03-03T09:00:00.999999Z"


def test_a_change_that_is_in_no_feed_has_no_place_in_it() -> None:
    row = native_change(change())

    assert (row["change_seq"], row["changed_at"], row["event_id"]) == (None, None, None)
    assert row["change_type"] == "created"


def test_anonymous_has_no_account_and_says_whom_it_stands_for() -> None:
    found = replace(
        finding("unknown-access"),
        principals=(exposed(ANONYMOUS),),
        anonymous_use=AnonymousUse.AUTHENTICATED_ANY,
    )

    row: Any = native_finding(tracked(found))

    assert row["exposure"] == "authenticated_any"
    [principal] = row["principals"]
    assert principal["audience"] == "anonymous"
    assert principal["account_id"] is None


def test_an_app_says_its_kind_and_that_its_name_collides() -> None:
    found = replace(finding("app-space-edit"), principals=(exposed(APP),))

    row: Any = native_finding(tracked(found))

    [principal] = row["principals"]
    assert principal["kind"] == AppKind.THIRD_PARTY.value
    assert principal["name_collision"] is True


def test_a_space_counts_no_affected_items() -> None:
    row: Any = native_finding(tracked("external-space-edit"))

    assert row["affected"] is None
    [principal] = row["principals"]
    assert principal["affected"] is None


def test_an_overridden_severity_stands_beside_the_default() -> None:
    known = tracked("unknown-access", severity=TYPES["unknown-space-edit"].severity)

    row = native_finding(known)

    assert (row["severity"], row["severity_default"]) == ("high", "low")


def test_an_address_without_a_host_is_put_below_the_site() -> None:
    found = replace(
        rich_finding(), resource=replace(PAGE, url="/wiki/spaces/DOCS/pages/100001")
    )

    row: Any = native_finding(tracked(found), site_url=f"{SITE_URL}/")

    assert row["resource"]["url"] == PAGE.url


def test_without_a_public_address_there_are_no_links() -> None:
    assert native_finding(tracked())["links"] is None


def test_times_are_utc_whatever_zone_they_come_in() -> None:
    moment = datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))

    assert timestamp(moment) == "2025-12-31T23:00:00.000000Z"


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("detector_id", TYPES)
def test_every_finding_is_json_and_the_same_each_time(
    detector_id: str, status: Status
) -> None:
    known = tracked(detector_id, status)

    first, second = (orjson.dumps(native_finding(known)) for _ in range(2))

    assert first == second
    assert list(orjson.loads(first)) == list(native_finding(tracked()))

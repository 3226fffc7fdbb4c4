"""Tells again that a finding stands, for consumers that forget what nobody repeats.

A repeated row is no change of the finding, and the finding does not refer to it: what
reads each finding once, at its newest change, never meets one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from connector.domain.feed import FeedPosition
from connector.domain.finding_state import ChangeType, Status
from connector.store.feed_rows import Draft, Json, kept_finding
from connector.store.feed_tables import changes
from connector.store.tables import findings

NOTHING = msgspec.msgpack.encode(Draft((), ""))


def quiet_findings(
    connection: Connection, before: datetime, after: int, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return findings that are not over and that no row since ``before`` is about.

    In the order of their numbers, those with larger ones than ``after``.
    """
    told = select(changes.c.seq).where(
        changes.c.finding_id == findings.c.id, changes.c.changed_at >= before
    )
    wanted = select(findings).where(
        findings.c.number > after,
        findings.c.status != Status.RESOLVED,
        findings.c.changed_at < before,
        ~told.exists(),
    )
    ordered = wanted.order_by(findings.c.number).limit(limit)
    rows = connection.execute(ordered).mappings().all()
    return [dict(row) for row in rows]


def repeated_row(finding: Mapping[str, Any], place: FeedPosition) -> Json:
    """Return a row of the feed that says what a finding says now."""
    is_implied = finding["implied_by"] is not None
    return {
        "seq": place.seq,
        "changed_at": place.changed_at,
        "site_id": finding["site_id"],
        "finding_id": finding["id"],
        "detector_id": finding["detector_id"],
        "resource_type": finding["resource_type"],
        "change_type": ChangeType.REFRESHED.value,
        "severity": finding["severity"],
        "status": finding["status"],
        "severity_before": finding["severity"],
        "status_before": finding["status"],
        "is_implied": is_implied,
        "implied_before": is_implied,
        "draft": NOTHING,
        "kept": kept_finding(finding),
        "body": None,
    }

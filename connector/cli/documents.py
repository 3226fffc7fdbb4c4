"""What the verbs print as JSON, besides findings."""

from collections.abc import Mapping

from connector.domain.care import Alarm, LogEntry
from connector.domain.forecast import Forecast
from connector.domain.installation import Installation, SiteSettings
from connector.domain.renewal_words import renewal_document
from connector.domain.scan import Scan, ScanReport
from connector.domain.suppression import Note, Suppression
from connector.use_cases.estimate_scan import Estimate
from connector.use_cases.manage_detectors import DetectorView
from connector.use_cases.manage_sites import NAMES, SiteOverview

Document = dict[str, object]


def site_document(overview: SiteOverview) -> Document:
    """Return a site with its scans and findings."""
    return installation_document(overview.installation) | {
        "open_findings": dict(overview.open_findings.by_severity),
        "implied_findings": overview.open_findings.implied,
        "last_scan": overview.last_scan and _scan(overview.last_scan),
        "last_complete_scan": overview.report and report_document(overview.report),
    }


def installation_document(installation: Installation) -> Document:
    """Return an installation."""
    return {
        "id": installation.id,
        "cloud_id": installation.site.cloud_id,
        "url": installation.site.url,
        "name": installation.site.name,
        "state": installation.state.value,
        "beneath": installation.trail.beneath,
        "reason": installation.reason or None,
        "note": installation.note or None,
        "stale_since": installation.trail.stopped_at,
        "profile": installation.profile,
        "scopes": sorted(installation.scopes),
        "installed_at": installation.installed_at,
        "installing_account": installation.installing_account,
        "permissions": installation.permissions,
        "next_look_at": installation.due_at,
        "ended_at": installation.ended_at,
        "settings": settings_document(installation.settings),
    }


def alarm_document(alarm: Alarm) -> Document:
    """Return an alarm that stands."""
    return {
        "key": alarm.key,
        "message": alarm.message,
        "remedy": alarm.remedy,
        "raised_at": alarm.raised_at,
    }


def entry_document(entry: LogEntry) -> Document:
    """Return what befell a site, once."""
    return {
        "id": entry.id,
        "installation_id": entry.installation_id,
        "site_id": entry.site_id,
        "at": entry.at,
        "type": entry.notice.kind.value,
        "detail": dict(entry.notice.detail),
    }


def settings_document(settings: SiteSettings) -> Document:
    """Return the settings of a site, under the names `casb sites set` takes."""
    values = {name: getattr(settings, name) for name in NAMES}
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in values.items()
    }


def report_document(report: ScanReport) -> Document:
    """Return what a scan covered, spent and changed."""
    coverage, spending = report.coverage, report.spending
    return _scan(report.scan) | {
        "spaces": report.spaces,
        "items": report.items,
        "coverage": {
            "complete": coverage.is_complete,
            "gaps": [
                {"kind": gap.kind.value, "id": gap.id, "reason": gap.reason}
                for gap in coverage.gaps
            ],
            "notes": list(coverage.notes),
            "unknown_values": dict(coverage.unknown_values),
            "restrictions_as_of": report.restrictions_as_of,
            "members_as_of": report.members_as_of,
        },
        "calls": spending.calls,
        "points": spending.points,
        "retries": spending.retries,
        "calls_of": dict(spending.calls_of),
        "points_of": dict(spending.points_of),
        "estimate": report.forecast and _forecast(report.forecast),
        "renewal": renewal_document(report.renewal),
        "changes": dict(report.changes),
        "open_findings": dict(report.open_findings),
        "implied_findings": report.implied_findings,
        "parked": list(report.parked),
        "detector_failures": list(report.detector_failures),
        "notes": list(report.notes),
    }


def estimate_document(estimate: Estimate) -> Document:
    """Return what a scan will cost."""
    cost = estimate.forecast
    return {
        "kind": estimate.kind.value,
        "spaces": estimate.spaces,
        "calls": cost.calls.likely,
        "points": cost.points.likely,
        "seconds": round(estimate.duration.total_seconds(), 1),
        "calls_range": [cost.calls.least, cost.calls.most],
        "points_range": [cost.points.least, cost.points.most],
        "seconds_range": [
            round(estimate.least.total_seconds(), 1),
            round(estimate.most.total_seconds(), 1),
        ],
        "is_guess": cost.is_guess,
        "knows_items": cost.knows_items,
        "calls_for_the_estimate": estimate.asking,
    }


def _forecast(forecast: Forecast) -> Document:
    calls, points = forecast.calls, forecast.points
    return {
        "calls": calls.likely,
        "points": points.likely,
        "calls_range": [calls.least, calls.most],
        "points_range": [points.least, points.most],
        "is_guess": forecast.is_guess,
    }


def detector_document(view: DetectorView) -> Document:
    """Return a detector."""
    return {
        "id": view.id,
        "state": view.state.value,
        "title": view.title or None,
        "category": view.category or None,
        "severity": view.severity and view.severity.value,
        "severity_default": view.severity_default and view.severity_default.value,
        "distribution": view.distribution,
        "version": view.version,
        "implied_by": view.implied_by or None,
        "rationale": view.rationale or None,
        "remediation": view.remediation or None,
        "config": dict(view.config),
        "reason": view.reason or None,
        "remedy": view.remedy or None,
    }


def _scan(scan: Scan) -> Document:
    only: Mapping[str, object] = {"only_spaces": sorted(scan.only_spaces)}
    return {
        "id": scan.id,
        "site_id": scan.site_id,
        "kind": scan.kind.value,
        "status": scan.status.value,
        "started_at": scan.started_at,
        "finished_at": scan.finished_at,
        "error": scan.error or None,
        **only,
    }


def suppression_document(suppression: Suppression) -> Document:
    """Return a suppression as JSON values."""
    until = suppression.until
    return {
        "id": suppression.id,
        "site_id": suppression.site_id,
        "scope": suppression.scope.value,
        "target": suppression.target,
        "space_id": suppression.space_id or None,
        "reason": suppression.reason,
        "by": suppression.by,
        "created_at": suppression.created_at.isoformat(),
        "until": until.isoformat() if until else None,
        "level": suppression.level.value,
        "principals": sorted(suppression.principals),
    }


def note_document(note: Note) -> Document:
    """Return a note on a finding as JSON values."""
    return {
        "finding_id": note.finding_id,
        "at": note.at.isoformat(),
        "by": note.by,
        "text": note.text,
    }

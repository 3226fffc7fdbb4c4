"""`GET /finding-types`, `/sites`, `/scans` and `/export/consumers`."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import fields

from casb_sdk import Severity
from connector.domain.bookmark import Bookmark
from connector.domain.client import Scope
from connector.domain.export_forms import DETECTION_FINDING
from connector.domain.finding_state import FindingType, OpenFindings
from connector.domain.listing import ListedScan, SiteState
from connector.domain.renewal_words import renewal_document
from connector.domain.scan import ScanKind, ScanStatus
from connector.use_cases.list_for_client import ConsumerLag
from connector.web.api.admission import consumer, needs
from connector.web.api.answers import (
    Page,
    address,
    coverage_row,
    json_answer,
    list_document,
    moment,
    own_address,
    site_row,
)
from connector.web.api.documents import documented, page_headers, sites_blueprint
from connector.web.api.exporting import API, exporting
from connector.web.api.finding_schemas import (
    CoverageSchema,
    PageSchema,
    Part,
    SiteStateSchema,
    part,
    text,
    time,
    whole,
    word,
)
from connector.web.api.parameters import MOST_ROWS, PageParameters, Parameters, texts

SCANS = "/scans"
Args = Mapping[str, Any]


class OcsfClassSchema(Part):
    """The OCSF class a finding of this type becomes."""

    class_uid = whole()
    class_name = text()


class FindingTypeSchema(Part):
    """A type of finding, in the words of its detector."""

    id = text()
    title = text()
    severity = word(Severity)
    category = text()
    description = text()
    remediation = text()
    frameworks = fields.List(fields.String(), required=True)
    implied_by = text(null=True)
    ocsf = part(OcsfClassSchema)
    detector = fields.Dict(required=True)


class FindingTypePageSchema(PageSchema):
    """All finding types."""

    items = part(FindingTypeSchema, many=True)


class ScopeSchema(Part):
    """What of a site is scanned; empty lists mean all and nothing."""

    spaces_include = fields.List(fields.String(), required=True)
    spaces_exclude = fields.List(fields.String(), required=True)


class SiteSchema(SiteStateSchema):
    """A site of the client."""

    url = text()
    name = text()
    note = text(null=True)
    reason = text(null=True)
    installed_at = time(null=True)
    scan_every = text()
    incremental_every = text()
    scope = part(ScopeSchema)
    last_complete_scan_id = text(null=True)
    open_findings = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "by severity, without those a stronger one implies"},
    )
    implied_findings = whole()


class SitePageSchema(PageSchema):
    """The sites of the client."""

    items = part(SiteSchema, many=True)


class RenewalSchema(Part):
    """What an incremental scan read again: numbers, and why spaces were read whole."""

    kept = whole()
    changed = whole()
    grants_read = whole()
    groups_read = whole()
    audited = fields.Boolean(required=True)
    reason = text(null=True)
    whole = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class ScanSchema(Part):
    """A scan and what came of it."""

    id = text()
    site_id = text()
    kind = word(ScanKind)
    status = word(ScanStatus)
    started_at = time()
    finished_at = time(null=True)
    only_spaces = fields.List(fields.String(), required=True)
    error = text(null=True)
    spaces = whole(null=True)
    items = whole(null=True)
    coverage = part(CoverageSchema, null=True)
    renewal = part(RenewalSchema, null=True)
    changes = fields.Dict(required=True, allow_none=True)
    detector_failures = fields.List(fields.String(), required=True)


class ScanPageSchema(PageSchema):
    """A page of scans, the newest first."""

    items = part(ScanSchema, many=True)


class ScanParameters(PageParameters):
    """Which scans."""

    site_id = texts("only these sites")


class ConsumerSchema(Part):
    """A client, and how far it has come with the feed."""

    id = text()
    name = text()
    site_ids = fields.List(fields.String(), required=True)
    position = whole(null=True)
    last_pull_at = time(null=True)
    rows = whole(null=True)
    changes_behind = whole()
    seconds_behind = whole()


class ConsumerPageSchema(PageSchema):
    """The clients of the same sites."""

    items = part(ConsumerSchema, many=True)


@sites_blueprint.route("/finding-types")
@documented(FindingTypePageSchema)
@sites_blueprint.arguments(Parameters, location="query")
@needs(Scope.FINDINGS_READ)
def finding_types(args: Args) -> Response:
    """List what the installed detectors look for."""
    return _whole_list([_type_row(type_) for type_ in exporting().lists.types()])


@sites_blueprint.route("/sites")
@documented(SitePageSchema)
@sites_blueprint.arguments(Parameters, location="query")
@needs(Scope.SITES_READ)
def sites(args: Args) -> Response:
    """List the client's sites and how they are."""
    listed = exporting().lists.sites(consumer())
    rows = [_site_row(state, standing) for state, standing in listed]
    return _whole_list(rows, [state for state, _ in listed])


@sites_blueprint.route(SCANS)
@documented(ScanPageSchema, 404, headers=page_headers())
@sites_blueprint.arguments(ScanParameters, location="query")
@needs(Scope.SITES_READ)
def scans(args: Args) -> Response:
    """List scans, the newest first."""
    parts, limit = exporting(), min(args["limit"], MOST_ROWS)
    asked, before = frozenset(args.get("site_id") or ()), 0
    if args["cursor"]:
        place = parts.cursors.open(args["cursor"], consumer().client.id, SCANS)
        asked = frozenset(filter(None, place.question.get("site_id", "").split(",")))
        before = place.after
    some = parts.lists.scans(consumer(), asked, before, limit + 1)
    rows = [_scan_row(each) for each in some[:limit]]
    page = Page((), own_address())
    if len(some) > limit:
        question = {"site_id": ",".join(sorted(asked))} if asked else {}
        last = some[limit - 1].number
        cursor = parts.cursors.seal(
            Bookmark(consumer().client.id, SCANS, last, "", question)
        )
        next_url = address(f"{API}{SCANS}", cursor=cursor, limit=limit)
        page = Page((), page.self_url, cursor, next_url)
    return json_answer(list_document(page, rows))


@sites_blueprint.route("/export/consumers")
@documented(ConsumerPageSchema)
@sites_blueprint.arguments(Parameters, location="query")
@needs(Scope.EXPORT_ADMIN)
def consumers(args: Args) -> Response:
    """List the clients of the same sites, and how far behind the feed each is."""
    lags = exporting().lists.consumers(consumer())
    return _whole_list([_lag_row(lag) for lag in lags])


def _whole_list(rows: list[dict[str, object]], states: Any = ()) -> Response:
    return json_answer(list_document(Page((), own_address(), sites=states), rows))


def _type_row(type_: FindingType) -> dict[str, object]:
    return {
        "id": type_.id,
        "title": type_.title,
        "severity": type_.severity.value,
        "category": type_.category,
        "description": type_.rationale,
        "remediation": type_.remediation,
        "frameworks": list(type_.frameworks),
        "implied_by": type_.implied_by,
        "ocsf": {"class_uid": DETECTION_FINDING, "class_name": "Detection Finding"},
        "detector": {"id": type_.id, "version": type_.detector_version or None},
    }


def _site_row(state: SiteState, standing: OpenFindings) -> dict[str, object]:
    installation, last = state.installation, state.last_scan
    settings = installation.settings
    return site_row(state) | {
        "url": installation.site.url,
        "name": installation.site.name,
        "note": installation.note or None,
        "reason": installation.reason or None,
        "installed_at": moment(installation.installed_at),
        "scan_every": settings.scan_every,
        "incremental_every": settings.incremental_every,
        "scope": {
            "spaces_include": sorted(settings.spaces_include),
            "spaces_exclude": sorted(settings.spaces_exclude),
        },
        "last_complete_scan_id": last.scan.id if last else None,
        "open_findings": dict(standing.by_severity),
        "implied_findings": standing.implied,
    }


def _scan_row(listed: ListedScan) -> dict[str, object]:
    scan, report = listed.scan, listed.report
    return {
        "id": scan.id,
        "site_id": scan.site_id,
        "kind": scan.kind.value,
        "status": scan.status.value,
        "started_at": moment(scan.started_at),
        "finished_at": moment(scan.finished_at),
        "only_spaces": sorted(scan.only_spaces),
        "error": scan.error or None,
        "spaces": report.spaces if report else None,
        "items": report.items if report else None,
        "coverage": coverage_row(listed),
        "renewal": renewal_document(report.renewal) if report else None,
        "changes": dict(report.changes) if report else None,
        "detector_failures": list(report.detector_failures) if report else [],
    }


def _lag_row(lag: ConsumerLag) -> dict[str, object]:
    pull = lag.last_pull
    return {
        "id": lag.client.id,
        "name": lag.client.name,
        "site_ids": sorted(lag.client.site_ids),
        "position": pull.to_seq if pull else None,
        "last_pull_at": moment(pull.at) if pull else None,
        "rows": pull.rows if pull else None,
        "changes_behind": lag.changes_behind,
        "seconds_behind": int(lag.behind.total_seconds()),
    }

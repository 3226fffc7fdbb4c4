"""What the rows and pages look like; for the OpenAPI document alone.

No row goes through these schemas on its way out.
"""

from typing import Any

from marshmallow import INCLUDE, Schema, fields

from casb_sdk import Audience, Severity
from connector.domain.finding_state import ChangeType, Status


class Part(Schema):
    """Something that may get more fields in time."""

    class Meta:
        """More is always possible."""

        unknown = INCLUDE


def text(*, null: bool = False) -> fields.String:
    """Return text that is always there."""
    return fields.String(required=True, allow_none=null)


def time(*, null: bool = False) -> fields.DateTime:
    """Return a time that is always there."""
    return fields.DateTime(required=True, allow_none=null)


def whole(*, null: bool = False) -> fields.Integer:
    """Return a number that is always there."""
    return fields.Integer(required=True, allow_none=null)


def part(schema: type[Schema], *, null: bool = False, many: bool = False) -> Any:
    """Return a part that is always there."""
    return fields.Nested(schema, required=True, allow_none=null, many=many)


def word(enum: Any, *, null: bool = False) -> fields.Field[Any]:
    """Return one of a few words."""
    return fields.Enum(enum, by_value=True, required=True, allow_none=null)


class DetectorRefSchema(Part):
    """The detector that found it."""

    id = text()
    version = text(null=True)


class StaleSchema(Part):
    """Why and since when a finding could not be judged."""

    reason = text()
    since = time()


class SuppressionSchema(Part):
    """Why somebody put a finding aside."""

    reason = text(null=True)
    by = text(null=True)
    until = time(null=True)


class ResourceSchema(Part):
    """What the finding is on; null is what is withheld."""

    type = text()
    id = text(null=True)
    key = text(null=True)
    title = text(null=True)
    url = text(null=True)
    space_key = text(null=True)


class ItemRefSchema(Part):
    """An affected item."""

    type = text()
    id = text()
    title = text()


class AffectedSchema(Part):
    """How many items are reached."""

    count = whole()
    sample = part(ItemRefSchema, many=True)


class PrincipalSchema(Part):
    """Who gets in; with the scope findings:evidence also which account, and how."""

    audience = word(Audience)
    kind = text(null=True)
    affected = part(AffectedSchema, null=True)
    account_id = fields.String(allow_none=True)
    display_name = fields.String(allow_none=True)
    level = fields.String()
    paths = fields.List(fields.Dict())


class FindingLinksSchema(Part):
    """Where the finding is."""

    self = text()
    resources = text()


class FindingSchema(Part):
    """A finding in the native form."""

    change_seq = whole(null=True)
    changed_at = time()
    event_id = text(null=True)
    id = text()
    fingerprint = text()
    site_id = text()
    finding_type = text()
    detector = part(DetectorRefSchema)
    title = text()
    category = text()
    severity = word(Severity)
    severity_default = word(Severity)
    status = word(Status)
    resolution = text(null=True)
    stale = part(StaleSchema, null=True)
    implied_by = text(null=True)
    suppression = part(SuppressionSchema, null=True)
    assignee = fields.String(allow_none=True)
    first_seen_at = time()
    last_seen_at = time()
    resolved_at = time(null=True)
    reopened_count = whole()
    version = whole()
    resource = part(ResourceSchema)
    principal_count = whole()
    principals = part(PrincipalSchema, many=True)
    level = text()
    cause = text()
    confidence = text()
    confidence_reasons = fields.List(fields.String(), required=True)
    exposure = text(null=True)
    affected = part(AffectedSchema, null=True)
    evidence = fields.Dict(required=True, allow_none=True)
    evidence_digest = text(null=True)
    evidence_truncated = fields.Boolean(required=True)
    labels = fields.Dict(required=True)
    details = fields.Dict(required=True)
    rationale = text()
    remediation = text()
    scan_id = text()
    links = part(FindingLinksSchema)


class ChangeSchema(FindingSchema):
    """A change: the finding as it was afterwards, and what happened."""

    change_seq = whole()
    event_id = text()
    change_type = word(ChangeType)
    changed_fields = fields.List(fields.String(), required=True)
    change_reason = fields.String(allow_none=True)
    left_filter = fields.Boolean(
        metadata={"description": "the finding no longer matches the filter"}
    )


class OcsfEventSchema(Part):
    """An OCSF Detection Finding (2004) or IAM Analysis Finding (2008)."""

    activity_id = whole()
    category_uid = whole()
    class_uid = whole()
    type_uid = whole()
    severity_id = whole()
    time = whole()
    metadata = fields.Dict(required=True)
    finding_info = fields.Dict(required=True)


class AffectedResourceSchema(Part):
    """An affected item and who reaches it."""

    type = text()
    id = text(null=True)
    title = text(null=True)
    url = text(null=True)
    space_key = text(null=True)
    account_ids = fields.List(fields.String(), required=True)
    is_anonymous = fields.Boolean(required=True)


class CoverageSchema(Part):
    """What the last scan could not see, counted by kind."""

    complete = fields.Boolean(required=True)
    gaps = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    restrictions_as_of = time(null=True)
    members_as_of = time(null=True)


class SiteStateSchema(Part):
    """How a site is: so that clean can be told from blind."""

    id = text()
    health = text()
    stale_since = time(null=True)
    last_complete_scan_at = time(null=True)
    coverage = part(CoverageSchema, null=True)


class PageLinksSchema(Part):
    """Absolute addresses; `next` is absent where nothing follows."""

    self = text()
    next = fields.String()
    resume = fields.String()


class WatermarkSchema(Part):
    """How far the feed goes."""

    seq = whole()
    changed_at = time(null=True)


class PageSchema(Part):
    """What surrounds the rows of a page."""

    has_more = fields.Boolean(required=True)
    next_cursor = fields.String()
    checkpoint = fields.String()
    links = part(PageLinksSchema)
    watermark = fields.Nested(WatermarkSchema)
    sites = part(SiteStateSchema, many=True)


class Rows(fields.List[Any]):
    """Rows in one of two schemas."""

    def __init__(self, *schemas: type[Schema]) -> None:
        super().__init__(fields.Raw(), required=True)
        self.schemas = schemas


class ChangePageSchema(PageSchema):
    """A page of the feed."""

    items = Rows(ChangeSchema, OcsfEventSchema)
    checkpoint = text()
    watermark = part(WatermarkSchema)
    resync_recommended = fields.Boolean()


class FindingPageSchema(PageSchema):
    """A page of findings as they stand."""

    items = Rows(FindingSchema, OcsfEventSchema)
    checkpoint = text()
    watermark = part(WatermarkSchema)


class ResourcePageSchema(PageSchema):
    """A page of affected items."""

    items = part(AffectedResourceSchema, many=True)


def rows_property(converter: Any, field: Any, **_: Any) -> dict[str, Any]:
    """Describe rows in the document: any of their schemas."""
    if not isinstance(field, Rows):
        return {}
    variants = [converter.resolve_nested_schema(schema) for schema in field.schemas]
    return {"items": {"anyOf": variants}}

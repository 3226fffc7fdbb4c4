"""`GET /findings/snapshot`: everything as it stands, in one consistent read."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response, stream_with_context
from marshmallow import fields
from webargs.fields import DelimitedList

from casb_sdk import Severity
from connector.domain.bookmark import Bookmark
from connector.domain.client import Scope
from connector.domain.errors import NotFoundError
from connector.domain.export_forms import Form, FormatName, Row
from connector.domain.finding_state import Status
from connector.use_cases.export_changes import Snapshot
from connector.use_cases.list_for_client import CHANGES
from connector.web.api.admission import consumer, needs
from connector.web.api.answers import (
    MEDIA_TYPES,
    Page,
    address,
    chosen_format,
    enveloped,
    own_address,
)
from connector.web.api.changes import form_for_consumer, wanted_of
from connector.web.api.documents import blueprint, documented, page_headers
from connector.web.api.exporting import API, exporting
from connector.web.api.finding_schemas import ChangePageSchema
from connector.web.api.findings import record
from connector.web.api.item_rows import items_of
from connector.web.api.parameters import FormParameters, granularity

SNAPSHOT = "/findings/snapshot"
Args = Mapping[str, Any]


class SnapshotParameters(FormParameters):
    """Which findings, and in what form."""

    min_severity = fields.Enum(
        Severity,
        by_value=True,
        load_default=None,
        metadata={"description": "only findings that are at least this severe"},
    )
    status = DelimitedList(
        fields.Enum(Status, by_value=True),
        load_default=(),
        metadata={"description": "only these statuses"},
    )
    granularity = granularity()


@blueprint.route(SNAPSHOT)
@documented(ChangePageSchema, 404, 406, rows=True, headers=page_headers())
@blueprint.arguments(SnapshotParameters, location="query")
@needs(Scope.FINDINGS_READ)
def snapshot(args: Args) -> Response:
    """Stream every finding as it stands.

    The header `X-Checkpoint` says where to go on in `/findings/changes`: nothing
    that happens from now on is missed or told twice.
    """
    form, name = form_for_consumer(args), chosen_format(args["format_"])
    parts = exporting()
    taken = parts.changes.snapshot(consumer(), wanted_of(args))
    rows = _rows if args["granularity"] == "finding" else _rows_of_items
    mark, texts = taken.watermark, _counted(taken, rows(taken, form))
    checkpoint = parts.cursors.seal(
        Bookmark(consumer().client.id, CHANGES, mark.seq, mark.epoch)
    )
    page = Page(
        texts,
        own_address(),
        checkpoint=checkpoint,
        resume_url=address(f"{API}{CHANGES}", cursor=checkpoint),
        sites=taken.sites,
        watermark=mark,
    )
    is_whole = name is FormatName.JSON
    written = enveloped(page) if is_whole else parts.forms.written(name, texts)
    response = Response(stream_with_context(written), mimetype=MEDIA_TYPES[name])
    response.call_on_close(taken.close)
    response.headers["X-Checkpoint"] = checkpoint
    response.headers["X-Has-More"] = "false"
    return response


def _rows(taken: Snapshot, form: Form) -> Iterator[bytes]:
    urls = {s.installation.site.cloud_id: s.installation.site.url for s in taken.sites}
    write = exporting().forms.change
    for row in taken.rows:
        yield write(row, form, urls.get(row.site_id, ""))


def _rows_of_items(taken: Snapshot, form: Form) -> Iterator[bytes]:
    urls = {s.installation.site.cloud_id: s.installation.site.url for s in taken.sites}
    forms = exporting().forms
    for row in taken.rows:
        text = forms.change(row, form, urls.get(row.site_id, ""))
        for item in _items(row.finding_id, form):
            ending = forms.text({"affected_resource": item})
            yield b"%b,%b" % (text[:-1], ending[1:])


def _items(finding_id: str, form: Form) -> Iterator[Row | None]:
    """Yield what a finding affects; null if it is gone since the read began."""
    try:
        tracked = exporting().lists.finding(consumer(), finding_id).tracked
    except NotFoundError:
        yield None
    else:
        yield from items_of(tracked, with_evidence=form.with_evidence)


def _counted(taken: Snapshot, texts: Iterator[bytes]) -> Iterator[bytes]:
    count = 0
    try:
        for text in texts:
            count += 1
            yield text
    finally:
        taken.close()
        record(SNAPSHOT, count)

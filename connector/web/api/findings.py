"""`GET /findings`, one of them, what it affects, and all of them at once."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from flask import Response
from marshmallow import fields, validate
from webargs.fields import DelimitedList

from casb_sdk import Severity
from connector.domain.bookmark import Bookmark
from connector.domain.client import Pull, Scope
from connector.domain.export_forms import Form, Row
from connector.domain.finding_state import Status
from connector.domain.listing import FindingFilter, ListedFinding
from connector.use_cases.export_changes import refuse_foreign
from connector.use_cases.list_for_client import CHANGES
from connector.web.api.admission import address as caller
from connector.web.api.admission import consumer, needs
from connector.web.api.answers import (
    Page,
    address,
    chosen_format,
    json_answer,
    own_address,
    page_answer,
)
from connector.web.api.changes import form_for_consumer, types_of
from connector.web.api.documents import blueprint, documented, page_headers
from connector.web.api.exporting import API, exporting
from connector.web.api.finding_schemas import (
    FindingPageSchema,
    FindingSchema,
    ResourcePageSchema,
)
from connector.web.api.item_rows import Place, rows_by, rows_from
from connector.web.api.parameters import (
    MOST_ROWS,
    FormParameters,
    Moment,
    PageParameters,
    Parameters,
    granularity,
    question_of,
    reloaded,
    texts,
)

FINDINGS = "/findings"
RESOURCES = "/findings/{id}/resources"
BEGAN_AT, BEGAN_IN = "feed_seq", "feed_epoch"
"""Where the feed stood when a list began; sealed into its cursors, no parameters."""
ROWS = "rows"
"""How many rows of the next finding were told, sealed into cursors likewise."""
Args = Mapping[str, Any]


class StandingParameters(FormParameters):
    """Which findings, as they stand."""

    severity = DelimitedList(
        fields.Enum(Severity, by_value=True),
        load_default=(),
        metadata={"description": "only these severities"},
    )
    status = DelimitedList(
        fields.Enum(Status, by_value=True),
        load_default=(),
        metadata={"description": "only these statuses"},
    )
    space = texts("only spaces with these keys or ids")
    q = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "only what has this text in a title, a name or an id"},
    )
    updated_since = Moment(
        load_default=None,
        metadata={"description": "only findings that changed from this time on"},
    )
    granularity = granularity()


class ListParameters(PageParameters, StandingParameters):
    """The parameters of the list."""


PARAMETERS = ListParameters()


@blueprint.route(FINDINGS)
@documented(FindingPageSchema, 404, 406, rows=True, headers=page_headers())
@blueprint.arguments(PARAMETERS, location="query")
@needs(Scope.FINDINGS_READ)
def findings(args: Args) -> Response:
    """List findings as they stand, in an order that never changes.

    A page may hold fewer rows than `limit`, or none, while more follow; never more:
    with `granularity=resource` the items of one finding may fill several pages.
    `checkpoint`, the same on all pages, goes on in `/findings/changes` from where the
    list began.
    """
    limit, question = min(args["limit"], MOST_ROWS), question_of(PARAMETERS)
    place = Place(0)
    if args["cursor"]:
        bookmark = exporting().cursors.open(
            args["cursor"], consumer().client.id, FINDINGS
        )
        question = dict(bookmark.question)
        place = Place(bookmark.after, int(question.pop(ROWS, "0")))
        args = reloaded(PARAMETERS, question)
    form, name = form_for_consumer(args), chosen_format(args["format_"])
    parts, matcher = exporting(), Matcher(args, form)
    listed = parts.lists.findings(wanted_of(args), place.after, limit, matcher)
    urls = {s.installation.site.cloud_id: s.installation.site.url for s in listed.sites}
    rows_of = rows_by(form, urls, args["granularity"])
    rows, rest = rows_from(listed.findings, rows_of, place, limit)
    texts_ = [parts.forms.text(row) for row in rows]
    if rest is None and listed.next_after is not None:
        rest = Place(listed.next_after)
    began = Bookmark(
        consumer().client.id,
        CHANGES,
        int(question.setdefault(BEGAN_AT, str(listed.watermark.seq))),
        question.setdefault(BEGAN_IN, listed.watermark.epoch),
    )
    checkpoint = parts.cursors.seal(began)
    page = Page(
        texts_,
        own_address(),
        checkpoint=checkpoint,
        resume_url=address(f"{API}{CHANGES}", cursor=checkpoint, limit=limit),
        sites=listed.sites,
        watermark=listed.watermark,
    )
    if rest is not None:
        told = {ROWS: str(rest.rows)} if rest.rows else {}
        cursor = parts.cursors.seal(
            Bookmark(consumer().client.id, FINDINGS, rest.after, "", question | told)
        )
        next_url = address(f"{API}{FINDINGS}", cursor=cursor, limit=limit)
        page = replace(page, next_cursor=cursor, next_url=next_url)
    record(FINDINGS, len(texts_))
    return page_answer(page, name)


@blueprint.route("/findings/<finding_id>")
@documented(FindingSchema, 404)
@blueprint.arguments(Parameters, location="query")
@needs(Scope.FINDINGS_READ)
def finding(args: Args, finding_id: str) -> Response:
    """Return one finding as it stands."""
    parts = exporting()
    listed = parts.lists.finding(consumer(), finding_id)
    form = Form(with_evidence=consumer().may(Scope.FINDINGS_EVIDENCE))
    record(f"{FINDINGS}/{{id}}", 1)
    return json_answer(parts.forms.finding(listed, form, parts.lists.url_of(listed)))


@blueprint.route("/findings/<finding_id>/resources")
@documented(ResourcePageSchema, 404, headers=page_headers())
@blueprint.arguments(PageParameters, location="query")
@needs(Scope.FINDINGS_READ)
def resources(args: Args, finding_id: str) -> Response:
    """List every item a finding affects, as far as the last scan saw."""
    parts, limit = exporting(), min(args["limit"], MOST_ROWS)
    listed = parts.lists.finding(consumer(), finding_id)
    endpoint, after = f"{FINDINGS}/{listed.tracked.id}/resources", 0
    if args["cursor"]:
        client_id = consumer().client.id
        after = parts.cursors.open(args["cursor"], client_id, endpoint).after
    with_evidence = consumer().may(Scope.FINDINGS_EVIDENCE)
    items = parts.affected(listed.tracked, with_evidence=with_evidence)
    some = list(islice(items, after, after + limit + 1))
    page_items = [parts.forms.text(row) for row in some[:limit]]
    page = Page(page_items, own_address())
    if len(some) > limit:
        cursor = parts.cursors.seal(
            Bookmark(consumer().client.id, endpoint, after + limit)
        )
        next_url = address(f"{API}{endpoint}", cursor=cursor, limit=limit)
        page = Page(page_items, page.self_url, cursor, next_url)
    record(RESOURCES, len(page_items))
    return page_answer(page, chosen_format(None))


class Matcher:
    """Tells whether a finding matches what no column holds.

    It looks at what the client may see: a search must not find what is withheld.
    """

    def __init__(self, args: Args, form: Form) -> None:
        self._spaces = frozenset(args.get("space") or ())
        self._text = args["q"].casefold()
        self._form = Form(with_evidence=form.with_evidence)

    def __call__(self, listed: ListedFinding) -> bool:
        """Return whether a finding matches."""
        if not self._spaces and not self._text:
            return True
        row = exporting().forms.finding(listed, self._form, "")
        resource = row["resource"]
        places = {listed.tracked.space_id, resource["space_key"], resource["key"]}
        if self._spaces and not self._spaces & places:
            return False
        return any(self._text in word.casefold() for word in _words(row))


def wanted_of(args: Args) -> FindingFilter:
    """Return which findings parameters ask for, on the consumer's sites alone."""
    asked = frozenset(args.get("site_id") or ())
    refuse_foreign(consumer(), asked)
    return FindingFilter(
        asked or consumer().client.site_ids,
        types_of(args),
        frozenset(args["severity"]),
        frozenset(args["status"]),
        frozenset(args.get("resource_type") or ()),
        args["updated_since"],
        args["implied"] == "include",
    )


def record(endpoint: str, rows: int) -> None:
    """Write down that a client was given rows."""
    parts = exporting()
    pull = Pull(consumer().client.id, endpoint, parts.now(), rows, caller())
    parts.changes.record(pull)


def _words(row: Row) -> Iterator[str]:
    resource = row["resource"]
    yield from (row["id"], row["title"], row["finding_type"])
    yield from filter(None, (resource[name] for name in ("id", "key", "title")))
    for principal in row["principals"]:
        yield from filter(None, (principal.get("display_name"),))
        yield from filter(None, (principal.get("account_id"),))

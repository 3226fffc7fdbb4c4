"""`GET /findings/changes` and the history of one finding: the feed over HTTP."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from flask import Response, request

from connector.domain.bookmark import Bookmark
from connector.domain.client import Pull, Scope
from connector.domain.export_forms import Form, FormatName
from connector.domain.feed import FeedFilter, Watermark
from connector.domain.listing import SiteState
from connector.use_cases.export_changes import Asked, Pulled
from connector.use_cases.list_for_client import CHANGES
from connector.web.api.admission import address as caller
from connector.web.api.admission import consumer, count, counts_with_rows, demand, needs
from connector.web.api.answers import (
    Page,
    address,
    chosen_format,
    moment,
    own_address,
    page_answer,
    site_row,
)
from connector.web.api.documents import (
    blueprint,
    documented,
    not_modified,
    page_headers,
)
from connector.web.api.exporting import API, exporting
from connector.web.api.finding_schemas import ChangePageSchema
from connector.web.api.parameters import (
    EVIDENCE,
    MOST_ROWS,
    REFRESHED,
    ChangesParameters,
    form_of,
    question_of,
    reloaded,
)

NOT_MODIFIED = 304
ONE_FINDING = "/findings/{id}/changes"
PARAMETERS = ChangesParameters()
NO_VALUE = frozenset({"\0"})
"""Matches nothing: for two conditions that exclude each other."""

Args = Mapping[str, Any]


@blueprint.route("/findings/changes")
@counts_with_rows
@not_modified
@documented(ChangePageSchema, 404, 406, 409, 410, rows=True, headers=page_headers())
@blueprint.arguments(PARAMETERS, location="query")
@needs(Scope.FINDINGS_READ)
def changes(args: Args) -> Response:
    """Read the ordered feed of changes.

    Follow `checkpoint`: it yields each change exactly once and in order.
    """
    return _feed(args, CHANGES)


@blueprint.route("/findings/<finding_id>/changes")
@counts_with_rows
@not_modified
@documented(ChangePageSchema, 404, 406, 409, 410, rows=True, headers=page_headers())
@blueprint.arguments(PARAMETERS, location="query")
@needs(Scope.FINDINGS_READ)
def history(args: Args, finding_id: str) -> Response:
    """Read the changes of one finding, the oldest first."""
    listed = exporting().lists.finding(consumer(), finding_id)
    return _feed(args, f"/findings/{listed.tracked.id}/changes", listed.tracked.id)


def wanted_of(args: Args) -> FeedFilter:
    """Return what parameters ask of the feed."""
    types = types_of(args)
    return FeedFilter(
        site_ids=frozenset(args["site_id"]) if args.get("site_id") else None,
        finding_types=types,
        resource_types=frozenset(args.get("resource_type") or ()),
        min_severity=args["min_severity"],
        statuses=frozenset(args["status"]),
        with_implied=args["implied"] == "include",
        with_refreshed=REFRESHED in args["include"],
    )


def types_of(args: Args) -> frozenset[str]:
    """Return the types of findings that parameters ask for, under either name."""
    return _all_of(args.get("finding_type"), args.get("detector"))


def form_for_consumer(args: Args) -> Form:
    """Return the form of a row; who lacks the scope sees nobody named."""
    if EVIDENCE in args["include"]:
        demand(Scope.FINDINGS_EVIDENCE)
    return form_of(args, with_evidence=consumer().may(Scope.FINDINGS_EVIDENCE))


def _feed(args: Args, endpoint: str, finding_id: str | None = None) -> Response:
    limit = min(args["limit"], MOST_ROWS)
    bookmark, question = _place(args, endpoint)
    if args["cursor"]:
        args = reloaded(PARAMETERS, question)
    form, name = form_for_consumer(args), chosen_format(args["format_"])
    wanted = replace(wanted_of(args), finding_id=finding_id)
    position = args["cursor"] or f"{args['after_seq']} {args['from_']}"
    told = [position, sorted(question.items()), limit, str(form), name.value]
    listed_as = endpoint if finding_id is None else ONE_FINDING
    if args["changed_before"] is None and (known := _known(wanted, told)):
        exporting().changes.record_unchanged(consumer(), listed_as, caller())
        return Response(status=NOT_MODIFIED, headers={"ETag": known})
    asked = Asked(
        wanted,
        bookmark.after if bookmark else args["after_seq"],
        args["changed_since"],
        args["changed_before"],
        args["view"],
        limit,
        args["from_"] == "now" and bookmark is None,
        bookmark,
        form,
    )
    pulled = exporting().changes.page(consumer(), asked)
    texts = _texts(pulled, form, name)
    page = _page(pulled, texts, endpoint, question, limit)
    response = page_answer(page, name)
    tag = _tag(pulled.page.watermark, told, pulled.sites)
    response.headers["ETag"] = _weak(tag)
    _record(listed_as, asked, pulled)
    return response


def _place(args: Args, endpoint: str) -> tuple[Bookmark | None, dict[str, str]]:
    if not args["cursor"]:
        return None, question_of(PARAMETERS)
    bookmark = exporting().cursors.open(args["cursor"], consumer().client.id, endpoint)
    return bookmark, dict(bookmark.question)


def _page(
    pulled: Pulled,
    texts: Iterator[bytes],
    endpoint: str,
    question: dict[str, str],
    limit: int,
) -> Page:
    seal, page = exporting().cursors.seal, pulled.page
    # What goes on for ever has no end; what reads a window to its end keeps it.
    lasting = {
        name: text for name, text in question.items() if name != "changed_before"
    }
    place = Bookmark(
        consumer().client.id, endpoint, page.position, page.watermark.epoch, lasting
    )
    checkpoint = seal(place)
    more: dict[str, object] = {}
    if pulled.needs_resync:
        more["resync_recommended"] = True
    resting = Page(
        texts,
        own_address(),
        checkpoint=checkpoint,
        resume_url=address(f"{API}{endpoint}", cursor=checkpoint, limit=limit),
        sites=pulled.sites,
        watermark=page.watermark,
        more=more,
    )
    if not page.has_more:
        return resting
    cursor = checkpoint
    if pulled.before is not None:
        windowed = lasting | {"changed_before": str(moment(pulled.before))}
        cursor = seal(replace(place, question=windowed))
    next_url = address(f"{API}{endpoint}", cursor=cursor, limit=limit)
    return replace(resting, next_cursor=cursor, next_url=next_url)


def _texts(pulled: Pulled, form: Form, name: FormatName) -> Iterator[bytes]:
    if lines := pulled.page.lines:
        return _of_lines(exporting().forms.lines(lines.pieces, form), name)
    urls = {
        state.installation.site.cloud_id: state.installation.site.url
        for state in pulled.sites
    }
    # Asked for now: while an answer streams there is no application to ask any more.
    write = exporting().forms.change
    return (write(row, form, urls.get(row.site_id, "")) for row in pulled.page.rows)


def _of_lines(pieces: Iterator[bytes], name: FormatName) -> Iterator[bytes]:
    """Yield the rows of lines, many in one text where a format lets them stay so."""
    for piece in pieces:
        if name is FormatName.JSON:
            yield piece[:-1].replace(b"\n", b",\n")
        elif name is FormatName.NDJSON:
            yield piece[:-1]
        else:
            yield from piece[:-1].split(b"\n")


def _record(endpoint: str, asked: Asked, pulled: Pulled) -> None:
    page, parts = pulled.page, exporting()
    now = parts.now()
    pull = Pull(
        consumer().client.id,
        endpoint,
        now,
        page.count,
        caller(),
        asked.after,
        page.position,
        page.last_at if page.has_more else now,
    )
    count(pull)


def _known(wanted: FeedFilter, told: list[Any]) -> str:
    """Return the tag of the answer if the client has this very answer already."""
    if not request.if_none_match:
        return ""
    export = exporting().changes
    tag = _tag(export.watermark(), told, export.sites(consumer(), wanted))
    return _weak(tag) if request.if_none_match.contains_weak(tag) else ""


def _weak(tag: str) -> str:
    return f'W/"{tag}"'


def _tag(mark: Watermark, told: list[Any], sites: Sequence[SiteState]) -> str:
    """Name an answer by all that it depends on."""
    states = [site_row(state) for state in sites]
    text = orjson.dumps([consumer().client.id, told, states])
    return f"{mark.epoch or 0}-{mark.seq}-{hashlib.sha256(text).hexdigest()[:32]}"


def _all_of(*lists: list[str] | None) -> frozenset[str]:
    given = [frozenset(each) for each in lists if each]
    if not given:
        return frozenset()
    return frozenset.intersection(*given) or NO_VALUE

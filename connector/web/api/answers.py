"""Pages as responses: an envelope around the rows, or the rows alone and headers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request

from connector.domain.export_errors import NotAcceptableError
from connector.domain.export_forms import FormatName
from connector.domain.feed import Watermark
from connector.domain.listing import ListedScan, SiteState
from connector.web.api.exporting import exporting

JSON = "application/json"
MEDIA_TYPES = {
    FormatName.JSON: JSON,
    FormatName.NDJSON: "application/x-ndjson",
    FormatName.CSV: "text/csv",
    FormatName.ARRAY: JSON,
}
OFFERED = {
    JSON: FormatName.JSON,
    "application/x-ndjson": FormatName.NDJSON,
    "application/ndjson": FormatName.NDJSON,
    "text/csv": FormatName.CSV,
}
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows as JSON texts, and where to go on.

    ``next_url`` and ``next_cursor`` are empty where nothing follows.
    """

    texts: Iterable[bytes]
    self_url: str
    next_cursor: str = ""
    next_url: str = ""
    checkpoint: str = ""
    resume_url: str = ""
    sites: Sequence[SiteState] = ()
    watermark: Watermark | None = None
    more: Mapping[str, object] = field(default_factory=dict)


def chosen_format(asked: FormatName | None) -> FormatName:
    """Return the format that was asked for, by parameter or by the Accept header."""
    if asked is not None:
        return asked
    accepted = request.accept_mimetypes
    if not accepted:
        return FormatName.JSON
    best = accepted.best_match(list(OFFERED))
    if best is None:
        raise NotAcceptableError(f"Offered are: {', '.join(OFFERED)}.")
    return OFFERED[best]


def page_answer(page: Page, name: FormatName) -> Response:
    """Return a page in a format; the headers say what the envelope would."""
    if name is FormatName.JSON:
        # Whole before the first byte goes out: there are no partial answers.
        response = Response(b"".join(enveloped(page)), mimetype=JSON)
    else:
        written = exporting().forms.written(name, page.texts)
        if name is FormatName.ARRAY:
            response = Response(b"".join(written), mimetype=JSON)
        else:
            response = Response(written, mimetype=MEDIA_TYPES[name])
    headers = response.headers
    headers["X-Has-More"] = "true" if page.next_cursor else "false"
    if page.checkpoint:
        headers["X-Checkpoint"] = page.checkpoint
    if page.next_cursor:
        headers["X-Next-Cursor"] = page.next_cursor
        headers["Link"] = f'<{page.next_url}>; rel="next"'
    return response


def enveloped(page: Page) -> Iterator[bytes]:
    """Yield a page as one JSON object, its rows first."""
    opening = b'{"items":[\n'
    for text in page.texts:
        yield opening + text
        opening = b",\n"
    if opening != b",\n":
        yield opening
    yield b"\n]," + orjson.dumps(_envelope(page))[1:] + b"\n"


def json_answer(document: object, status: int = 200) -> Response:
    """Return a document."""
    return Response(orjson.dumps(document), status, mimetype=JSON)


def list_document(page: Page, items: Sequence[object]) -> Row:
    """Return a small list in the envelope of all lists."""
    return {"items": items, **_envelope(page)}


def address(path: str, **parameters: object) -> str:
    """Return an address of ours; it never comes from the Host header."""
    given = {name: str(value) for name, value in parameters.items() if value}
    query = f"?{urlencode(given)}" if given else ""
    return f"{exporting().public_url}{path}{query}"


def own_address() -> str:
    """Return the address of this request."""
    query = request.query_string.decode("ascii", "replace")
    return address(request.path) + (f"?{query}" if query else "")


def moment(value: datetime | None) -> str | None:
    """Return a time as RFC 3339 text in UTC, or null."""
    if value is None:
        return None
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def site_row(state: SiteState) -> dict[str, object]:
    """Return how a site is: so a consumer can tell clean from blind."""
    installation, last = state.installation, state.last_scan
    return {
        "id": installation.site.cloud_id,
        "health": installation.state.value,
        "stale_since": moment(installation.trail.stopped_at),
        "last_complete_scan_at": moment(last.scan.finished_at) if last else None,
        "coverage": coverage_row(last),
    }


def coverage_row(listed: ListedScan | None) -> Row | None:
    """Return what a scan could not see, by kind."""
    if listed is None or listed.report is None:
        return None
    coverage = listed.report.coverage
    gaps: dict[str, int] = {}
    for gap in coverage.gaps:
        gaps[gap.kind.value] = gaps.get(gap.kind.value, 0) + 1
    return {
        "complete": coverage.is_complete,
        "gaps": gaps,
        "restrictions_as_of": moment(listed.report.restrictions_as_of),
        "members_as_of": moment(listed.report.members_as_of),
    }


def _envelope(page: Page) -> dict[str, object]:
    links = {"self": page.self_url}
    envelope: dict[str, object] = {"has_more": bool(page.next_cursor)}
    if page.next_cursor:
        envelope["next_cursor"] = page.next_cursor
        links["next"] = page.next_url
    if page.checkpoint:
        envelope["checkpoint"] = page.checkpoint
        links["resume"] = page.resume_url
    envelope["links"] = links
    if page.watermark:
        mark = page.watermark
        envelope["watermark"] = {
            "seq": mark.seq,
            "changed_at": moment(mark.changed_at),
        }
    envelope["sites"] = [site_row(state) for state in page.sites]
    return envelope | dict(page.more)

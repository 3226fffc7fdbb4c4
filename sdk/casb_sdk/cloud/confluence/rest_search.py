"""v1 search: content and spaces by CQL, paged by cursor."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from casb_sdk.cloud.clock import iso
from casb_sdk.cloud.confluence.call import Answer, Call
from casb_sdk.cloud.confluence.cql import Cql, parse_cql
from casb_sdk.cloud.confluence.expand import Expansion, expansion_of
from casb_sdk.cloud.confluence.paging import READABLE, Window, v1_page
from casb_sdk.cloud.confluence.render_spaces import v1_space
from casb_sdk.cloud.confluence.site_index import Spot
from casb_sdk.cloud.jsontext import dumps
from casb_sdk.cloud.refusals import v1_bad_request

DEFAULT_LIMIT = 25
BODY_CAP = 50
CURSOR_PREFIX = "_sa_"
SPACES_ONLY = ("space",)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a cursor stands: rows passed, and the last item seen."""

    offset: int = 0
    last_id: str = ""


def search_content(call: Call) -> Answer:
    """Answer ``GET /rest/api/content/search``."""
    query = _query(call)
    wanted = expansion_of(call.query.listed("expand"))
    window = _window(call, wanted)
    places = call.searches.results(query)
    window = Window(_resumed(call, query, places, window.start), window.limit)
    spots = [call.site.at(place) for place in window.of(places)]
    pieces = [call.content.item(spot, wanted) for spot in spots]
    last = spots[-1].id if spots else ""
    links = _links(call, window, len(places), last)
    permissions = _permission_rows(call, wanted, spots)
    body = v1_page(call, window, pieces, links)
    return Answer(body, core=len(pieces), identity=permissions)


def search_site(call: Call) -> Answer:
    """Answer ``GET /rest/api/search``, which also lists spaces."""
    query = _query(call)
    wanted = expansion_of(call.query.listed("expand"), "content.")
    window = _window(call, wanted)
    archived = call.query.flag("includeArchivedSpaces")
    rows: Sequence[str]
    if query.types == SPACES_ONLY:
        numbers = _spaces(call, query, archived=archived)
        total, last = len(numbers), ""
        rows = [_space_row(call, number) for number in window.of(numbers)]
    else:
        places = call.searches.results(query, with_archived=archived)
        window = Window(_resumed(call, query, places, window.start), window.limit)
        spots = [call.site.at(place) for place in window.of(places)]
        total, last = len(places), spots[-1].id if spots else ""
        rows = [_content_row(call, spot, wanted) for spot in spots]
    body = v1_page(call, window, rows, _links(call, window, total, last))
    extra = {
        "totalSize": total,
        "cqlQuery": call.query.text("cql"),
        "searchDuration": 20,
        "archivedResultCount": 0,
    }
    return Answer(f"{body[:-1]},{dumps(extra)[1:]}", core=len(rows))


def _query(call: Call) -> Cql:
    return parse_cql(call.query.text("cql"))


def _window(call: Call, wanted: Expansion) -> Window:
    """Return the window; a cursor beats ``start``, and a cap the limit."""
    cap = call.options.search_cap_bare
    if wanted.is_costly:
        cap = call.options.search_cap
    if wanted.has("body"):
        cap = min(cap, BODY_CAP)
    limit = min(call.query.number("limit", DEFAULT_LIMIT), cap)
    return Window(_position(call).offset, max(limit, 1))


def _position(call: Call) -> Position:
    cursor = call.query.text("cursor")
    if not cursor:
        return Position()
    try:
        packed = cursor.removeprefix(CURSOR_PREFIX)
        [row] = json.loads(base64.b64decode(packed, validate=True))
        last_id, offset = row.strip().split(" ")
        return Position(int(offset), last_id)
    except (binascii.Error, ValueError, AttributeError):
        raise v1_bad_request("Invalid cursor") from None


def _resumed(call: Call, query: Cql, places: Sequence[int], offset: int) -> int:
    """Return where to go on, should items have come or gone since the last page."""
    last_id = _position(call).last_id
    if not offset or query.order[1] or query.order[0] not in {"", "id", "created"}:
        return offset
    before = call.site.at(places[offset - 1]).id if offset <= len(places) else ""
    if before == last_id:
        return offset
    order = (len(last_id), last_id)
    ids = (call.site.at(place).id for place in places)
    return sum((len(id_), id_) <= order for id_ in ids)


def _links(call: Call, window: Window, total: int, last_id: str) -> str:
    path = call.path.removeprefix("/wiki")
    others = call.query.others("next", "cursor", "limit", "start", "cql")
    rest = "".join(f"{name}={quote(value, safe=READABLE)}&" for name, value in others)
    cql = quote(call.query.text("cql"), safe=READABLE)
    links = {
        "base": call.site.base,
        "context": "/wiki",
        "self": f"{call.site.base}{path}?{rest}cql={cql}",
    }
    after = window.start + window.limit
    if after < total:
        row = dumps([f"\t{last_id or 0} {after}"]).encode()
        cursor = quote(CURSOR_PREFIX + base64.b64encode(row).decode())
        links["next"] = (
            f"{path}?next=true&cursor={cursor}&{rest}limit={window.limit}"
            f"&start={after}&cql={cql}"
        )
    return dumps(links)


def _permission_rows(call: Call, wanted: Expansion, spots: Sequence[Spot]) -> int:
    if not call.options.search_expands_space_permissions:
        return 0
    if not wanted.has("space.permissions"):
        return 0
    return sum(len(call.site.spaces[spot.number].grants) for spot in spots)


def _spaces(call: Call, query: Cql, *, archived: bool) -> list[int]:
    statuses = {"current", "archived"} if archived else {"current"}
    keys = query.spaces
    return [
        number
        for number, snapshot in enumerate(call.site.spaces)
        if snapshot.space.status in statuses
        and (keys is None or snapshot.space.key in keys)
    ]


def _space_row(call: Call, number: int) -> str:
    space = call.site.spaces[number].space
    return _row(v1_space(call.site, space), "space", space.name, f"/spaces/{space.key}")


def _content_row(call: Call, spot: Spot, wanted: Expansion) -> str:
    item = call.content.item(spot, wanted)
    url = f"/spaces/{spot.space.key}/pages/{spot.id}"
    row = _row(item, "content", spot.table.titles[spot.row], url)
    when = iso(call.site.modified(spot))
    return f'{row[:-1]},"lastModified":"{when}"}}'


def _row(inner: str, entity: str, title: str, url: str) -> str:
    rest = dumps(
        {
            "title": title,
            "excerpt": "",
            "url": url,
            "breadcrumbs": [],
            "entityType": entity,
            "iconCssClass": f"aui-icon content-type-{entity}",
            "score": 0.0,
        }
    )
    return f'{{"{entity}":{inner},{rest[1:]}'

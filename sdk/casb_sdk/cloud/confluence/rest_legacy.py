"""The v1 listings Atlassian removed, for clouds that still have them.

Where ``legacy_listings`` is off they answer 410, as the gateway does since 2026.
"""

from collections.abc import Sequence

from casb_sdk.cloud.confluence.call import Answer, Call
from casb_sdk.cloud.confluence.expand import Expansion, expansion_of
from casb_sdk.cloud.confluence.paging import Window, v1_links, v1_page
from casb_sdk.cloud.confluence.render_spaces import v1_permissions, v1_space
from casb_sdk.cloud.confluence.rest_restrictions import readable
from casb_sdk.cloud.confluence.site_index import Spot
from casb_sdk.cloud.refusals import GONE, RefusedError, v1, v1_bad_request
from casb_sdk.model import NodeState
from casb_sdk.snapshot import SpaceSnapshot

DEFAULT_LIMIT = 25
CAP = 1000
LAST_START = 100_000
ANY = "any"
ANY_STATUS = frozenset({"current", "archived", "trashed"})
NEVER_SHOWN = frozenset({NodeState.MISSING, NodeState.UNREADABLE})
LISTED_TYPES = ("page", "blogpost")
"""The types the old listing knew; those that came later it never listed."""


def gone(_call: Call) -> Answer:
    """Answer for an operation that was removed for good."""
    raise RefusedError(v1(410, GONE, authorized=True))


def list_spaces(call: Call) -> Answer:
    """Answer ``GET /rest/api/space``, permissions included where expanded."""
    _refuse_unless_kept(call)
    spaces = [snapshot for snapshot in call.site.spaces if _is_wanted(call, snapshot)]
    window = _window(call, Expansion())
    with_permissions = expansion_of(call.query.listed("expand")).has("permissions")
    pieces, rows = [], 0
    for snapshot in window.of(spaces):
        text, count = "", 0
        if with_permissions:
            text, count = v1_permissions(call.site, call.options, snapshot)
        pieces.append(v1_space(call.site, snapshot.space, text))
        rows += count
    more = window.start + len(pieces) < len(spaces)
    body = v1_page(call, window, pieces, v1_links(call, window, more=more))
    return Answer(body, core=len(pieces), identity=rows)


def list_content(call: Call) -> Answer:
    """Answer ``GET /rest/api/content``."""
    _refuse_unless_kept(call)
    type_ = call.query.text("type", "page")
    if type_ not in LISTED_TYPES:
        raise v1_bad_request(
            f"Unsupported value for type, got : {type_}, "
            f"expected one of : [{', '.join(LISTED_TYPES)}]"
        )
    status = call.query.text("status", "current")
    statuses = ANY_STATUS if status == ANY else frozenset({status})
    site, key = call.site, call.query.text("spaceKey")
    numbers: Sequence[int] = range(len(site.spaces))
    if key:
        numbers = [site.by_key[key]] if key in site.by_key else []
    places = call.searches.listing(type_, statuses, tuple(numbers))
    window = _window(call, expansion_of(call.query.listed("expand")))
    return _items(call, [site.at(place) for place in window.of(places)], len(places))


def one_item(call: Call) -> Answer:
    """Answer ``GET /rest/api/content/{id}``; what is in the trash where asked for."""
    _refuse_unless_kept(call)
    wanted = expansion_of(call.query.listed("expand"))
    spot = _with_status(call) or readable(call)
    return Answer(call.content.item(spot, wanted), core=1)


def descendants(call: Call) -> Answer:
    """Answer ``GET /rest/api/content/{id}/descendant/{type}``: deprecated, alive."""
    top = readable(call)
    depth = call.query.text("depth", "all")
    if depth not in {"all", "root"} and not depth.isdigit():
        raise v1_bad_request(f"Unsupported depth {depth}")
    levels = {"all": len(top.table), "root": 1}.get(depth) or int(depth)
    below = call.site.children_of(top.number)
    rows, found = [top.row], []
    for _ in range(levels):
        rows = [child for row in rows for child in below.get(row, ())]
        found += rows
        if not rows:
            break
    spots = [Spot(top.space, top.table, row, top.number) for row in sorted(found)]
    spots = [spot for spot in spots if _is_shown(call, spot)]
    window = _window(call, expansion_of(call.query.listed("expand")))
    return _items(call, window.of(spots), len(spots))


def _items(call: Call, spots: Sequence[Spot], total: int) -> Answer:
    """Return the items of a window, of so many in all."""
    wanted = expansion_of(call.query.listed("expand"))
    window = _window(call, wanted)
    pieces = [call.content.item(spot, wanted) for spot in spots]
    more = window.start + len(pieces) < total
    body = v1_page(call, window, pieces, v1_links(call, window, more=more))
    return Answer(body, core=len(pieces))


def _window(call: Call, wanted: Expansion) -> Window:
    start = call.query.number("start", 0)
    if start > LAST_START:
        raise v1_bad_request("Start of this size is no longer supported")
    cap = call.options.search_cap if wanted.is_costly else CAP
    return Window(start, min(call.query.number("limit", DEFAULT_LIMIT), cap))


def _with_status(call: Call) -> Spot | None:
    """Return the item a path names if it has a status that was asked for."""
    spot = call.site.find(call.params["id"])
    if spot is None or spot.state in NEVER_SHOWN:
        return None
    asked = {spot.status, ANY} & set(call.query.listed("status"))
    return spot if asked and spot.status in ANY_STATUS else None


def _is_wanted(call: Call, snapshot: SpaceSnapshot) -> bool:
    space, query = snapshot.space, call.query
    kind = "personal" if space.type == "personal" else "global"
    keys, ids = query.repeated("spaceKey"), query.repeated("spaceId")
    return (
        query.text("type", kind) == kind
        and query.text("status", space.status) == space.status
        and (not keys or space.key in keys)
        and (not ids or space.id in ids)
    )


def _is_shown(call: Call, spot: Spot) -> bool:
    return (
        spot.type == call.params["type"]
        and spot.status == "current"
        and call.site.find(spot.id) is not None
        and not spot.is_gone
    )


def _refuse_unless_kept(call: Call) -> None:
    if not call.options.legacy_listings:
        gone(call)

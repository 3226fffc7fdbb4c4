"""v2 pages and blog posts in lists, every content type by id."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence

from casb_sdk.cloud.clock import iso
from casb_sdk.cloud.confluence.call import Answer, Call
from casb_sdk.cloud.confluence.paging import (
    priced,
    v2_answer,
    v2_cursor,
    v2_limit,
    v2_position,
)
from casb_sdk.cloud.confluence.site_index import Spot
from casb_sdk.cloud.jsontext import array_of, dumps
from casb_sdk.cloud.refusals import v2_bad_parameter, v2_not_found
from casb_sdk.content import id_order
from casb_sdk.model import NodeState

MOST_IDS = 250
MOST_SPACES = 100
PAGE_STATUSES = ("current", "archived")
POST_STATUSES = ("current",)
NEVER_LISTED = frozenset({"draft"})
BY_ID_TYPES = {
    "pages": "page",
    "blogposts": "blogpost",
    "whiteboards": "whiteboard",
    "databases": "database",
    "embeds": "embed",
    "folders": "folder",
}
SORTS = frozenset({"id", "created-date", "modified-date", "title"})


def list_pages(call: Call) -> Answer:
    """Answer ``GET /api/v2/pages``."""
    return _listing(call, "page", PAGE_STATUSES, _space_numbers(call))


def list_blogposts(call: Call) -> Answer:
    """Answer ``GET /api/v2/blogposts``."""
    return _listing(call, "blogpost", POST_STATUSES, _space_numbers(call))


def pages_of_space(call: Call) -> Answer:
    """Answer ``GET /api/v2/spaces/{id}/pages``."""
    return _listing(call, "page", PAGE_STATUSES, _one_space(call))


def blogposts_of_space(call: Call) -> Answer:
    """Answer ``GET /api/v2/spaces/{id}/blogposts``."""
    return _listing(call, "blogpost", POST_STATUSES, _one_space(call))


def one_item(call: Call) -> Answer:
    """Answer ``GET /api/v2/{type}/{id}``, trashed items included."""
    kind = BY_ID_TYPES[call.path.split("/")[-2]]
    spot = call.site.find(call.params["id"])
    if spot is None or spot.type != kind or _is_hidden(spot):
        raise v2_not_found()
    asked = call.query.listed("status")
    if asked and spot.status not in asked:
        raise v2_not_found()
    return Answer(_item(call, spot), core=1)


def page_ancestors(call: Call) -> Answer:
    """Answer ``GET /api/v2/pages/{id}/ancestors``: the nearest ones, topmost first."""
    spot = call.site.find(call.params["id"])
    if spot is None or _is_hidden(spot):
        raise v2_not_found()
    above = call.site.ancestors(spot)[-v2_limit(call) :]
    pieces = [dumps({"id": a.id, "type": a.type}) for a in above]
    return Answer(f'{{"results":{array_of(pieces)}}}', core=len(pieces))


def convert_ids(call: Call) -> Answer:
    """Answer ``POST /api/v2/content/convert-ids-to-types``."""
    asked = call.json_body().get("contentIds")
    if not isinstance(asked, list):
        raise v2_bad_parameter("contentIds")
    found = {str(id_): call.site.find(str(id_)) for id_ in asked}
    results = {
        id_: spot.type if spot and not _is_hidden(spot) else None
        for id_, spot in found.items()
    }
    return Answer(dumps({"results": results}), core=len(results))


def _listing(
    call: Call, type_: str, default: tuple[str, ...], numbers: Sequence[int]
) -> Answer:
    limit = v2_limit(call)
    asked = call.query.listed("status") or default
    statuses = frozenset(asked) - NEVER_LISTED
    order, descends = _sort(call)
    places = _places(call, type_, statuses, numbers, order)
    if descends:
        places = places[::-1]
    by_id = order == "id" and not descends
    start = _start(call, places, by_id=by_id)
    shown = [call.site.at(place) for place in places[start : start + limit]]
    cursor, after = "", start + len(shown)
    if after < len(places):
        cursor = v2_cursor(shown[-1].id, after, order)
    pieces = [_item(call, spot) for spot in shown]
    return priced(v2_answer(call, pieces, cursor), "core", len(pieces))


def _start(call: Call, places: Sequence[int], *, by_id: bool) -> int:
    cursor = call.query.text("cursor")
    if not cursor:
        return 0
    last_id, passed = v2_position(cursor)
    if not by_id:
        return passed
    return bisect_right(
        places, id_order(last_id), key=lambda p: id_order(call.site.at(p).id)
    )


def _places(
    call: Call,
    type_: str,
    statuses: frozenset[str],
    numbers: Sequence[int],
    order: str,
) -> "array[int]":
    if "id" in call.query:
        ids = _ids(call, "id", MOST_IDS)
        spots = [s for id_ in ids if (s := call.site.find(id_)) and s.type == type_]
        places = array(
            "q",
            (s.number << 32 | s.row for s in spots if s.status in statuses),
        )
        return call.searches.in_order(call.site.sorted_by_id(places), order)
    return call.searches.listing(type_, statuses, tuple(numbers), order)


def _sort(call: Call) -> tuple[str, bool]:
    sort = call.query.text("sort", "id")
    name = sort.removeprefix("-")
    if name not in SORTS:
        raise v2_bad_parameter("sort")
    return ("id" if name == "created-date" else name), sort.startswith("-")


def _space_numbers(call: Call) -> list[int]:
    if "space-id" not in call.query:
        return list(range(len(call.site.spaces)))
    ids = _ids(call, "space-id", MOST_SPACES)
    return sorted({call.site.by_id[i] for i in ids if i in call.site.by_id})


def _one_space(call: Call) -> list[int]:
    number = call.site.by_id.get(call.params["id"])
    if number is None:
        raise v2_not_found()
    return [number]


def _ids(call: Call, name: str, most: int) -> list[str]:
    ids = list(dict.fromkeys(call.query.listed(name)))
    if len(ids) > most:
        raise v2_bad_parameter(name)
    return ids


def _is_hidden(spot: Spot) -> bool:
    """Return whether an item answers 404 to v2: a draft, missing or unreadable."""
    return spot.status == "draft" or spot.state in {
        NodeState.MISSING,
        NodeState.UNREADABLE,
    }


def _item(call: Call, spot: Spot) -> str:
    row, table, site = spot.row, spot.table, call.site
    author, created = site.installer, iso(site.created(spot))
    shown: dict[str, object] = {
        "id": spot.id,
        "type": spot.type,
        "status": spot.status,
        "title": table.titles[row],
        "spaceId": spot.space.id,
        "parentId": spot.parent_id or None,
        "parentType": _parent_type(spot),
        "position": row,
        "authorId": author,
        "ownerId": author,
        "lastOwnerId": None,
        "createdAt": created,
        "version": {
            "createdAt": iso(site.modified(spot)),
            "message": "",
            "number": table.versions[row],
            "minorEdit": False,
            "authorId": author,
        },
        "body": {},
        "_links": {
            "webui": f"/spaces/{spot.space.key}/{spot.type}s/{spot.id}",
            "editui": f"/pages/resumedraft.action?draftId={spot.id}",
            "tinyui": f"/x/{spot.id}",
        },
    }
    if spot.type in {"page", "blogpost"}:
        del shown["type"]
    return dumps(shown)


def _parent_type(spot: Spot) -> str | None:
    parent = spot.table.parents[spot.row]
    if parent >= 0:
        return spot.table.types[parent]
    return "page" if spot.parent_id else None

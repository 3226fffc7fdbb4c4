"""v1 restrictions of one item, from the endpoints that list them whole."""

from casb_sdk.cloud.confluence.call import Answer, Call
from casb_sdk.cloud.confluence.paging import Window, v1_window
from casb_sdk.cloud.confluence.site_index import Spot
from casb_sdk.cloud.jsontext import array_of, dumps
from casb_sdk.cloud.refusals import (
    TRASHED,
    v1_bad_request,
    v1_forbidden,
    v1_no_content,
    v1_not_found,
)
from casb_sdk.content import Lists
from casb_sdk.model import NodeState, Restriction

DEFAULT_LIMIT = 100
OPERATIONS = ("read", "update")


def all_restrictions(call: Call) -> Answer:
    """Answer ``GET /rest/api/content/{id}/restriction``."""
    spot, window = readable(call), v1_window(call, DEFAULT_LIMIT)
    pieces, count = _operations(call, spot, window)
    url = f"{call.site.base}/rest/api/content/{spot.id}/restriction"
    links = {"base": call.site.base, "context": "/wiki", "self": url}
    body = (
        f'{{"results":{array_of(pieces)},"start":{window.start},'
        f'"limit":{window.limit},"size":{len(pieces)},'
        f'"restrictionsHash":"{spot.id}-{count}","_links":{dumps(links)}}}'
    )
    return Answer(body, identity=count)


def restrictions_by_operation(call: Call) -> Answer:
    """Answer ``GET /rest/api/content/{id}/restriction/byOperation``."""
    spot = readable(call)
    pieces, count = _operations(call, spot, Window(0, DEFAULT_LIMIT))
    url = f"{call.site.base}/rest/api/content/{spot.id}/restriction/byOperation"
    members = [
        f'"{operation}":{piece}'
        for operation, piece in zip(OPERATIONS, pieces, strict=True)
    ]
    links = dumps({"base": call.site.base, "context": "/wiki", "self": url})
    body = f'{{{",".join(members)},"_links":{links}}}'
    return Answer(body, identity=count)


def restrictions_of_operation(call: Call) -> Answer:
    """Answer ``GET /rest/api/content/{id}/restriction/byOperation/{operation}``."""
    operation = call.params["operation"]
    if operation not in OPERATIONS:
        raise v1_bad_request(f"Unsupported operation {operation}")
    spot, window = readable(call), v1_window(call, DEFAULT_LIMIT)
    text, count = _operation(call, spot, operation, window)
    return Answer(text, identity=count)


def is_user_listed(call: Call) -> Answer:
    """Answer ``GET .../byOperation/{operation}/user``: 200 if listed, else 404."""
    restriction = _list_of(readable(call).lists, call.params["operation"])
    if call.query.text("accountId") not in restriction.users:
        raise v1_not_found("The user is not listed")
    return Answer("{}")


def is_group_listed(call: Call) -> Answer:
    """Answer ``GET .../byOperation/{operation}/byGroupId/{groupId}``."""
    restriction = _list_of(readable(call).lists, call.params["operation"])
    if call.params["groupId"] not in restriction.groups:
        raise v1_not_found("The group is not listed")
    return Answer("{}")


def readable(call: Call) -> Spot:
    """Return the item a v1 path names, or refuse as Confluence does."""
    spot = call.site.find(call.params["id"])
    if spot is None:
        raise v1_no_content(call.params["id"])
    if spot.is_gone:
        raise v1_not_found(TRASHED)
    if spot.state is NodeState.UNREADABLE:
        raise v1_forbidden("Current user not permitted to view this content")
    return spot


def _operations(call: Call, spot: Spot, window: Window) -> tuple[list[str], int]:
    found = [_operation(call, spot, operation, window) for operation in OPERATIONS]
    return [text for text, _ in found], sum(count for _, count in found)


def _operation(
    call: Call, spot: Spot, operation: str, window: Window
) -> tuple[str, int]:
    restriction = _list_of(spot.lists, operation)
    renderer = call.content.restrictions
    return renderer.operation(
        spot.id, operation, restriction, window.start, window.limit
    )


def _list_of(lists: Lists, operation: str) -> Restriction:
    return lists.read if operation == "read" else lists.update

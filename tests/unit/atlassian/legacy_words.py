"""The words of the tests about the old listings."""

from typing import Any

from casb_sdk import Space
from connector.atlassian.reader import ReaderOptions
from connector.atlassian.room import Seeds
from tests.unit.atlassian.fake_confluence import V1, FakeConfluence, listing, status

SPACES = f"{V1}/space"
CONTENT = f"{V1}/content"
DOCS = Space("1", "DOCS", homepage_id="10")
GONE = status(410, "GoneException: This deprecated endpoint has been removed.")
REFERENCE = ReaderOptions(profile="reference")


def below(id_: str) -> str:
    return f"{CONTENT}/{id_}/descendant/page"


def seeded(*content_ids: str, keys: frozenset[str] = frozenset()) -> ReaderOptions:
    return ReaderOptions(profile="reference", seeds=Seeds(keys, frozenset(content_ids)))


def space(id_: int, key: str, **more: Any) -> dict[str, Any]:
    """Return a space as v1 lists it."""
    return {
        "id": id_,
        "key": key,
        "name": f"Space {key}",
        "type": "global",
        "status": "current",
        "_expandable": {"homepage": f"/rest/api/content/{id_}0"},
    } | more


def permission(operation: str, **more: Any) -> dict[str, Any]:
    """Return a permission as v1 expands it, of the group staff unless told."""
    name, _, target = operation.partition("/")
    row: dict[str, Any] = {
        "id": 7,
        "operation": {"operation": name, "targetType": target},
        "anonymousAccess": False,
        "unlicensedAccess": False,
        "subjects": {
            "group": {"results": [{"type": "group", "id": "staff"}], "size": 1},
            "_expandable": {"user": ""},
        },
    }
    return {k: v for k, v in (row | more).items() if v is not None}


def old_confluence() -> FakeConfluence:
    """Return a site that lists nobody and nothing, the old way."""
    return (
        FakeConfluence()
        .answers(SPACES, listing())
        .answers(CONTENT, listing())
        .answers(f"{V1}/group", listing())
        .answers(f"{V1}/user/current", status(500))
    )

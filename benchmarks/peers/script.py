"""What an audit script does with atlassian-python-api: read everything, bit by bit.

Spaces and what is granted on them, pages a hundred at a time, the restrictions of
each page, groups and their members.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from benchmarks.child import access, report

PAGES_AT_ONCE = 100
ROWS_AT_ONCE = 250
PEOPLE_AT_ONCE = 200


def main() -> None:
    """Read the site."""
    url, token = access()
    confluence = import_module("atlassian").Confluence(url=url, token=token)
    report(lambda: read(confluence))


def read(confluence: Any) -> Mapping[str, float]:
    """Read all there is, and count it."""
    spaces = [
        space
        for status in ("current", "archived")
        for space in listed(confluence, "api/v2/spaces", status=status)
    ]
    grants = restrictions = pages = 0
    for space in spaces:
        permissions = f"api/v2/spaces/{space['id']}/permissions"
        grants += len(list(listed(confluence, permissions)))
        for page in confluence.get_all_pages_by_space_ids_confluence_cloud(
            [space["id"]], batch_size=PAGES_AT_ONCE
        ):
            pages += 1
            lists = confluence.get_all_restrictions_for_content(page["id"])
            restrictions += sum(map(subjects, (lists["read"], lists["update"])))
    groups = list(in_windows(confluence, "rest/api/group"))
    members = sum(
        len(list(in_windows(confluence, members_of(group)))) for group in groups
    )
    return {
        "spaces": len(spaces),
        "grants": grants,
        "pages": pages,
        "restrictions": restrictions,
        "groups": len(groups),
        "members": members,
    }


def listed(confluence: Any, path: str, **params: str) -> Iterator[Any]:
    """Yield the rows of a listing of version 2, following its links."""
    asked: Mapping[str, str] | None = {"limit": str(ROWS_AT_ONCE), **params}
    while path:
        body = confluence.get(path, params=asked)
        yield from body["results"]
        path, asked = body["_links"].get("next", "").removeprefix("/wiki/"), None


def in_windows(confluence: Any, path: str) -> Iterator[Any]:
    """Yield the rows of a list of version 1, as many at a time as it gives."""
    start = 0
    while True:
        window = {"start": start, "limit": PEOPLE_AT_ONCE}
        rows = confluence.get(path, params=window)["results"]
        yield from rows
        start += len(rows)
        if len(rows) < PEOPLE_AT_ONCE:
            return


def members_of(group: Any) -> str:
    """Return the path of a group's member list."""
    return f"rest/api/group/{group['id']}/membersByGroupId"


def subjects(lists: Any) -> int:
    """Count who stands in one list of a page."""
    return sum(len(kind["results"]) for kind in lists["restrictions"].values())


if __name__ == "__main__":
    main()

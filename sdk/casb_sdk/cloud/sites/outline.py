"""Content trees written down as indented text."""

from collections.abc import Iterator, Mapping

from casb_sdk.content import ContentTable, Lists
from casb_sdk.model import ContentItem

INDENT = "  "
STATUSES = frozenset({"archived", "trashed", "draft"})
NO_LISTS = Lists()


def table_of(
    outline: str, first_id: int, lists: Mapping[str, Lists] | None = None
) -> ContentTable:
    """Return the items of an outline, one a line, a child two spaces deeper.

    ``[folder] Plans`` has a type or a status in front; ``lists`` restricts items
    by title. Ids count up from the first.
    """
    return ContentTable.of(_items(outline, first_id, lists or {}))


def _items(
    outline: str, first_id: int, lists: Mapping[str, Lists]
) -> Iterator[ContentItem]:
    above: list[str] = []
    lines = [line for line in outline.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        depth = (len(line) - len(line.lstrip())) // len(INDENT)
        mark, title = _parted(line.strip())
        own = lists.get(title, NO_LISTS)
        content_id = str(first_id + number)
        del above[depth:]
        yield ContentItem(
            id=content_id,
            type=mark if mark and mark not in STATUSES else "page",
            status=mark if mark in STATUSES else "current",
            title=title,
            parent_id=above[-1] if above and mark != "blogpost" else "",
            version=1 + number % 7,
            read=own.read,
            update=own.update,
        )
        above.append(content_id)


def _parted(line: str) -> tuple[str, str]:
    if not line.startswith("["):
        return "", line
    mark, _, title = line[1:].partition("] ")
    return mark, title

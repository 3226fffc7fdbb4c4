"""What a site in memory tells of its items and of what it leaves out."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from casb_sdk import AnonymousUse, Coverage, GapKind, SpaceSnapshot
from casb_sdk.model import OPEN, NodeState
from connector.domain.reading import ContentPage, FoundItem, Verdict

ARCHIVED = "archived"
CURRENT = "current"
OF_THE_OUTLINE = frozenset({GapKind.SPACES, GapKind.GROUPS, GapKind.ROLE})
OF_THE_LISTING = frozenset({GapKind.CONTENT, GapKind.CONTENT_TYPE, GapKind.RESTRICTION})
VERDICT_OF = {
    AnonymousUse.INTERNET: Verdict.ALLOWED,
    AnonymousUse.AUTHENTICATED_ANY: Verdict.NO_CONFLUENCE,
    AnonymousUse.UNVERIFIED: Verdict.UNANSWERED,
}


def page_of(
    truths: Iterable[SpaceSnapshot],
    listed: Sequence[FoundItem],
    window: tuple[int, int],
    cut_lists: Collection[str],
) -> ContentPage:
    """Return the listed items of a window as a page; cut lists come empty."""
    start, end = window
    found = listed[start:end]
    ids = {entry.item.id for entry in found}
    cut = frozenset(ids.intersection(cut_lists))
    return ContentPage(
        found=tuple(
            replace(entry, item=replace(entry.item, read=OPEN, update=OPEN))
            if entry.item.id in cut
            else entry
            for entry in found
        ),
        ancestors=tuple(ancestors_of(truths, ids)),
        cut=cut,
        resume=str(end) if end < len(listed) else None,
        coverage=Coverage.merged(
            only(truth.coverage, OF_THE_LISTING) for truth in truths
        ),
    )


def ancestors_of(
    truths: Iterable[SpaceSnapshot], ids: Collection[str]
) -> Iterator[FoundItem]:
    """Yield the ancestors of some items as children name them: no restrictions."""
    for truth, content in ((truth, truth.content) for truth in truths):
        rows = [row for row, id_ in enumerate(content.ids) if id_ in ids]
        above = {above for row in rows for above in content.chain(row)[1:]}
        for row in sorted(above):
            item = replace(content.item(row), read=OPEN, update=OPEN)
            yield FoundItem(truth.space.id, replace(item, state=NodeState.ANCESTOR))


def only(coverage: Coverage, kinds: Collection[GapKind]) -> Coverage:
    gaps = tuple(gap for gap in coverage.gaps if gap.kind in kinds)
    return replace(coverage, gaps=gaps)

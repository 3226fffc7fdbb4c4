"""Says in sentences what a scan could not see for want of scopes, and the remedy."""

from collections.abc import Iterator

from casb_sdk import Coverage, Gap, GapKind
from connector.domain.health import SWITCH, UPDATE, joined
from connector.domain.reading import NOT_IN_PROFILE

REMOVED = "410"
LISTINGS = {
    GapKind.SPACES: "spaces",
    GapKind.GRANTS: "grants",
    GapKind.CONTENT: "content",
}


def advice_on(coverage: Coverage) -> tuple[str, ...]:
    """Return what the reader of a scan's report should know of its scope profile."""
    return tuple(_sentences(coverage.gaps))


def _sentences(gaps: tuple[Gap, ...]) -> Iterator[str]:
    removed = {gap.kind for gap in gaps if gap.reason == REMOVED}
    beyond = [gap for gap in gaps if gap.reason == NOT_IN_PROFILE]
    if listed := [word for kind, word in LISTINGS.items() if kind in removed]:
        yield _on_removed(joined(listed), is_whole_profile=not beyond)
    if unseen := list(dict.fromkeys(map(_name_of, beyond))):
        yield (
            f"This scope profile shows no {joined(unseen)}, so findings that rest on "
            f"them stay as they are; {SWITCH}."
        )


def _on_removed(listings: str, *, is_whole_profile: bool) -> str:
    if is_whole_profile:
        return (
            f"Atlassian has removed the listings of {listings} (410), and nothing was "
            f"taken as fixed; {UPDATE}."
        )
    return (
        f"Atlassian has removed the listings of {listings} that this scope "
        "profile needs (410): only what lies below root_content_ids was read, and "
        f"nothing was taken as fixed; {SWITCH}."
    )


def _name_of(gap: Gap) -> str:
    if gap.kind is GapKind.CONTENT_TYPE:
        return f"{gap.id} content"
    return "roles" if gap.kind is GapKind.ROLE else gap.kind.value

"""What the report of a scan says of its scope profile."""

from casb_sdk import Coverage, Gap, GapKind
from connector.domain.advice import advice_on
from connector.domain.health import SWITCH, UPDATE
from connector.domain.reading import NOT_IN_PROFILE


def test_a_whole_scan_needs_no_advice() -> None:
    gap = Gap(GapKind.GRANTS, "1", "403")

    assert advice_on(Coverage((gap,))) == ()


def test_removed_listings_are_named_with_the_remedy() -> None:
    gaps = (
        Gap(GapKind.CONTENT, "1", "410"),
        Gap(GapKind.SPACES, "current", "410"),
        Gap(GapKind.SPACES, "archived", "410"),
        Gap(GapKind.RESTRICTION, "12", "410"),
        Gap(GapKind.ROLE, "", NOT_IN_PROFILE),
    )

    sentence, _ = advice_on(Coverage(gaps))

    assert "the listings of spaces and content that" in sentence
    assert sentence.endswith(f"{SWITCH}.")


def test_where_no_profile_shows_more_a_switch_is_no_remedy() -> None:
    [sentence] = advice_on(Coverage((Gap(GapKind.CONTENT, "1", "410"),)))

    assert "the listings of content (410), and nothing was taken as fixed" in sentence
    assert sentence.endswith(f"{UPDATE}.")


def test_what_a_profile_never_shows_is_named_with_the_remedy() -> None:
    gaps = (
        Gap(GapKind.ROLE, "", NOT_IN_PROFILE),
        Gap(GapKind.CONTENT_TYPE, "whiteboard", NOT_IN_PROFILE),
        Gap(GapKind.CONTENT_TYPE, "folder", NOT_IN_PROFILE),
    )

    [sentence] = advice_on(Coverage(gaps))

    assert "no roles, whiteboard content and folder content, so" in sentence
    assert sentence.endswith(f"{SWITCH}.")

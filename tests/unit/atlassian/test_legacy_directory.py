"""The frame of a site and its grants without any v2 call."""

import pytest

from casb_sdk import Gap, GapKind
from casb_sdk.model import ANONYMOUS, SubjectType
from connector.atlassian.reader import ReaderOptions
from connector.domain.errors import ConsentError, ScopeError
from connector.domain.reading import NOT_IN_PROFILE, SiteOutline, SpaceGrants
from tests.unit.atlassian.fake_confluence import (
    V2,
    Answer,
    FakeConfluence,
    by_query,
    listing,
    ok,
    out_of_scope,
    status,
    user,
)
from tests.unit.atlassian.legacy_words import (
    CONTENT,
    DOCS,
    GONE,
    REFERENCE,
    SPACES,
    below,
    old_confluence,
    permission,
    seeded,
    space,
)

SEE = permission("read/space")
UNLISTED = ("whiteboard", "database", "embed", "folder")
LOST_SPACES = {
    Gap(GapKind.SPACES, "current", "410"),
    Gap(GapKind.SPACES, "archived", "410"),
}


async def outline_of(
    site: FakeConfluence, options: ReaderOptions = REFERENCE
) -> SiteOutline:
    reader = site.reader(options)
    try:
        return await reader.outline()
    finally:
        await reader.aclose()


async def grants_of(answer: Answer) -> SpaceGrants:
    reader = old_confluence().answers(SPACES, answer).reader(REFERENCE)
    try:
        return await reader.grants(DOCS, "PRE_ROLES")
    finally:
        await reader.aclose()


async def test_spaces_come_from_the_old_listing_with_their_homepages() -> None:
    current = listing(space(1, "DOCS"), space(2, "~ann", type="personal"))
    archived = listing(space(3, "OLD", status="archived"))
    answer = by_query("status", {"current": current, "archived": archived})
    site = old_confluence().answers(SPACES, answer)

    outline = await outline_of(site)

    assert [(s.id, s.key, s.status) for s in outline.spaces] == [
        ("1", "DOCS", "current"),
        ("2", "~ann", "current"),
        ("3", "OLD", "archived"),
    ]
    assert outline.spaces[0].homepage_id == "10"
    assert outline.spaces[1].personal_owner == "ann"
    assert not [path for path in site.paths() if path.startswith(V2)]


async def test_what_the_seven_scopes_never_show_is_said() -> None:
    outline = await outline_of(old_confluence())

    gaps = {(gap.kind, gap.id) for gap in outline.coverage.gaps}
    assert gaps == {
        (GapKind.ROLE, ""),
        *((GapKind.CONTENT_TYPE, type_) for type_ in UNLISTED),
    }
    assert {gap.reason for gap in outline.coverage.gaps} == {NOT_IN_PROFILE}
    assert {"profile:reference", f"role_mode_unread:{NOT_IN_PROFILE}"} <= set(
        outline.coverage.notes
    )


async def test_spaces_that_are_listed_no_more_are_gaps_and_end_no_scan() -> None:
    outline = await outline_of(old_confluence().answers(SPACES, GONE))

    assert outline.spaces == ()
    assert set(outline.coverage.gaps) > LOST_SPACES


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (out_of_scope(), ScopeError, "read:confluence-space.summary"),
        (status(403), ConsentError, "GET /wiki/rest/api/space"),
    ],
)
async def test_another_refusal_of_spaces_ends_the_scan(
    answer: Answer, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        await outline_of(old_confluence().answers(SPACES, answer))


async def test_seeds_stand_in_for_the_list_of_spaces() -> None:
    site = (
        old_confluence()
        .answers(SPACES, GONE)
        .answers(below("12"), listing({"id": "13", "space": space(1, "DOCS")}))
        .answers(below("22"), listing())
        .answers(below("32"), status(404))
    )

    outline = await outline_of(site, seeded("12", "22", "32"))

    assert [found.key for found in outline.spaces] == ["DOCS"]
    assert set(outline.coverage.gaps) > LOST_SPACES | {
        Gap(GapKind.CONTENT, "22", "nothing_below"),
        Gap(GapKind.CONTENT, "32", "404"),
    }


async def test_a_key_leads_to_its_space_only_while_content_is_listed() -> None:
    keys = frozenset({"DOCS"})
    listed = listing({"id": "13", "space": space(1, "DOCS")})
    half_gone = old_confluence().answers(SPACES, GONE)
    gone = old_confluence().answers(SPACES, GONE)

    found = await outline_of(half_gone.answers(CONTENT, listed), seeded(keys=keys))
    lost = await outline_of(gone.answers(CONTENT, GONE), seeded(keys=keys))

    assert [one.key for one in found.spaces] == ["DOCS"]
    assert Gap(GapKind.SPACES, "DOCS", "410") in lost.coverage.gaps


async def test_grants_are_those_of_the_space_that_was_asked_for() -> None:
    rows = [
        SEE,
        permission("create/page", subjects={"user": {"results": [user("ann")]}}),
        permission("read/space", subjects=None, anonymousAccess=True),
    ]
    other = space(2, "ELSE", permissions=[SEE])

    read = await grants_of(listing(other, space(1, "DOCS", permissions=rows)))

    assert {(g.subject.type, g.subject.id, g.operation) for g in read.grants} == {
        (SubjectType.GROUP, "staff", "read/space"),
        (SubjectType.USER, "ann", "create/page"),
        (ANONYMOUS.type, ANONYMOUS.id, "read/space"),
    }
    assert read.coverage.is_complete


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (GONE, "410"),
        (status(403), "403"),
        (listing(), "not_listed"),
        (listing(space(1, "DOCS")), "not_shown"),
        (listing(space(1, "DOCS", permissions=[])), "not_whole"),
        (
            listing(space(1, "DOCS", permissions=[permission("create/page")])),
            "not_whole",
        ),
        (
            listing(
                space(
                    1, "DOCS", permissions=[SEE, permission("x/space", subjects=None)]
                )
            ),
            "not_whole",
        ),
    ],
)
async def test_grants_that_are_not_whole_are_a_gap(answer: Answer, reason: str) -> None:
    read = await grants_of(answer)

    assert read.coverage.gaps == (Gap(GapKind.GRANTS, "1", reason),)


async def test_grants_cost_what_atlassian_charges() -> None:
    site = old_confluence().answers(
        SPACES, ok({"results": [space(1, "DOCS", permissions=[SEE, SEE])]})
    )
    reader = site.reader(REFERENCE)

    await reader.grants(DOCS, "PRE_ROLES")
    await reader.aclose()

    assert reader.spending.points == 1 + 1 + 2 * 2


async def test_a_seed_may_show_the_grants_where_the_listing_is_gone() -> None:
    shown = space(1, "DOCS", permissions=[SEE])
    site = (
        old_confluence()
        .answers(SPACES, GONE)
        .answers(below("12"), listing({"id": "13", "space": shown}))
    )
    reader = site.reader(seeded("12"))

    read = await reader.grants(DOCS, "PRE_ROLES")
    await reader.aclose()

    assert [grant.operation for grant in read.grants] == ["read/space"]
    assert read.coverage.is_complete

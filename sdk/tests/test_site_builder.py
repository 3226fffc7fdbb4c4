"""The words in which a site is described."""

import pytest

from casb_sdk.coverage import Gap, GapKind
from casb_sdk.model import (
    ANONYMOUS,
    AccessClass,
    Audience,
    Level,
    Membership,
    NodeState,
    Restriction,
    Subject,
    SubjectType,
)
from casb_sdk.people import People
from casb_sdk.snapshot import SpaceSnapshot
from casb_sdk.testing import SiteBuilder


def only_space(site: SiteBuilder) -> SpaceSnapshot:
    [space] = site.snapshot().spaces
    return space


def test_items_are_numbered_in_the_order_named() -> None:
    site = SiteBuilder().space("A").page("One").space("B").blog("Two")

    assert (site.id_of("One"), site.id_of("Two")) == ("100001", "100002")
    assert (site.space_id_of("A"), site.space_id_of("B")) == ("1", "2")


def test_the_same_title_in_two_spaces_is_told_apart_by_the_space() -> None:
    site = SiteBuilder().space("A").page("Home").space("B").page("Home")

    site.page("Child", under="Home")

    assert site.id_of("Home", space="B") == "100002"
    assert site.snapshot().spaces[1].content.item(1).parent_id == "100002"


def test_a_space_named_again_is_the_one_spoken_of() -> None:
    site = SiteBuilder().space("A").space("B").space("A").page("In A")

    assert [len(space.content) for space in site.snapshot().spaces] == [1, 0]


def test_levels_are_those_of_the_legacy_grid() -> None:
    site = SiteBuilder().guest("gus").space("A").allows("gus", Level.EDIT)

    operations = [grant.operation for grant in only_space(site).grants]

    assert operations == ["read/space", "create/page", "create/blogpost"]


def test_names_stand_for_accounts_groups_and_classes() -> None:
    site = SiteBuilder().guest("gus").group("staff").space("A")
    for who in ("gus", "staff", AccessClass.LICENSED, Audience.ANONYMOUS):
        site.allows(who, "read/space")

    assert [grant.subject for grant in only_space(site).grants] == [
        Subject(SubjectType.USER, "gus"),
        Subject(SubjectType.GROUP, "group-staff"),
        Subject(SubjectType.ACCESS_CLASS, AccessClass.LICENSED),
        ANONYMOUS,
    ]


@pytest.mark.parametrize(
    "audience", [Audience.UNKNOWN, Audience.EXTERNAL, Audience.APP]
)
def test_an_audience_stands_for_somebody_of_it(audience: Audience) -> None:
    site = SiteBuilder().space("A").allows(audience, Level.VIEW)

    people = People.of(site.snapshot().directory, site.policy)

    assert [p.audience for p in people.principals.values()] == [audience]


@pytest.mark.parametrize(
    "audience",
    [Audience.INTERNAL, Audience.CLOSED, Audience.INACTIVE, Audience.UNDETERMINED],
)
def test_an_audience_nobody_reports_has_somebody_typical_too(
    audience: Audience,
) -> None:
    site = SiteBuilder().space("A").allows(audience, Level.VIEW)

    assert People.of(site.snapshot().directory, site.policy).principals == {}


def test_a_name_nobody_has_is_refused_with_the_words_that_help() -> None:
    with pytest.raises(LookupError, match=r"say \.person\('eve'\)"):
        SiteBuilder().space("A").allows("eve", Level.VIEW)


def test_content_before_any_space_is_refused() -> None:
    with pytest.raises(LookupError, match="name a space first"):
        SiteBuilder().page("Lost")


def test_restrictions_before_any_content_are_refused() -> None:
    with pytest.raises(LookupError, match="no content yet"):
        SiteBuilder().guest("gus").space("A").restricted_to("gus")


def test_a_parent_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LookupError, match="no content is titled 'Q'"):
        SiteBuilder().space("A").page("P", under="Q")


def test_a_restriction_is_a_view_list_unless_a_level_is_said() -> None:
    site = SiteBuilder().guest("gus").group("staff").space("A").page("P")

    site.restricted_to("gus", "staff").restricted_to("staff", Level.EDIT)

    item = only_space(site).content.item(0)
    assert item.read == Restriction(frozenset({"gus"}), frozenset({"group-staff"}))
    assert item.update == Restriction(groups=frozenset({"group-staff"}))


def test_a_role_is_assigned_in_the_space() -> None:
    site = SiteBuilder().guest("gus").role("Viewer", "read/space").space("A")

    site.assigns("Viewer", "gus", Audience.ANONYMOUS)

    assert [a.role_id for a in only_space(site).assignments] == ["role-Viewer"] * 2


def test_a_role_may_be_called_like_a_group_and_must_be_defined() -> None:
    site = SiteBuilder().group("staff").role("staff", "read/space").space("A")

    site.assigns("staff", "staff")

    [assignment] = only_space(site).assignments
    assert (assignment.subject.id, assignment.role_id) == ("group-staff", "role-staff")
    with pytest.raises(LookupError, match=r"say \.role\('Editor'\) first"):
        site.assigns("Editor", "staff")


def test_licensed_people_are_in_the_group_that_gives_product_access() -> None:
    site = SiteBuilder().person("ann").guest("gus").outsider("eve", licensed=False)

    groups = site.snapshot().directory.groups

    assert groups["group-confluence-users"].members == {"ann"}
    assert groups["group-confluence-users"].access_types == {"user"}


def test_a_group_named_again_gains_members() -> None:
    site = SiteBuilder().group("staff", "ann").group("staff", "bo", gives="admin")

    staff = site.snapshot().directory.groups["group-staff"]

    assert staff.members == {"ann", "bo"}
    assert staff.access_types == {"admin"}


def test_a_group_that_could_not_be_read_leaves_a_gap() -> None:
    site = SiteBuilder().group("staff", membership=Membership.UNREAD)

    gaps = site.snapshot().directory.coverage.gaps

    assert gaps == (Gap(GapKind.GROUP, "group-staff", "403"),)


def test_an_ancestor_that_was_refused_leaves_a_gap_in_its_space() -> None:
    site = SiteBuilder().space("A").ancestor("Q", NodeState.UNREADABLE)

    assert only_space(site).coverage.ids(GapKind.ANCESTOR) == {site.id_of("Q")}


def test_a_personal_space_belongs_to_its_owner() -> None:
    site = SiteBuilder().person("ann").personal_space("ann").homepage("Hello")

    space = only_space(site).space

    assert (space.key, space.personal_owner) == ("~ann", "ann")
    assert space.homepage_id == site.id_of("Hello")

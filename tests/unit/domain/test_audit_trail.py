"""The audit log knows names; what cannot be placed by its name is not passed over."""

from datetime import UTC, datetime

from casb_sdk import Group, Space
from connector.domain.audit_trail import Named, Trail
from connector.domain.reading import AuditEvent

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DOCS, HR = Space("1", "DOCS", "Handbook"), Space("2", "HR", "People")
TWIN = Space("3", "HB2", "Handbook")
TRAIL = Trail.of([DOCS, HR, TWIN], [Group("g1", "staff")])


def named(*objects: tuple[str, str], category: str = "Permissions") -> Named:
    return TRAIL.named([AuditEvent(NOW, category, "Something changed", objects)])


def test_a_space_is_known_by_its_name_or_its_key() -> None:
    assert named(("People", "Space")).spaces == {"2"}
    assert named(("HR", "SPACE")).spaces == {"2"}


def test_a_name_of_two_spaces_is_that_of_both() -> None:
    assert named(("Handbook", "Space")).spaces == {"1", "3"}


def test_an_item_is_looked_for_in_the_space_beside_it() -> None:
    found = named(("Salaries", "Page"), ("People", "Space"))

    assert found.items == {"2": {"Salaries"}}
    assert not found.spaces


def test_an_item_without_a_space_may_be_in_any() -> None:
    assert named(("Salaries", "Blog post")).items == {"": {"Salaries"}}


def test_a_type_nobody_has_documented_is_that_of_an_item() -> None:
    assert named(("Plan", "Whiteboard"), ("HR", "Space")).items == {"2": {"Plan"}}


def test_a_change_of_a_space_we_do_not_know_makes_all_grants_doubtful() -> None:
    assert named(("Elsewhere", "Space")).all_grants
    assert named(("Elsewhere", "Space"), ("HR", "Space")).all_grants


def test_a_change_that_names_nothing_makes_all_grants_doubtful() -> None:
    assert named().all_grants
    assert named(("Gus", "User")).all_grants


def test_a_group_is_named_whatever_the_event_is_about() -> None:
    found = named(("staff", "Group"), ("Gus", "User"), category="Users and groups")

    assert found.groups == {"g1"}
    assert not found.all_grants


def test_what_is_not_about_access_names_nothing() -> None:
    assert named(("Salaries", "Page"), category="Pages") == Named()

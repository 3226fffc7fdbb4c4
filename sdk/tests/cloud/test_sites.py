"""The demonstration site, and the sites made from a seed."""

import itertools
from dataclasses import replace

import pytest

from casb_sdk.audience import AudiencePolicy
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.cloud.generator import generate_site
from casb_sdk.cloud.site_changes import change_site
from casb_sdk.content import id_order
from casb_sdk.model import Account, RoleMode
from casb_sdk.people import absent_account
from casb_sdk.snapshot import SiteSnapshot
from sdk.tests.agreement import Model, disagreements

POLICY = AudiencePolicy(
    internal_domains=frozenset({"acme.example"}),
    atlassian_app_ids=frozenset(
        {
            "557058:f58131cb-b67d-43c7-b30d-6b58d40bd077",
            "557058:cbc04d7b-be84-46eb-90e4-e567aa5332c6",
            "5cb4ae0e4b97ab11a18e00c7",
        }
    ),
)
MODES = [RoleMode.PRE_ROLES, RoleMode.TRANSITION, RoleMode.ROLES]


def people_of(site: SiteSnapshot) -> list[Account]:
    accounts = site.directory.accounts.values()
    return [account for account in accounts if account.account_type != "app"]


def test_all_ten_problems_occur_on_the_demonstration_site() -> None:
    verdicts = Model(with_unknown(demo_site()), POLICY).verdicts()

    assert [number for number in range(1, 11) if not verdicts[number]] == []


def test_the_demonstration_site_is_small() -> None:
    site = demo_site()

    assert len(site.spaces) == 8
    assert 50 <= sum(len(space.content) for space in site.spaces) <= 80
    assert disagreements(with_unknown(site), POLICY) == []


@pytest.mark.parametrize("mode", MODES)
def test_all_ten_problems_occur_on_a_generated_site(mode: RoleMode) -> None:
    site = with_unknown(generate_site(1, 3000, 40, 600, 60, role_mode=mode))

    verdicts = Model(site, POLICY).verdicts()

    assert [number for number in range(1, 11) if not verdicts[number]] == []


def test_the_same_seed_makes_the_same_site() -> None:
    assert generate_site(7, 500) == generate_site(7, 500)
    assert generate_site(7, 500) != generate_site(8, 500)


@pytest.mark.parametrize("items", [10, 11, 100, 1000])
def test_a_site_has_the_items_asked_for(items: int) -> None:
    site = generate_site(1, items)

    assert sum(len(space.content) for space in site.spaces) == items


def test_a_site_has_the_size_asked_for() -> None:
    site = generate_site(1, 5000, spaces=50, users=400, groups=40)

    assert (len(site.spaces), len(site.directory.groups)) == (50, 40)
    assert len(people_of(site)) == 400


def test_no_id_is_given_twice_and_spaces_are_mixed() -> None:
    spaces = generate_site(1, 2000, spaces=20).spaces

    ids = [id_ for space in spaces for id_ in space.content.ids]
    assert len(ids) == len(set(ids))
    for space in spaces:
        assert list(space.content.ids) == sorted(space.content.ids, key=id_order)
    assert ids != sorted(ids, key=id_order)


def test_trees_are_deep_mixed_and_end() -> None:
    tables = [space.content for space in generate_site(1, 5000).spaces]

    depths = [len(t.chain(row)) for t in tables for row in range(len(t))]
    types = {type_ for table in tables for type_ in table.types}
    assert max(depths) >= 10
    assert len(types) == 6
    later = [
        row
        for table in tables
        for row, parent in enumerate(table.parents)
        if parent > row
    ]
    assert later, "some items were moved below younger ones"


def test_blog_posts_stand_alone() -> None:
    for space in generate_site(1, 3000).spaces:
        table = space.content
        posts = {row for row, type_ in enumerate(table.types) if type_ == "blogpost"}
        assert all(table.parents[row] == -1 for row in posts)
        assert not posts & set(table.parents)


def test_few_items_are_restricted_and_few_people_offend() -> None:
    site = generate_site(1, 20_000, users=5000)
    restricted = sum(len(space.content.lists) for space in site.spaces)
    offenders = [
        account
        for account in people_of(site)
        if account.is_guest
        or account.account_type == "customer"
        or (account.email_domain and account.email_domain != "acme.example")
    ]

    assert 0.01 < restricted / 20_000 < 0.03
    assert 0 < len(offenders) <= 0.02 * 5000


def test_an_old_space_has_as_many_grants_as_real_ones_do() -> None:
    spaces = generate_site(1, 2000, spaces=30).spaces

    counts = [len(space.grants) for space in spaces]
    assert 60 <= min(counts) <= max(counts) <= 150
    assert sum(counts) / len(counts) <= 120
    assert not any(space.assignments for space in spaces)


def test_on_a_site_on_roles_nobody_holds_two() -> None:
    for space in generate_site(1, 500, spaces=20, role_mode=RoleMode.ROLES).spaces:
        subjects = [assignment.subject for assignment in space.assignments]
        assert len(subjects) == len(set(subjects)) > 5
        assert not space.grants


def test_a_day_changes_a_little_and_only_that() -> None:
    before = generate_site(1, 5000, groups=200)

    day = change_site(before, 1, 1000.0)
    after = day.snapshot

    edited = sum(
        old.content.titles[row] != new.content.titles[row]
        for old, new in zip(before.spaces, after.spaces, strict=True)
        for row in range(len(old.content))
    )
    regrouped = [
        id_
        for id_, group in before.directory.groups.items()
        if after.directory.groups[id_] != group
    ]
    granted = sum(
        old.grants != new.grants
        for old, new in zip(before.spaces, after.spaces, strict=True)
    )
    assert 30 <= edited <= 70
    assert len(regrouped) == 1
    assert 0 < granted <= 20 == len(day.audit)
    assert change_site(before, 1, 1000.0) == day


def with_unknown(site: SiteSnapshot) -> SiteSnapshot:
    """Return a site as a scan describes it: ids nobody has are absent accounts."""
    named = set(
        itertools.chain.from_iterable(
            [grant.subject.id for grant in space.grants if grant.subject.type == "user"]
            + [a.subject.id for a in space.assignments if a.subject.type == "user"]
            + [u for lists in space.content.lists.values() for u in lists.read.users]
            + [u for lists in space.content.lists.values() for u in lists.update.users]
            for space in site.spaces
        )
    )
    accounts = dict(site.directory.accounts)
    accounts |= {id_: absent_account(id_) for id_ in sorted(named - accounts.keys())}
    return replace(site, directory=replace(site.directory, accounts=accounts))

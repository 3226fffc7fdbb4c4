"""A day on a site, single kinds of change, and what the cloud tells of them."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from casb_sdk.cloud import CloudSite
from casb_sdk.cloud.generator import generate_site
from casb_sdk.cloud.site_changes import DayOfChanges, change_site
from casb_sdk.cloud.site_mutations import ALL_MUTATIONS, Mutation, mutate_site
from casb_sdk.content import NO_PARENT
from casb_sdk.model import ContentItem, RoleMode
from casb_sdk.snapshot import SiteSnapshot
from sdk.tests.cloud.caller import Caller, calling

NOW = 2_000_000_000.0
PERMISSIONS = {Mutation.GRANTED, Mutation.RESTRICTED}
OF_GROUPS = {Mutation.JOINED, Mutation.LEFT, Mutation.SWAPPED}


def site(mode: RoleMode = RoleMode.PRE_ROLES) -> SiteSnapshot:
    return generate_site(3, 400, spaces=8, users=60, groups=12, role_mode=mode)


def mutated(before: SiteSnapshot, *kinds: Mutation) -> Iterator[DayOfChanges]:
    for seed in range(12):
        rng = random.Random(seed)  # noqa: S311 - no secret
        yield mutate_site(before, rng, frozenset(kinds), now=NOW)


def changed_by(before: SiteSnapshot, kind: Mutation) -> DayOfChanges:
    return next(day for day in mutated(before, kind) if day.snapshot != before)


def items_of(snapshot: SiteSnapshot) -> dict[str, tuple[str, ContentItem]]:
    return {
        item.id: (space.space.id, item)
        for space in snapshot.spaces
        for item in space.content.items()
    }


def frame_of(snapshot: SiteSnapshot) -> object:
    return snapshot.directory, [
        (space.space, space.grants, space.assignments) for space in snapshot.spaces
    ]


def test_a_day_changes_grants_and_restrictions_alike() -> None:
    before = site()

    day = change_site(before, 1, NOW, pages=0, groups=0)

    summaries = [record.summary.partition(" ")[0] for record in day.audit]
    assert sorted(summaries) == ["Content"] * 10 + ["Space"] * 10
    assert all(record.created == NOW for record in day.audit)


def test_a_day_restricts_without_a_trace_but_in_the_audit_log() -> None:
    before = site()

    day = change_site(before, 1, NOW, pages=0, groups=0)

    names = {r.affected for r in day.audit if r.summary.startswith("Content")}
    places = {r.associated for r in day.audit if r.summary.startswith("Content")}
    types = {"page": "Page", "blogpost": "Blog post"}
    told = set()
    for (_, old), (space_id, new) in zip(
        items_of(before).values(), items_of(day.snapshot).values(), strict=True
    ):
        assert replace(new, read=old.read, update=old.update) == old
        if new != old:
            [name] = [s.space.name for s in before.spaces if s.space.id == space_id]
            assert ((name, "Space"),) in places
            told.add((new.title, types[new.type]))
    assert told
    assert told <= names


@pytest.mark.parametrize("mode", RoleMode)
def test_a_day_on_a_site_changes_what_the_site_grants_by(mode: RoleMode) -> None:
    before = site(mode)

    after = change_site(before, 1, NOW).snapshot

    for old, new in zip(before.spaces, after.spaces, strict=True):
        if old.assignments and not old.grants:
            assert not new.grants
    assert [s.grants or s.assignments for s in before.spaces] != [
        s.grants or s.assignments for s in after.spaces
    ]


def test_in_a_changed_group_people_join_leave_or_swap() -> None:
    before = site()
    differences = set()

    for seed in range(10):
        groups = change_site(before, seed, NOW, groups=0.5).snapshot.directory.groups
        for id_, old in before.directory.groups.items():
            if groups[id_].members != old.members:
                differences.add(len(groups[id_].members) - len(old.members))

    assert differences == {-1, 0, 1}


@pytest.mark.parametrize("kind", sorted(ALL_MUTATIONS - PERMISSIONS - OF_GROUPS))
def test_every_kind_of_change_to_the_content_happens(kind: Mutation) -> None:
    before = site()

    assert any(day.snapshot != before for day in mutated(before, kind))


@pytest.mark.parametrize("kind", sorted(PERMISSIONS))
def test_who_may_do_what_changes_and_the_audit_log_tells(kind: Mutation) -> None:
    before = site()

    days = list(mutated(before, kind))

    assert any(day.audit for day in days)
    for day in days:
        assert (day.snapshot != before) == bool(day.audit)


@pytest.mark.parametrize("kind", sorted(OF_GROUPS))
def test_nothing_but_members_changes_in_a_group(kind: Mutation) -> None:
    before = site()
    by = {Mutation.JOINED: 1, Mutation.LEFT: -1, Mutation.SWAPPED: 0}[kind]

    changed = 0
    for day in mutated(before, kind):
        assert day.snapshot.spaces == before.spaces
        for id_, group in day.snapshot.directory.groups.items():
            old = before.directory.groups[id_]
            changed += group.members != old.members
            assert abs(len(group.members) - len(old.members)) <= 3 * abs(by)
    assert changed


def test_a_kind_that_is_switched_off_does_not_happen() -> None:
    before = site()

    assert all(day.snapshot == before for day in mutated(before))
    for day in mutated(before, Mutation.RETITLED):
        assert frame_of(day.snapshot) == frame_of(before)
        assert items_of(day.snapshot).keys() == items_of(before).keys()


@pytest.mark.parametrize("mode", RoleMode)
def test_a_changed_site_is_whole(mode: RoleMode) -> None:
    before = site(mode)

    for day in mutated(before, *Mutation):
        ids = [i for space in day.snapshot.spaces for i in space.content.ids]
        assert len(ids) == len(set(ids))
        for space in day.snapshot.spaces:
            content = space.content
            assert not content.orphans
            for row, item in enumerate(content.items()):
                assert not item.parent_id or len(content.chain(row)) > 1
                assert content.parents[content.chain(row)[-1]] == NO_PARENT


def test_the_same_chance_makes_the_same_changes() -> None:
    assert list(mutated(site(), *Mutation)) == list(mutated(site(), *Mutation))


def newest(caller: Caller) -> list[tuple[str, str]]:
    cql = "type in (page,blogpost) order by lastmodified desc"
    rows = caller.search(cql, limit=200, expand="version")["results"]
    return [(row["id"], row["version"]["when"]) for row in rows]


def test_search_lists_the_last_changes_of_all_spaces_first() -> None:
    before = site()
    with calling(CloudSite(before)) as caller:
        listed = newest(caller)
        day = changed_by(before, Mutation.RETITLED)
        caller.running.replace(day.snapshot)
        after = newest(caller)

    whens = [when for _, when in listed]
    assert whens == sorted(whens, reverse=True)
    retitled = {
        id_
        for id_, (_, item) in items_of(day.snapshot).items()
        if item != items_of(before)[id_][1] and item.type in {"page", "blogpost"}
    }
    assert retitled
    assert {id_ for id_, _ in after[: len(retitled)]} == retitled


def test_what_changed_stays_changed_when_something_else_does() -> None:
    before = site()
    once = changed_by(before, Mutation.RETITLED)
    later = changed_by(once.snapshot, Mutation.JOINED)
    with calling(CloudSite(before)) as caller:
        caller.running.replace(once.snapshot)
        told = newest(caller)
        caller.running.replace(later.snapshot)

        assert newest(caller) == told


def test_a_restriction_does_not_date_an_item_anew() -> None:
    before = site()
    day = changed_by(before, Mutation.RESTRICTED)
    with calling(CloudSite(before)) as caller:
        told = newest(caller)
        caller.running.replace(day.snapshot, *day.audit)
        rows = caller.json("/rest/api/audit")["results"]

        assert newest(caller) == told
    assert day.audit
    assert {row["summary"] for row in rows} <= {
        "Content restriction added",
        "Content restriction removed",
    }
    assert len(rows) == len(day.audit)

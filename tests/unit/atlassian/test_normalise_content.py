"""Recorded shapes of items and their restriction lists."""

from typing import Any

import msgspec
import pytest

from casb_sdk import ContentItem, Restriction, Space
from casb_sdk.model import NodeState
from connector.atlassian import content_payloads as payloads
from connector.atlassian.normalise_content import Harvest, Homes, Told
from tests.unit.atlassian.fake_confluence import (
    group,
    item,
    operation,
    restrictions,
    user,
)

DOCS = Space("1", "DOCS")
HR = Space("2", "HR")
RECORDED_ITEM = b"""{
 "id": "123", "type": "page", "status": "current", "title": "text",
 "space": {"id": 1, "key": "DOCS", "name": "text", "type": "global",
  "status": "current", "_expandable": {"settings": "/rest/api/space/DOCS/settings"}},
 "history": {"latest": true, "lastUpdated": {"by": {"type": "known"}, "number": 2}},
 "ancestors": [{"id": "12", "type": "folder", "status": "current", "title": "up",
  "macroRenderedOutput": {}, "extensions": {"position": 457},
  "_expandable": {"container": "/rest/api/space/DOCS", "ancestors": ""}}],
 "extensions": {"position": 222367857},
 "restrictions": {
  "read": {"operation": "read", "restrictions": {
    "user": {"results": [{"type": "known", "accountId": "ann",
      "accountType": "atlassian", "email": "ann@acme.example", "displayName": "Ann",
      "isExternalCollaborator": false}], "start": 0, "limit": 200, "size": 1},
    "group": {"results": [{"type": "group", "name": "text", "id": "g",
      "_links": {"self": "https://x/rest/experimental/group/restricted%20group"}}],
      "start": 0, "limit": 200, "size": 1}},
   "_expandable": {"content": "/rest/api/content/123"}},
  "update": {"operation": "update", "restrictions": {
    "user": {"results": [], "start": 0, "limit": 200, "size": 0},
    "group": {"results": [], "start": 0, "limit": 200, "size": 0}}},
  "_expandable": {}},
 "_expandable": {"version": ""}
}"""


def harvest(
    *rows: dict[str, Any], spaces: tuple[Space, ...] = (DOCS,), told: Told | None = None
) -> Harvest:
    found = Harvest(Homes.of(spaces), told or Told())
    body = msgspec.json.encode({"results": rows})
    found.take(payloads.SEARCH.decode(body).results)
    return found


def only(found: Harvest) -> ContentItem:
    [entry] = found.found
    return entry.item


def test_a_recorded_item() -> None:
    found = harvest(msgspec.json.decode(RECORDED_ITEM))

    [entry] = found.found
    assert entry.space_id == "1"
    assert entry.item == ContentItem(
        "123",
        "page",
        "current",
        "text",
        parent_id="12",
        version=1,
        read=Restriction(frozenset({"ann"}), frozenset({"g"})),
    )
    [ancestor] = found.ancestors
    assert ancestor.item == ContentItem(
        "12", "folder", "current", "up", state=NodeState.ANCESTOR
    )
    assert [account.email_domain for account in found.cast.accounts] == ["acme.example"]
    assert [one.name for one in found.cast.groups] == ["text"]
    assert not found.cut


def test_ancestors_bring_their_own_parents_and_are_told_once() -> None:
    told = Told()

    first = harvest(item("4", "1", "2", "3"), item("5", "1", "2"), told=told)
    second = harvest(item("6", "1", "2", "3", "4"), item("7", "1", "9"), told=told)

    assert {a.item.id: a.item.parent_id for a in first.ancestors} == {
        "1": "",
        "2": "1",
        "3": "2",
    }
    assert {a.item.id: a.item.parent_id for a in second.ancestors} == {"9": "1"}
    assert [f.item.parent_id for f in second.found] == ["4", "9"]


def test_an_item_told_on_the_last_page_is_not_told_again() -> None:
    told = Told()
    harvest(item("1"), item("2"), told=told)

    found = harvest(item("2"), item("3"), told=told)

    assert [f.item.id for f in found.found] == ["3"]


def test_memory_stays_flat() -> None:
    told = Told()
    told.items |= {str(number) for number in range(50_000)}
    told.people |= {str(number) for number in range(50_000)}

    told.forget_if_full()

    assert told == Told()


@pytest.mark.parametrize(
    "more",
    [
        {"type": "comment"},
        {"type": "attachment", "id": "att123"},
        {"status": "draft"},
        {"status": "trashed"},
    ],
)
def test_what_is_no_content_of_its_own_is_left_out(more: dict[str, Any]) -> None:
    assert harvest(item("1", **more)).found == []


def test_a_type_and_a_status_nobody_documented_are_kept_and_counted() -> None:
    found = harvest(item("1", type="slide-deck", status="frozen"), item("2"))

    assert [(f.item.type, f.item.status) for f in found.found] == [
        ("slide-deck", "frozen"),
        ("page", "current"),
    ]
    assert found.unknown == {"content.type=slide-deck": 1, "content.status=frozen": 1}


def test_null_is_the_same_as_missing() -> None:
    bare = {"id": "1", "ancestors": [], "restrictions": restrictions()}
    nulls = bare | {"type": None, "status": None, "title": None, "version": None}

    assert only(harvest(nulls)) == only(harvest(bare)) == ContentItem("1")


def test_a_hostile_title_is_only_a_title() -> None:
    title = "\"><script>alert(1)</script>\u202e\x00\U0001f600'; DROP TABLE x"

    assert only(harvest(item("1", title=title))).title == title


def test_a_blog_post_has_no_parent() -> None:
    assert only(harvest(item("1", type="blogpost", ancestors=None))).parent_id == ""


@pytest.mark.parametrize("shape", [{"ancestors": None}, {}])
def test_ancestors_that_are_not_shown_are_not_taken_for_none(
    shape: dict[str, Any],
) -> None:
    row = item("1")
    del row["ancestors"]

    found = harvest(row | shape)

    [ancestor] = found.ancestors
    assert only(found).parent_id == ancestor.item.id
    assert ancestor.item.state is NodeState.UNREADABLE


SHOWN = operation("read", [user("ann")])
NOT_WHOLE = {
    "as many as the limit": operation("read", [user("ann")], limit=1),
    "a size above what is shown": operation("read", [user("ann")], size=2),
    "a size and nobody shown": operation("read", [], size=2),
    "a next link": operation("read", [], _links={"next": "/rest/api/x?start=200"}),
    "not expanded": "",
    "not expanded below": {"operation": "read", "restrictions": ""},
    "groups not expanded": {
        "operation": "read",
        "restrictions": {"user": {"results": []}, "_expandable": {"group": ""}},
    },
    "null": None,
}


@pytest.mark.parametrize("lists", NOT_WHOLE.values(), ids=NOT_WHOLE)
@pytest.mark.parametrize("name", ["read", "update"])
def test_a_list_that_is_not_whole_is_cut(name: str, lists: object) -> None:
    both = restrictions() | {name: lists}

    assert harvest(item("1", restrictions=both)).cut == {"1"}


@pytest.mark.parametrize("shape", ["", None, {}])
def test_restrictions_that_are_not_shown_are_not_taken_for_none(shape: object) -> None:
    assert harvest(item("1", restrictions=shape)).cut == {"1"}


def test_a_whole_list_is_not_cut() -> None:
    found = harvest(item("1", restrictions=restrictions([user("ann")], [group("g")])))

    assert not found.cut
    assert only(found).read == Restriction(users=frozenset({"ann"}))
    assert only(found).update == Restriction(groups=frozenset({"g"}))


def test_somebody_without_an_id_leaves_the_list_restricted() -> None:
    nobody = {"type": "unknown", "displayName": "Former user"}
    nothing = {"type": "group"}

    found = harvest(item("1", restrictions=restrictions([nobody], [nothing])))

    assert only(found).read
    assert only(found).update
    assert found.cast.accounts == []
    assert found.cast.groups == []


def test_items_find_their_space_by_id_by_key_or_not_at_all() -> None:
    found = harvest(
        item("1", space={"id": 1, "key": "RENAMED"}),
        item("2", space={"id": "2"}),
        item("3", space={"key": "HR"}),
        item("4", space={"id": 9, "key": "OTHER"}),
        item("5", space=None),
        spaces=(DOCS, HR),
    )

    assert [(f.item.id, f.space_id) for f in found.found] == [
        ("1", "1"),
        ("2", "2"),
        ("3", "2"),
    ]
    assert found.homeless == 1


def test_in_a_shard_of_one_space_there_is_no_doubt() -> None:
    found = harvest(item("1", space=None))

    assert [f.space_id for f in found.found] == ["1"]
    assert found.homeless == 0

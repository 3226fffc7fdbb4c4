from dataclasses import replace
from typing import Any

import orjson
import pytest

from casb_sdk import AffectedItem, ContentItem, Resource, Site, Space
from connector.domain.finding_state import Aside, Status
from connector.export.native import (
    FeedPosition,
    affected_resource,
    affected_space,
    native_change,
    native_finding,
    without_evidence,
)
from connector.export.ocsf import ocsf_event_of
from connector.export.redaction import resource_without_accounts
from tests.unit.export.factory import (
    ACCOUNT,
    APP_ID,
    GHOST_ID,
    GUEST_ID,
    LATER,
    PUBLIC_URL,
    SITE_ID,
    SITE_URL,
    SPACE,
    TYPES,
    change,
    finding,
    rich_finding,
    tracked,
)

SITE = Site(SITE_ID, SITE_URL)
OWNER_ID = "557058:0wner"
HOME = Space("8", f"~{OWNER_ID}", "Olga Owner", type="personal")
PRIVATE = (
    *(GUEST_ID, APP_ID, GHOST_ID, "Gus", "Slack", "Page 0"),
    *("g-1", "partners", "9001", "r-1", "Collaborator", "ada@acme.example"),
)


def full_row() -> dict[str, Any]:
    return native_finding(
        replace(
            tracked(rich_finding(), Status.SUPPRESSED),
            aside=Aside("s-1", "Gus asked ada@acme.example", "ada@acme.example", LATER),
            assignee="ada@acme.example",
        ),
        public_url=PUBLIC_URL,
    )


def test_without_the_scope_principals_are_an_audience_a_kind_and_a_count() -> None:
    row: Any = without_evidence(full_row())

    assert row["principals"] == [
        {
            "audience": "external",
            "kind": None,
            "affected": {"count": 2, "sample": []},
        }
    ]
    assert row["affected"] == {"count": 2, "sample": []}
    assert row["evidence"] is None
    assert row["evidence_digest"] is None
    assert (row["labels"], row["details"]) == ({}, {})


def test_without_the_scope_every_field_is_still_there() -> None:
    full = native_change(change(), FeedPosition(1, LATER))

    assert list(without_evidence(full)) == list(full)


def test_without_the_scope_nobody_is_named_anywhere() -> None:
    text = orjson.dumps(without_evidence(full_row())).decode()

    assert [secret for secret in PRIVATE if secret in text] == []


@pytest.mark.parametrize("detector_id", TYPES)
def test_no_event_names_anybody_without_the_scope(detector_id: str) -> None:
    row = without_evidence(native_finding(tracked(detector_id)))

    text = orjson.dumps(ocsf_event_of(row)).decode()

    assert [secret for secret in PRIVATE if secret in text] == []


def test_without_the_scope_a_suppression_says_only_when_it_ends() -> None:
    assert without_evidence(full_row())["suppression"] == {
        "id": None,
        "reason": None,
        "by": None,
        "until": "2026-03-03T09:00:00.999999Z",
    }


def test_an_account_as_the_resource_is_withheld_but_for_its_type() -> None:
    row: Any = without_evidence(native_finding(tracked("external-access")))

    assert ACCOUNT.title == "Gus Guest"
    assert set(row["resource"].values()) == {"account", None}


def test_a_kind_of_resource_nobody_knows_is_withheld_too() -> None:
    found = replace(finding("unknown-access"), resource=Resource("group", "g-1"))

    row: Any = without_evidence(native_finding(tracked(found)))

    assert set(row["resource"].values()) == {"group", None}


def test_an_ordinary_space_is_named() -> None:
    row: Any = without_evidence(native_finding(tracked("unknown-access")))

    assert row["resource"]["title"] == SPACE.title
    assert row["resource"]["url"] == SPACE.url


@pytest.mark.parametrize("type_", ["space", "space_content", "page"])
def test_a_place_in_a_personal_space_keeps_its_id_alone(type_: str) -> None:
    home = Resource(
        type_,
        "8",
        HOME.key,
        HOME.name,
        f"{SITE_URL}/wiki/spaces/{HOME.key}",
        HOME.key,
    )
    found = replace(finding("unknown-access"), resource=home)

    row: Any = without_evidence(native_finding(tracked(found)))

    assert row["resource"] == {
        "type": type_,
        "id": "8",
        "key": None,
        "title": None,
        "url": None,
        "space_key": None,
    }


def test_an_affected_item_says_who_reaches_it() -> None:
    item = AffectedItem(
        ContentItem("100001", title="Road map"), ("anonymous", GUEST_ID)
    )

    assert affected_resource(item, Space("7", "DOCS", "Documents"), SITE) == {
        "type": "page",
        "id": "100001",
        "title": "Road map",
        "url": f"{SITE_URL}/wiki/spaces/DOCS/pages/100001",
        "space_key": "DOCS",
        "account_ids": [GUEST_ID],
        "is_anonymous": True,
    }


def test_a_space_that_an_account_reaches_is_a_row_of_the_same_shape() -> None:
    assert affected_space(HOME, SITE, [GUEST_ID]) == {
        "type": "space",
        "id": "8",
        "title": "Olga Owner",
        "url": f"{SITE_URL}/wiki/spaces/~{OWNER_ID}",
        "space_key": f"~{OWNER_ID}",
        "account_ids": [GUEST_ID],
        "is_anonymous": False,
    }


def test_without_the_scope_affected_items_name_nobody() -> None:
    docs = AffectedItem(ContentItem("1", title="Road map"), ("anonymous", GUEST_ID))
    rows = (
        affected_resource(docs, Space("7", "DOCS"), SITE),
        affected_space(HOME, SITE, [GUEST_ID]),
    )

    page, home = (resource_without_accounts(row) for row in rows)

    assert (page["title"], page["account_ids"]) == ("Road map", [])
    assert page["is_anonymous"] is True
    assert [name for name, value in home.items() if value] == ["type", "id"]
    assert home.keys() == page.keys()

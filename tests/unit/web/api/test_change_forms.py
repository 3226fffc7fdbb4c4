"""The rows of the feed in every form, and what no form is made of."""

import csv
import io
import json

import pytest

from connector.use_cases.manage_clients import Issued
from tests.unit.web.api.export_world import ACME, CHANGES, ExportWorld
from tests.unit.web.api.following import followed


@pytest.fixture
def siem(world: ExportWorld) -> Issued:
    return world.client(ACME)


def test_every_format_has_the_rows_and_its_headers_the_rest(
    world: ExportWorld, siem: Issued
) -> None:
    for page in "123":
        world.happens(page)
    path = f"{CHANGES}?limit=2"
    page = world.get(path, siem).get_json()

    lines = world.get(f"{path}&format=ndjson", siem)
    table = world.get(path, siem, headers={"Accept": "text/csv"})
    array = world.get(f"{path}&format=array", siem)

    assert [json.loads(line) for line in lines.text.splitlines()] == page["items"]
    assert array.get_json() == page["items"]
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["event_id"] for row in rows] == ["acme:1", "acme:2"]
    for answer in (lines, table, array):
        headers = answer.headers
        assert headers["X-Has-More"] == "true"
        assert headers["X-Checkpoint"]
        [link] = headers.getlist("Link")
        address, rel = link.split("; ")
        assert rel == 'rel="next"'
        assert headers["X-Next-Cursor"] in address
        accept = {"Accept": answer.mimetype}
        followed_on = world.get(address[1:-1], siem, headers=accept)
        assert followed_on.mimetype == answer.mimetype
        assert followed_on.headers["X-Has-More"] == "false"
        assert "Link" not in followed_on.headers
        assert "X-Next-Cursor" not in followed_on.headers


@pytest.mark.parametrize("class_", ["2004", "2008"])
def test_ocsf_is_a_schema_of_the_same_rows(
    world: ExportWorld, siem: Issued, class_: str
) -> None:
    world.happens("1")
    query = f"schema=ocsf&ocsf_version=1.8.0&ocsf_class={class_}"

    [event], _ = followed(world, siem, f"{CHANGES}?{query}")

    assert event["class_uid"] == int(class_)
    assert event["metadata"]["version"] == "1.8.0"
    assert event["metadata"]["sequence"] == 1
    assert event["metadata"]["uid"] == "acme:1"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=ten",
        "limit=1.5",
        "after_seq=-1",
        "after_seq=9223372036854775808",
        "changed_since=yesterday",
        "view=oldest",
        "schema=stix",
        "schema=ocsf&ocsf_version=1.0.0",
        "schema=ocsf&ocsf_version=1.5.0&ocsf_class=2008",
        "schema=ocsf&format=csv",
        "ocsf_class=2005",
        "format=xml",
        "min_severity=awful",
        "status=gone",
        "include=everything",
        "implied=perhaps",
        "from=tomorrow",
        "granularity=resource",
    ],
)
def test_a_known_parameter_that_makes_no_sense_is_refused(
    world: ExportWorld, siem: Issued, query: str
) -> None:
    answer = world.get(f"{CHANGES}?{query}", siem)

    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    problem = answer.get_json()
    assert problem["type"] == "urn:casb:problem:bad-parameter"
    name = query.rpartition("&")[2].partition("=")[0]
    assert name in problem["detail"]


def test_a_page_is_cut_and_not_refused(world: ExportWorld, siem: Issued) -> None:
    for limit in ("1000000", "9" * 50):
        assert world.get(f"{CHANGES}?limit={limit}", siem).status_code == 200

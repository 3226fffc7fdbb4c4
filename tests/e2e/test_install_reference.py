"""An operator with the seven scopes: the real flow, a scan, and what it says."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from casb_sdk.cloud import CloudOptions, CloudSite, Consent, SimulatedCloud
from casb_sdk.cloud.demo_site import demo_site
from connector.domain.health import SWITCH
from tests.e2e.conftest import ACME
from tests.e2e.operator import Ended, Operator, accept, findings

SEVEN = 7

Connect = Callable[..., tuple[Operator, Ended]]


@pytest.fixture
def reference(operator: Operator) -> Iterator[Connect]:
    """Connect the demonstration site with the seven scopes."""
    with ExitStack() as closing:

        def connect(*, legacy_listings: bool) -> tuple[Operator, Ended]:
            options = CloudOptions(
                consent=Consent.ACCEPT, legacy_listings=legacy_listings
            )
            cloud = SimulatedCloud([CloudSite(demo_site())], options=options)
            operator.connected_to(closing.enter_context(cloud.running()))
            operator.settings |= {"SCOPE_PROFILE": "reference"}
            installed = operator.casb("install", browse=accept)
            operator.casb("sites", "set", ACME, "internal_domains=acme.example")
            return operator, installed

        yield connect


def test_where_the_old_listings_answer_a_scan_finds_what_it_always_finds(
    reference: Connect, connected: Operator
) -> None:
    operator, installed = reference(legacy_listings=True)

    report = operator.casb("scan", ACME, "--json").json
    site = operator.casb("sites", "show", ACME, "--json").json

    assert installed.code == 0
    assert site["profile"] == "reference"
    assert len([scope for scope in site["scopes"] if "confluence" in scope]) == SEVEN
    assert "profile:reference" in report["coverage"]["notes"]
    assert {gap["kind"] for gap in report["coverage"]["gaps"]} == {
        "role",
        "content_type",
    }
    here = {(f["finding_type"], f["resource"]["id"]) for f in findings(operator)}
    there = {(f["finding_type"], f["resource"]["id"]) for f in findings(connected)}
    assert here == there


def test_where_the_old_listings_are_gone_the_operator_is_told_what_to_do(
    reference: Connect,
) -> None:
    operator, installed = reference(legacy_listings=False)

    scanned = operator.casb("scan", ACME)

    assert scanned.code == 0
    assert "(410)" in installed.said
    assert "(410)" in scanned.said
    assert SWITCH in installed.said
    assert SWITCH in scanned.said

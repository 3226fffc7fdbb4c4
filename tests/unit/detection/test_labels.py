import logging

import pytest

from casb_sdk import Finding, Resource
from casb_sdk.people import People
from casb_sdk.registry import load_registry
from casb_sdk.space import SpaceAccess
from casb_sdk.testing import SiteBuilder
from tests.unit.detection.shelf import HONEST, Shelf

LABELLING = """

@hookimpl
def casb_enrich_finding(finding, space):
    return {labels}
"""


def some_space() -> SpaceAccess:
    site = SiteBuilder().space("DOCS")
    snapshot = site.snapshot()
    people = People.of(snapshot.directory, site.policy)
    return SpaceAccess(snapshot.spaces[0], people)


def some_finding() -> Finding:
    return Finding("acme", Resource("space", "1"))


def test_a_plugin_may_label_findings_and_detect_nothing(shelf: Shelf) -> None:
    code = HONEST.replace("[Example()]", "[]") + LABELLING.replace(
        "{labels}", '{"team": "docs"}'
    )
    shelf.install("acme", code=code, change=lambda m: m.update(detectors=[]))

    registry = load_registry(shelf.entry_points())

    assert registry.detectors == {}
    assert registry.enrich(some_finding(), some_space()) == {"team": "docs"}


def test_labels_are_merged_and_the_last_plugin_wins(shelf: Shelf) -> None:
    for id_, given in {
        "first": '{"team": "docs", "floor": "3"}',
        "second": '{"team": "legal", "space": space.space.key}',
    }.items():
        shelf.install(id_, code=HONEST + LABELLING.replace("{labels}", given))

    labels = load_registry(shelf.entry_points()).enrich(some_finding(), some_space())

    assert labels == {"team": "legal", "floor": "3", "space": "DOCS"}


@pytest.mark.parametrize("labels", ["1 / 0", '{"team": 1}', "exit()"])
def test_a_plugin_that_cannot_label_stops_no_other(
    shelf: Shelf, labels: str, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.install("acme", code=HONEST + LABELLING.replace("{labels}", labels))
    sound = LABELLING.replace("{labels}", '{"team": "docs"}')
    shelf.install("sound", code=HONEST + sound)
    registry = load_registry(shelf.entry_points())

    with caplog.at_level(logging.ERROR):
        found = [registry.enrich(some_finding(), some_space()) for _ in range(2)]

    assert found == [{"team": "docs"}] * 2
    assert [record.getMessage() for record in caplog.records] == [
        "acme (casb-detector-acme 1.0) could not label a finding"
    ]

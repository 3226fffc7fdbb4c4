from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    Consent,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.cloud.demo_site import demo_site
from tests.e2e.operator import Operator, accept
from tests.e2e.scanning import connect
from tests.fakes.statements import shared_statements
from tests.fakes.stores import migrated_file
from tests.unit.detection.conftest import shelf

__all__ = ["connect", "migrated_file", "shared_statements", "shelf"]

ACME = "https://acme.atlassian.example"

StartCloud = Callable[..., RunningCloud]


@pytest.fixture
def start_cloud() -> Iterator[StartCloud]:
    """Start clouds that end with the test."""
    with ExitStack() as closing:

        def start(*sites: CloudSite, consent: Consent = Consent.ACCEPT) -> RunningCloud:
            cloud = SimulatedCloud(
                sites or [CloudSite(demo_site())],
                options=CloudOptions(consent=consent),
            )
            return closing.enter_context(cloud.running())

        yield start


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """An operator with an empty database."""
    return Operator(tmp_path).migrated()


@pytest.fixture(scope="module")
def cloud() -> Iterator[RunningCloud]:
    """The cloud with the demonstration site, for all tests of a module."""
    options = CloudOptions(consent=Consent.ACCEPT)
    with SimulatedCloud([CloudSite(demo_site())], options=options).running() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def connected(
    cloud: RunningCloud, tmp_path_factory: pytest.TempPathFactory
) -> Operator:
    """An operator whose site is connected and scanned."""
    folder = tmp_path_factory.mktemp("operator")
    operator = Operator(folder).migrated().connected_to(cloud)
    for arguments in (
        ["install"],
        ["sites", "set", ACME, "internal_domains=acme.example"],
        ["scan", ACME],
    ):
        ended = operator.casb(*arguments, browse=accept)
        assert ended.code == 0, ended.err
    return operator

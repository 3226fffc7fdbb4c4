"""The OpenAPI document is true: schemathesis asks whatever it allows."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from connector.domain.client import RateLimit
from connector.domain.finding_state import ChangeType
from tests.unit.web.api.export_world import ACME, ExportWorld, bearer

DOCUMENT = "/api/v1/openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PATHS = [
    "/findings/changes",
    "/findings",
    "/findings/{finding_id}",
    "/findings/{finding_id}/changes",
    "/findings/{finding_id}/resources",
    "/findings/snapshot",
    "/finding-types",
    "/sites",
    "/scans",
    "/export/consumers",
]


@pytest.fixture
def filled(world: ExportWorld) -> ExportWorld:
    for page in range(5):
        world.happens(str(page))
    world.happens("1", type_=ChangeType.RESOLVED)
    return world


def test_every_endpoint_is_in_the_document_and_no_other(world: ExportWorld) -> None:
    document = world.get(DOCUMENT).get_json()

    assert document["openapi"] == "3.1.0"
    paths = {path for path in document["paths"] if "/webhooks" not in path}
    assert paths == {f"/api/v1{path}" for path in PATHS}


def test_every_operation_says_how_to_get_in_and_what_can_go_wrong(
    world: ExportWorld,
) -> None:
    document = world.get(DOCUMENT).get_json()
    schemes = set(document["components"]["securitySchemes"])

    for name, path in document["paths"].items():
        if "/webhooks" in name:
            continue
        operation = path["get"]
        assert {name for way in operation["security"] for name in way} == schemes
        for status in ("400", "401", "403", "429", "500", "503"):
            content = operation["responses"][status]["content"]
            assert set(content) == {"application/problem+json"}
        assert "RateLimit" in operation["responses"]["200"]["headers"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", PATHS)
def test_the_document_is_true(filled: ExportWorld, path: str) -> None:
    issued = filled.client(ACME, limit=RateLimit(1_000_000))
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, filled.api)
    operation = schema[f"/api/v1{path}"]["GET"]
    finding_ids = [known.id for known in filled.known.values()]
    headers = bearer(issued.api_key) | {"Accept-Encoding": "identity"}

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        if case.path_parameters:
            case.path_parameters["finding_id"] = finding_ids[0]
        case.call_and_validate(headers=headers, checks=CHECKS)

    asked: Callable[[], None] = ask
    asked()

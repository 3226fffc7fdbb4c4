"""What the OpenAPI document says of webhooks is true."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from connector.domain.client import RateLimit
from connector.domain.webhook import Answer
from connector.use_cases.manage_webhooks import WebhookOrder
from connector.web.api.exporting import EXTENSION
from tests.unit.web.api.export_world import ACME, ExportWorld, bearer
from tests.unit.web.api.test_openapi import CHECKS, DOCUMENT

HOOKS = "/webhooks"
ONE = f"{HOOKS}/{{webhook_id}}"
OPERATIONS = [
    (HOOKS, "GET"),
    (HOOKS, "POST"),
    (ONE, "GET"),
    (ONE, "PATCH"),
    (ONE, "DELETE"),
    (f"{ONE}/test", "POST"),
    (f"{ONE}/rotate-secret", "POST"),
    (f"{ONE}/deliveries", "GET"),
    (f"{ONE}/deliveries/{{delivery_id}}/redeliver", "POST"),
]


class NoPost:
    """Sends nothing and says that it arrived."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return Answer(204)


@asynccontextmanager
async def no_post() -> AsyncIterator[NoPost]:
    yield NoPost()


@pytest.fixture
def quiet(world: ExportWorld) -> ExportWorld:
    """A world whose API sends nothing."""
    parts = world.api.extensions[EXTENSION]
    silent = replace(parts.webhooks, open_post=no_post)
    world.api.extensions[EXTENSION] = replace(parts, webhooks=silent)
    return world


def test_every_operation_is_in_the_document_and_no_other(world: ExportWorld) -> None:
    paths = world.get(DOCUMENT).get_json()["paths"]

    found = {
        (path.removeprefix("/api/v1"), method.upper())
        for path, operations in paths.items()
        for method in operations
        if HOOKS in path and method != "parameters"
    }
    assert found == set(OPERATIONS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_document_is_true(quiet: ExportWorld, path: str, method: str) -> None:
    issued = quiet.client(ACME, limit=RateLimit(1_000_000))
    order = WebhookOrder("https://siem.example.com/")
    manage = quiet.api.extensions[EXTENSION].webhooks
    signed = manage.create(issued.client.id, order)
    delivery = manage.test(signed.webhook.id)
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, quiet.api)
    operation = schema[f"/api/v1{path}"][method]
    headers = bearer(issued.api_key) | {"Accept-Encoding": "identity"}

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        known = {"webhook_id": signed.webhook.id, "delivery_id": delivery.id}
        for name in case.path_parameters or ():
            case.path_parameters[name] = known[name]
        case.call_and_validate(headers=headers, checks=CHECKS)

    asked: Callable[[], None] = ask
    asked()

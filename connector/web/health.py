"""Whether the process is there, and whether it can work."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint

from connector.domain.errors import CasbError, SchemaError

NAME = "casb-connector"
AWAY = "The database cannot be reached."
logger = logging.getLogger("casb")


def health_routes(require_ready: Callable[[], None]) -> Blueprint:
    """Return what a load balancer asks, and `casb install`.

    ``require_ready`` raises a CasbError where the database is away or old.
    """
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def is_alive() -> dict[str, str]:
        return {"status": "ok", "name": NAME}

    @routes.get("/readyz")
    def is_ready() -> tuple[dict[str, str], int]:
        try:
            require_ready()
        except SchemaError as error:
            return {"status": str(error)}, HTTPStatus.SERVICE_UNAVAILABLE
        except CasbError as error:
            # Anybody may ask, so the address of the database stays in the log.
            logger.warning("not ready: %s", error)
            return {"status": AWAY}, HTTPStatus.SERVICE_UNAVAILABLE
        return {"status": "ok"}, HTTPStatus.OK

    return routes

"""Whether the process is there: what a load balancer asks, and ``casb install``."""

from flask import Blueprint

NAME = "casb-connector"

health = Blueprint("health", __name__)


@health.get("/healthz")
def is_alive() -> dict[str, str]:
    """Answer as long as the process can."""
    return {"status": "ok", "name": NAME}

"""How the units of scans reach the workers on other machines (CASB_WORK)."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import make_url

from connector.domain.errors import SettingError
from connector.settings import Settings
from connector.store.announce import Announce, tell_nobody

PROCRASTINATE = "procrastinate"
POSTGRESQL = "postgresql"


def is_distributed(settings: Settings) -> bool:
    """Return whether workers on any number of machines share the work."""
    return settings.work == PROCRASTINATE


def announce_of(settings: Settings) -> Announce:
    """Return what tells the workers of new units."""
    if not is_distributed(settings):
        return tell_nobody
    announcer: Callable[..., Any] = _engine(settings).Announcer
    announce: Announce = announcer(open_jobs(settings))
    return announce


def open_jobs(settings: Settings) -> Any:
    """Return Procrastinate over the database of the settings, not connected yet."""
    return _engine(settings).jobs_app(settings.database_url)


def prepare_jobs(settings: Settings) -> None:
    """Make the tables of the jobs, if they are wanted and not there."""
    if is_distributed(settings):
        _engine(settings).make_tables(open_jobs(settings))


def seconds_since_heartbeat(settings: Settings) -> float | None:
    """Return how long ago a worker gave a sign of life; none, if none is known."""
    since: float | None = _engine(settings).seconds_since_heartbeat(open_jobs(settings))
    return since


def _engine(settings: Settings) -> Any:
    if make_url(settings.database_url).get_backend_name() != POSTGRESQL:
        raise SettingError(
            "CASB_WORK=procrastinate needs a PostgreSQL database.",
            "Set CASB_DATABASE_URL to postgresql+psycopg://…, or CASB_WORK=local.",
        )
    try:
        from connector.work import procrastination  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SettingError(
            f"CASB_WORK=procrastinate needs what is not installed: {error.name}.",
            "Install the connector with its extra: casb-connector[scale].",
        ) from error
    return procrastination

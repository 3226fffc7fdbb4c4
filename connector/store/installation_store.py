"""Keeps installations and their settings."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from casb_sdk import Site
from connector.domain.consent import plain_url
from connector.domain.errors import ConflictError
from connector.domain.installation import (
    Installation,
    InstallationState,
    SiteSettings,
)
from connector.store.json_values import dump_value, load_value
from connector.store.tables import installations
from connector.store.upsert import upsert

ENDED = frozenset({InstallationState.UNINSTALLED, InstallationState.PURGED})


class SqlInstallationStore:
    """The installations; a site has one that is live, and others that have ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, installation: Installation) -> None:
        """Insert or replace an installation."""
        live = self.find(installation.site.cloud_id)
        if live and live.id != installation.id and installation.state not in ENDED:
            raise ConflictError(
                f"{installation.site.url} is installed already.",
                "Uninstall it first, or renew its consent.",
            )
        upsert(self._connection, installations, [_row(installation)], key=["id"])

    def find(self, site: str) -> Installation | None:
        """Return the live installation of a site, named by cloud id or URL."""
        table = installations
        wanted = select(table).where(
            table.c.is_live,
            or_(table.c.site_id == site, table.c.site_address == plain_url(site)),
        )
        row = self._connection.execute(wanted.order_by(table.c.id)).first()
        return None if row is None else _installation(row)

    def all(self) -> Sequence[Installation]:
        """Return every installation that is not purged, by site URL."""
        table = installations
        wanted = select(table).where(table.c.state != InstallationState.PURGED)
        found = map(_installation, self._connection.execute(wanted))
        return sorted(found, key=lambda it: (it.site.url, it.id))


def _row(installation: Installation) -> dict[str, Any]:
    return {
        "id": installation.id,
        "site_id": installation.site.cloud_id,
        "site_url": installation.site.url,
        "site_name": installation.site.name,
        "site_address": plain_url(installation.site.url),
        "grant_id": installation.grant_id,
        "state": installation.state.value,
        "is_live": installation.state not in ENDED,
        "scopes": " ".join(sorted(installation.scopes)),
        "profile": installation.profile,
        "settings": dump_value(installation.settings),
        "installed_at": installation.installed_at,
        "installing_account": installation.installing_account,
        "note": installation.note,
        "learnt": installation.learnt,
        "learnt_at": installation.learnt_at,
    }


def _installation(row: Row[Any]) -> Installation:
    return Installation(
        id=row.id,
        site=Site(row.site_id, row.site_url, row.site_name),
        grant_id=row.grant_id,
        state=InstallationState(row.state),
        scopes=frozenset(row.scopes.split()),
        profile=row.profile,
        settings=load_value(row.settings, SiteSettings),
        installed_at=row.installed_at,
        installing_account=row.installing_account,
        note=row.note,
        learnt=row.learnt,
        learnt_at=row.learnt_at,
    )

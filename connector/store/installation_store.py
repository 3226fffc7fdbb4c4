"""Keeps installations and their settings."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select
from sqlalchemy.exc import IntegrityError

from casb_sdk import Site
from connector.domain.consent import plain_url
from connector.domain.errors import ConflictError
from connector.domain.installation import (
    Installation,
    InstallationState,
    SiteSettings,
    Trail,
)
from connector.store.column_types import escaped, is_one_of
from connector.store.json_values import dump_value, load_value
from connector.store.prepared import Prepared
from connector.store.tables import consents, grants, installations
from connector.store.upsert import upsert

NEWEST = (
    installations.c.is_live.desc(),
    installations.c.ended_at.desc(),
    installations.c.id,
)
OF_SITES = Prepared(
    lambda dialect: (
        select(installations)
        .where(is_one_of(installations.c.site_id, "site_ids", dialect))
        .order_by(*NEWEST)
    )
)


class SqlInstallationStore:
    """The installations; a site has one that is live, and others that have ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, installation: Installation) -> None:
        """Insert or replace an installation; a site has one that is live."""
        try:
            upsert(self._connection, installations, [_row(installation)], key=["id"])
        except IntegrityError as error:
            raise ConflictError(
                f"{installation.site.url} is installed already.",
                "Uninstall it first, or renew its consent.",
            ) from error

    def find(self, site: str) -> Installation | None:
        """Return the live installation of a site, named by cloud id or URL."""
        table = installations
        wanted = select(table).where(table.c.is_live, _is_called(site))
        row = self._connection.execute(wanted.order_by(table.c.id)).first()
        return None if row is None else _installation(row)

    def named(self, name: str) -> Installation | None:
        """Return the installation of a site, else the newest ended one."""
        table = installations
        wanted = select(table).where(_is_called(name)).order_by(*NEWEST)
        row = self._connection.execute(wanted).first()
        return None if row is None else _installation(row)

    def of_sites(self, site_ids: Collection[str]) -> Sequence[Installation]:
        """Return the installation of each site, else its newest ended one, by id."""
        found: dict[str, Installation] = {}
        asked = {"site_ids": list(map(escaped, site_ids))}
        for row in OF_SITES.rows(self._connection, asked):
            if row.site_id not in found:
                found[row.site_id] = _installation(row)
        return [found[site_id] for site_id in sorted(found)]

    def get(self, installation_id: str) -> Installation | None:
        """Return an installation, ended ones included; locks it for this writer."""
        wanted = select(installations).where(installations.c.id == installation_id)
        row = self._connection.execute(wanted.with_for_update()).one_or_none()
        return None if row is None else _installation(row)

    def of_grant(
        self, grant_id: str, *, is_locked: bool = False
    ) -> Sequence[Installation]:
        """Return the live installations that use a grant; or lock them too."""
        return self._live(installations.c.grant_id == grant_id, is_locked=is_locked)

    def of_site(self, site_id: str) -> Sequence[Installation]:
        """Return every installation of a site that is not purged."""
        table = installations
        wanted = select(table).where(
            table.c.site_id == site_id, table.c.state != InstallationState.PURGED
        )
        return [_installation(row) for row in self._connection.execute(wanted)]

    def of_account(self, account_id: str) -> Sequence[Installation]:
        """Return the live installations that an account consented to."""
        return self._live(installations.c.installing_account == account_id)

    def unused_grants(self) -> Sequence[str]:
        """Return the grants that no live installation and no attempt uses."""
        is_used = select(installations.c.id).where(
            installations.c.is_live, installations.c.grant_id == grants.c.id
        )
        is_pending = select(consents.c.id).where(consents.c.id == grants.c.id)
        wanted = select(grants.c.id).where(~is_used.exists(), ~is_pending.exists())
        return self._connection.scalars(wanted).all()

    def outdated(self, permissions: int) -> Sequence[Installation]:
        """Return the live installations that consented to an older list of scopes."""
        return self._live(installations.c.permissions < permissions)

    def due(self, now: datetime, limit: int) -> Sequence[Installation]:
        """Return the installations somebody has to look at, the longest due first."""
        table = installations
        wanted = select(table).where(table.c.due_at <= now)
        ordered = wanted.order_by(table.c.due_at, table.c.id).limit(limit)
        return [_installation(row) for row in self._connection.execute(ordered)]

    def all(self) -> Sequence[Installation]:
        """Return every installation that is not purged, by site URL."""
        table = installations
        wanted = select(table).where(table.c.state != InstallationState.PURGED)
        found = map(_installation, self._connection.execute(wanted))
        return sorted(found, key=lambda it: (it.site.url, it.id))

    def _live(
        self, condition: ColumnElement[bool], *, is_locked: bool = False
    ) -> Sequence[Installation]:
        table = installations
        wanted = select(table).where(table.c.is_live, condition).order_by(table.c.id)
        if is_locked:
            wanted = wanted.with_for_update()
        return [_installation(row) for row in self._connection.execute(wanted)]


def _is_called(name: str) -> ColumnElement[bool]:
    table = installations
    return or_(table.c.site_id == name, table.c.site_address == plain_url(name))


def _row(installation: Installation) -> dict[str, Any]:
    return {
        "id": installation.id,
        "site_id": installation.site.cloud_id,
        "site_url": installation.site.url,
        "site_name": installation.site.name,
        "site_address": plain_url(installation.site.url),
        "grant_id": installation.grant_id,
        "state": installation.state.value,
        "is_live": not installation.state.has_ended,
        "scopes": " ".join(sorted(installation.scopes)),
        "profile": installation.profile,
        "settings": dump_value(installation.settings),
        "installed_at": installation.installed_at,
        "installing_account": installation.installing_account,
        "note": installation.note,
        "learnt": installation.learnt,
        "learnt_at": installation.learnt_at,
        "reason": installation.reason,
        "permissions": installation.permissions,
        "due_at": installation.due_at,
        "ended_at": installation.ended_at,
        "trail": dump_value(installation.trail),
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
        reason=row.reason,
        permissions=row.permissions,
        due_at=row.due_at,
        ended_at=row.ended_at,
        trail=load_value(row.trail, Trail),
    )

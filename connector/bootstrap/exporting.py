"""The API of the consumers over the application, and the use case of its clients."""

import secrets
from collections.abc import Iterator
from functools import cache

from flask import Flask

from connector.bootstrap.application import Application
from connector.bootstrap.pushing import manage_webhooks
from connector.bootstrap.rendering import affected_rows
from connector.domain.export_forms import Row
from connector.domain.finding_state import TrackedFinding
from connector.export.cursors import SignedCursors
from connector.export.forms import ExportForms
from connector.export.redaction import resource_without_accounts
from connector.use_cases.admit_client import AdmitClient
from connector.use_cases.export_changes import ExportChanges
from connector.use_cases.list_for_client import ListForClient
from connector.use_cases.manage_clients import ManageClients
from connector.web.api.application import export_api
from connector.web.api.exporting import Exporting

SECRET_BYTES = 32
ID_BYTES = 8


def consumers_api(application: Application) -> Flask:
    """Return the API that consumers pull from."""
    return export_api(export_parts(application))


def export_parts(application: Application) -> Exporting:
    """Return what the API answers with."""
    settings = application.settings
    settings.require("CASB_TOKEN_KEYS")
    cursors = SignedCursors(settings.token_keys)

    def affected(tracked: TrackedFinding, *, with_evidence: bool) -> Iterator[Row]:
        rows = affected_rows(application.list_affected(tracked))
        return rows if with_evidence else map(resource_without_accounts, rows)

    return Exporting(
        settings.public_url,
        application.now,
        AdmitClient(application.begin, application.now, new_secret),
        ExportChanges(application.begin, application.now, cursors, settings.public_url),
        ListForClient(
            application.begin,
            application.now,
            cache(lambda: application.finding_types),
        ),
        ExportForms(settings.public_url),
        cursors,
        affected,
        manage_webhooks(application),
    )


def manage_clients(application: Application) -> ManageClients:
    """Return the use case of an operator who lets consumers in."""
    return ManageClients(application.begin, application.now, new_id, new_secret)


def new_secret() -> str:
    """Return 256 bits of randomness as text."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_id() -> str:
    """Return an id that may be shown and that no other has."""
    return secrets.token_hex(ID_BYTES)

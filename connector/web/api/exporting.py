"""What the API stands on: the use cases and the ports that it is given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import current_app

from connector.domain.bookmark import Cursors
from connector.domain.export_forms import Forms, Row
from connector.domain.finding_state import TrackedFinding
from connector.use_cases.admit_client import AdmitClient
from connector.use_cases.export_changes import ExportChanges
from connector.use_cases.list_for_client import ListForClient
from connector.use_cases.manage_webhooks import ManageWebhooks

EXTENSION = "casb-export"
API = "/api/v1"


class Affected(Protocol):
    """Lists the items that a finding affects."""

    def __call__(
        self, tracked: TrackedFinding, *, with_evidence: bool
    ) -> Iterator[Row]:
        """Yield the items, with or without the accounts that reach them."""
        ...


@dataclass(frozen=True, slots=True)
class Exporting:
    """The parts of the API."""

    public_url: str
    now: Callable[[], datetime]
    admit: AdmitClient
    changes: ExportChanges
    lists: ListForClient
    forms: Forms
    cursors: Cursors
    affected: Affected
    webhooks: ManageWebhooks


def exporting() -> Exporting:
    """Return the parts of the API that answers this request."""
    parts: Exporting = current_app.extensions[EXTENSION]
    return parts

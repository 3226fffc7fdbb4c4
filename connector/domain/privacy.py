"""The privacy report: which accounts Atlassian is told about, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from connector.domain.care import AccountCopy

SCOPE = "report:personal-data"
MOST_AT_ONCE = 90
CYCLE = timedelta(days=7)
"""How often each account is reported, where Atlassian does not say otherwise."""


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """Accounts that were closed, accounts whose data changed, and the next cycle."""

    closed: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    cycle: timedelta = CYCLE


class PersonalDataReports(Protocol):
    """Reports to Atlassian whose personal data is kept."""

    def report(self, access_token: str, copies: Sequence[AccountCopy]) -> ReportAnswer:
        """Report up to ninety accounts; raises AtlassianUnavailableError on a 429."""
        ...

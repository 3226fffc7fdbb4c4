"""Reports to Atlassian whose names are kept, and erases whom it says to erase.

Each account is reported once a cycle, with a token of a site that knows it: what one
site told us is no other site's business.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from connector.domain.care import AccountCopy
from connector.domain.errors import AtlassianUnavailableError, CasbError, RefusedError
from connector.domain.installation import Installation
from connector.domain.life_steps import RUNNING
from connector.domain.privacy import (
    MOST_AT_ONCE,
    SCOPE,
    PersonalDataReports,
    ReportAnswer,
)
from connector.domain.store_ports import Begin
from connector.use_cases.befall import standing_of
from connector.use_cases.erase_people import erase_closed
from connector.use_cases.reconcile import Refresh


@dataclass(frozen=True, slots=True)
class Reported:
    """What came of the reports: accounts reported, closed, changed; sites that may.

    ``failures`` say what kept a site's accounts from being reported.
    """

    sites: int = 0
    accounts: int = 0
    closed: int = 0
    updated: int = 0
    failures: tuple[str, ...] = ()


@dataclass(slots=True)
class _Batch:
    """What was answered about the accounts of one site so far."""

    cycles: dict[str, timedelta] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)

    def add(self, copies: Sequence[AccountCopy], answer: ReportAnswer) -> None:
        """Take an answer."""
        self.cycles |= {copy.account_id: answer.cycle for copy in copies}
        self.closed |= answer.closed
        self.updated |= answer.updated


class ReportAccounts:
    """Goes through the sites whose consent lets us report; one bad site stops none."""

    def __init__(
        self,
        begin: Begin,
        refresh: Refresh,
        reports: PersonalDataReports,
        now: Callable[[], datetime],
    ) -> None:
        self._begin = begin
        self._refresh = refresh
        self._reports = reports
        self._now = now

    def __call__(self, keep_going: Callable[[], bool] = lambda: True) -> Reported:
        """Report what is due; raises AtlassianUnavailableError where it has to wait."""
        total, failures = _Batch(), list[str]()
        may_report = [it for it in self._installations() if _may_report(it)]
        for installation in may_report:
            if not keep_going():
                break
            try:
                self._site(installation, total, keep_going)
            except AtlassianUnavailableError:
                raise
            except CasbError as error:
                failures.append(f"{installation.site.url}: {error}")
        return Reported(
            sites=len(may_report),
            accounts=len(total.cycles),
            closed=len(total.closed),
            updated=len(total.updated),
            failures=tuple(failures),
        )

    def _installations(self) -> Sequence[Installation]:
        with self._begin(write=False) as stores:
            return stores.installations.all()

    def _site(
        self,
        installation: Installation,
        total: _Batch,
        keep_going: Callable[[], bool],
    ) -> None:
        """Report the accounts of a site; what was answered counts, come what may."""
        with self._begin(write=False) as stores:
            site_id = installation.site.cloud_id
            due = iter(stores.accounts.to_report(site_id, self._now()))
        batch = _Batch()
        try:
            for copies in _chunks(due):
                if not keep_going():
                    return
                batch.add(copies, self._asked(installation.grant_id, copies))
        finally:
            self._keep(batch)
            total.cycles |= batch.cycles
            total.closed |= batch.closed
            total.updated |= batch.updated

    def _asked(self, grant_id: str, copies: Sequence[AccountCopy]) -> ReportAnswer:
        pair = self._refresh(grant_id)
        try:
            return self._reports.report(pair.access_token, copies)
        except RefusedError:
            pair = self._refresh(grant_id, rejected=pair.access_token)
            return self._reports.report(pair.access_token, copies)

    def _keep(self, batch: _Batch) -> None:
        if not batch.cycles:
            return
        now = self._now()
        with self._begin() as stores:
            for cycle in set(batch.cycles.values()):
                ids = [id_ for id_, its in batch.cycles.items() if its == cycle]
                stores.accounts.reported(ids, now, now + cycle)
            erase_closed(stores, batch.closed, now)
            if batch.updated:
                # The next scan reads anew what changed; until then nothing is known.
                stores.accounts.erase(batch.updated)


def _may_report(installation: Installation) -> bool:
    return SCOPE in installation.scopes and standing_of(installation) in RUNNING


def _chunks(copies: Iterator[AccountCopy]) -> Iterator[Sequence[AccountCopy]]:
    while chunk := list(islice(copies, MOST_AT_ONCE)):
        yield chunk

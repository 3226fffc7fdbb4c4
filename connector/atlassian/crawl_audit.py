"""Reads the audit log of a site, where the grant and the account allow it."""

from collections.abc import Collection, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from connector.atlassian import endpoints, payloads
from connector.atlassian.client import Call
from connector.atlassian.failures import CallFailedError
from connector.atlassian.paging import Walker
from connector.atlassian.payloads import AuditRow
from connector.domain.reading import AuditEvent, AuditReading

EVENTS_PER_PAGE = 1000
MILLISECONDS = 1000

NOT_READ = AuditReading(None)


@dataclass(frozen=True, slots=True)
class AuditCrawler:
    """The audit log of one site; ``granted`` holds the scopes of the grant."""

    walker: Walker
    granted: Collection[str] = ()

    async def audit(self, since: datetime) -> AuditReading:
        """Return all events since a moment, newest first, or that they are not told.

        A log that breaks off, is not dated, or goes back further than asked for is
        not told: nobody could say what is missing of it.
        """
        if endpoints.AUDIT.scope not in self.granted:
            return NOT_READ
        first = int(since.timestamp() * MILLISECONDS)
        params = (("startDate", str(first)), ("limit", str(EVENTS_PER_PAGE)))
        call = Call(endpoints.AUDIT, params=params)
        events: set[AuditEvent] = set()
        try:
            async with aclosing(self.walker.pages(call, payloads.AUDIT)) as pages:
                async for page in pages:
                    for row in page.rows:
                        moment = _moment_of(row, first)
                        if moment is None:
                            return NOT_READ
                        events.add(_event_of(row, moment))
        except CallFailedError:
            return NOT_READ
        return AuditReading(tuple(sorted(events, key=_by_moment, reverse=True)))


def _moment_of(row: AuditRow, first: int) -> datetime | None:
    """Return when something happened, None where that is no answer to the question."""
    if row.created is None or row.created < first:
        return None
    try:
        return datetime.fromtimestamp(row.created / MILLISECONDS, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _event_of(row: AuditRow, moment: datetime) -> AuditEvent:
    objects = tuple(_objects_of(row))
    return AuditEvent(moment, row.category or "", row.summary or "", objects)


def _by_moment(event: AuditEvent) -> tuple[datetime, str, tuple[tuple[str, str], ...]]:
    return event.at, event.summary, event.objects


def _objects_of(row: AuditRow) -> Iterator[tuple[str, str]]:
    """Yield what an event names, the object it is about first."""
    for each in (row.affected, *(row.associated or ())):
        if each and each.name:
            yield each.name, each.type or ""

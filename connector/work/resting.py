"""Lets a scan rest that ran into trouble, each time in a row for longer."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from connector.domain.scan import Scan, ScanStatus, UnitStatus
from connector.domain.store_ports import Begin, Stores
from connector.work.retrying import retry_in, told_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resting:
    """Keeps why a scan rests and until when."""

    begin: Begin
    now: Callable[[], datetime]

    def after(self, trouble: BaseException, scan: Scan, done_before: int) -> datetime:
        """Let a scan rest, unless it is over; returns until when.

        It had so many units done when what failed began; where more are done by now,
        this setback is the first in a row. Units that fail together are one setback.
        """
        told, now = told_of(trouble), self.now()
        with self.begin() as stores:
            current = stores.ledger.scan(scan.id)
            if current.status is not ScanStatus.RUNNING:
                return now
            setbacks = _setbacks_before(stores, current, done_before, now)
            until = max(now + retry_in(trouble, setbacks), current.rest_until or now)
            stores.ledger.rest(
                replace(current, rest_until=until, error=told, setbacks=setbacks + 1)
            )
        logger.warning("the scan of %s rests: %s", scan.site_id, told)
        logger.debug("why it rests", exc_info=trouble)
        return until


def _setbacks_before(
    stores: Stores, scan: Scan, done_before: int, now: datetime
) -> int:
    if scan.rest_until and scan.rest_until > now:
        return scan.setbacks - 1
    return 0 if units_done(stores, scan.id) > done_before else scan.setbacks


def units_done(stores: Stores, scan_id: str) -> int:
    """Return how many units of a scan are done or given up."""
    units = stores.ledger.units(scan_id)
    return sum(unit.status is not UnitStatus.WAITING for unit in units)

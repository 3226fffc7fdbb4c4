"""Tells the ledger what a run of a scan spends, each call once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from connector.domain.reading import Spending
from connector.domain.store_ports import Begin, Stores

NOTHING = Spending()


@dataclass(slots=True)
class Purse:
    """What one run of a scan has spent, and how much of it the ledger knows.

    A killed run loses what it spent since its last unit was done. ``told`` begins
    as what was spent on something else.
    """

    begin: Begin
    scan_id: str
    told: Spending = NOTHING
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def paying(self, spent: Spending) -> Iterator[Stores]:
        """Begin a transaction that also tells what was spent; ``spent`` is a total.

        Threads take turns, so that no call is told twice; a total that was
        overtaken tells nothing.
        """
        with self._turn:
            is_news = spent.calls > self.told.calls
            with self.begin() as stores:
                if is_news:
                    stores.ledger.spend(self.scan_id, spent - self.told)
                yield stores
            if is_news:
                self.told = spent

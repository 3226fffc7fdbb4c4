"""Spends points in a process of its own: ``python -m … URL POINTS PRICE COST``.

It says what it has spent in all before each call, and at its end ``dry``.
"""

import asyncio
import sys
import time
from datetime import timedelta

from connector.domain.points import Budget
from connector.store.database import Database
from connector.use_cases.allowance import PortionedAllowance
from tests.contract.other_worker import say

ONE_HOUR_FOR_GOOD = timedelta(days=36_500)


def budget_of(points: int) -> Budget:
    """Return a budget whose hour does not end while a test runs."""
    return Budget(points, reserve=0.0, hour=ONE_HOUR_FOR_GOOD)


async def spend_all(url: str, points: int, price: int, cost: int) -> None:
    """Spend until nothing is left for the next call, and give back the rest."""
    database = Database.open(url)
    allowance = PortionedAllowance(database.begin, budget_of(points), "a", time.time)
    spent = 0
    while True:
        now = time.time()
        if allowance.spend(price, now):
            spent += cost
            say(str(spent))
            allowance.settle(price, cost, now)
        elif await allowance.more(price):
            break
    await allowance.aclose()
    database.close()
    say("dry")


if __name__ == "__main__":
    url, *numbers = sys.argv[1:]
    points, price, cost = map(int, numbers)
    say("ready")
    sys.stdin.readline()
    asyncio.run(spend_all(url, points, price, cost))

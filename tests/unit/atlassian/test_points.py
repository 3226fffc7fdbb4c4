import pytest

from connector.atlassian import endpoints
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.points import PointsLedger, price_of
from connector.atlassian.rate_limits import RateLimit


@pytest.mark.parametrize(
    ("endpoint", "objects", "points"),
    [
        (endpoints.SEARCH, 200, 201),
        (endpoints.PAGES, 250, 251),
        (endpoints.SPACES, 250, 251),
        (endpoints.MEMBERS, 200, 401),
        (endpoints.PERMISSIONS, 250, 501),
        (endpoints.ASSIGNMENTS, 8, 17),
        (endpoints.USERS_BULK, 250, 501),
        (endpoints.RESTRICTION, 3, 7),
        (endpoints.RESTRICTION, 0, 1),
        (endpoints.CHECK, 0, 1),
    ],
)
def test_the_published_price_list(
    endpoint: Endpoint, objects: int, points: int
) -> None:
    assert price_of(endpoint, objects) == points


def test_the_ledger_adds_up_by_endpoint() -> None:
    ledger = PointsLedger()

    ledger.note_call(endpoints.SEARCH, is_retry=False)
    ledger.note_call(endpoints.SEARCH, is_retry=True)
    ledger.charge(endpoints.SEARCH, 10)
    ledger.note_call(endpoints.GROUP, is_retry=False)
    ledger.charge(endpoints.GROUP, 1)

    spent = ledger.spending
    assert (spent.calls, spent.points, spent.retries) == (3, 14, 1)
    assert spent.calls_of == {endpoints.SEARCH.name: 2, endpoints.GROUP.name: 1}
    assert spent.points_of == {endpoints.SEARCH.name: 11, endpoints.GROUP.name: 3}


def test_the_last_word_on_each_limit_counts() -> None:
    ledger = PointsLedger()

    ledger.note_limits((RateLimit("quota", True, remaining=9), RateLimit("q", False)))
    ledger.note_limits((RateLimit("quota", True, remaining=5),))

    assert ledger.limits["quota", True].remaining == 5
    assert len(ledger.limits) == 2

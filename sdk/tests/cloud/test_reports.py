"""The reports of personal data: who was closed, who changed, what is refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from casb_sdk.cloud import CloudOptions, CloudSite, RunningCloud, SimulatedCloud
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.cloud.faults import Fault, FaultKind
from sdk.tests.cloud.caller import APP, PLAIN, tokens_of

MARA = "712020:0a4e7c1d-mara-lindqvist"
RUTH = "712020:93e94f17-ruth-cohen"
NOW = datetime.now(UTC)


@pytest.fixture
def running() -> Iterator[RunningCloud]:
    options = CloudOptions(report_cycle="P3D")
    cloud = SimulatedCloud([CloudSite(demo_site())], [APP], options)
    with cloud.running() as running:
        yield running


def report(
    running: RunningCloud,
    *ids: str,
    scope: str = "report:personal-data",
    at: datetime | str = NOW,
) -> httpx.Response:
    token = tokens_of(running, scope)["access_token"]
    when = at if isinstance(at, str) else at.isoformat()
    rows = [{"accountId": id_, "updatedAt": when} for id_ in ids]
    return httpx.post(
        f"{running.api_url}/app/report-accounts/",
        json={"accounts": rows},
        headers={"Authorization": f"Bearer {token}"},
        verify=PLAIN,
    )


def renamed(running: RunningCloud) -> None:
    site = demo_site()
    accounts = dict(site.directory.accounts)
    accounts[MARA] = replace(accounts[MARA], display_name="Mara Blom")
    running.replace(replace(site, directory=replace(site.directory, accounts=accounts)))


def test_nobody_to_erase_is_no_content(running: RunningCloud) -> None:
    response = report(running, MARA)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["cycle-period"] == "P3D"


def test_a_closed_account_is_told(running: RunningCloud) -> None:
    response = report(running, RUTH, MARA)

    assert response.json() == {"accounts": [{"accountId": RUTH, "status": "closed"}]}


def test_an_account_that_changed_since_it_was_copied_is_told(
    running: RunningCloud,
) -> None:
    renamed(running)

    before = report(running, MARA, at=NOW - timedelta(days=1))
    after = report(running, MARA, at=NOW + timedelta(days=1))

    assert before.json() == {"accounts": [{"accountId": MARA, "status": "updated"}]}
    assert after.status_code == 204


@pytest.mark.parametrize("ids", [[], [f"id-{n}" for n in range(91)]])
def test_none_and_more_than_ninety_are_refused(
    running: RunningCloud, ids: list[str]
) -> None:
    assert report(running, *ids).status_code == 400


def test_a_copy_without_its_time_is_refused(running: RunningCloud) -> None:
    assert report(running, MARA, at="yesterday").status_code == 400


def test_without_the_scope_nothing_is_reported(running: RunningCloud) -> None:
    assert report(running, MARA, scope="read:me").status_code == 401


def test_a_report_can_be_put_off(running: RunningCloud) -> None:
    fault = Fault(FaultKind.RATE_LIMIT, path="/app/report-accounts/", seconds=120)
    running.faults.add(fault)

    response = report(running, MARA)

    assert response.status_code == 429
    assert response.headers["retry-after"] == "120"

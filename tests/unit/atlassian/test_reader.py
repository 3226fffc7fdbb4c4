import inspect

import httpx
import pytest

from casb_sdk import Site
from connector.atlassian import endpoints
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.profiles import OPTIONAL_CALLS, PROFILES
from connector.atlassian.reader import ConfluenceReader, ReaderOptions, World
from connector.domain.errors import SettingError
from connector.domain.ports import SiteReader
from tests.unit.atlassian.fake_confluence import (
    API,
    V1,
    FakeBearer,
    FakeConfluence,
    listing,
    user,
)

MEMBERS = f"{V1}/group/g/membersByGroupId"


async def test_it_is_what_the_use_cases_ask_for() -> None:
    reader: SiteReader = FakeConfluence().reader()

    asked = {name for name in vars(SiteReader) if not name.startswith("_")}
    assert asked <= {name for name, _ in inspect.getmembers(type(reader))}
    await reader.aclose()


async def test_a_call_goes_through_the_gateway_with_the_bearer() -> None:
    confluence = FakeConfluence().answers(MEMBERS, listing(user("ann")))
    reader = confluence.reader()

    await reader.group_members("g")
    await reader.aclose()

    [asked] = confluence.asked
    assert str(asked.url).startswith(f"{API}/ex/confluence/cloud-1{MEMBERS}?")
    assert asked.headers["Authorization"] == "Bearer token-0"
    assert asked.headers["Accept"] == "application/json"
    assert "casb-connector" in asked.headers["User-Agent"]


async def test_a_cloud_id_never_leaves_its_place() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return listing()

    reader = ConfluenceReader.open(
        f"{API}/",
        Site("../evil?x"),
        FakeBearer(),
        world=World(httpx.MockTransport(answer)),
    )
    await reader.group_members("g")
    await reader.aclose()

    assert asked[0].startswith("/ex/confluence/..%2Fevil%3Fx/wiki/")


def test_there_is_no_profile_of_another_name() -> None:
    with pytest.raises(SettingError, match="current"):
        ConfluenceReader.open(
            API, Site("c"), FakeBearer(), ReaderOptions(profile="everything")
        )


def test_every_call_belongs_to_a_profile() -> None:
    defined = {e for e in vars(endpoints).values() if isinstance(e, Endpoint)}

    called = {call for kind in PROFILES.values() for call in kind.calls}

    assert called | {*OPTIONAL_CALLS} == defined
    assert len({endpoint.name for endpoint in defined}) == len(defined)


async def test_what_was_learnt_and_spent_can_be_asked_for() -> None:
    answer = listing(user("ann"))
    answer.headers["RateLimit"] = '"global-app-quota";r=9;t=60'
    confluence = FakeConfluence().answers(MEMBERS, answer)
    reader = confluence.reader()

    await reader.group_members("g")
    await reader.aclose()

    assert reader.spending.calls_of == {endpoints.MEMBERS.name: 1}
    assert reader.spending.points_of == {endpoints.MEMBERS.name: 3}
    assert [limit.remaining for limit in reader.rate_limits] == [9]
    assert not reader.capabilities.is_proven

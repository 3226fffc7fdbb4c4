"""What a probe makes of the answers to its few calls."""

import json
import re

import pytest
import requests
import responses

from casb_sdk import Site
from connector.atlassian.oauth_app import OAuthApp
from connector.atlassian.probe import ProbeOverHttp
from connector.domain.errors import AtlassianUnavailableError, SettingError
from connector.domain.health import Answer, ProbeReport

API = "https://api.atlassian.test"
BASE = f"{API}/ex/confluence/cloud-1"
SITE = Site("cloud-1", "https://acme.atlassian.net", "acme")
APP = OAuthApp("id", "secret", (), "https://auth.atlassian.test", API)
V1 = "GET /wiki/rest/api"
ANYWHERE = re.compile(".*")
NO_SCOPE = {"code": 401, "message": "Unauthorized; scope does not match"}
ME = {"accountId": "ann"}

Probed = dict[str, Answer]


def probed(
    answers: dict[str, tuple[int, object]], profile: str = "reference"
) -> tuple[ProbeReport, list[requests.PreparedRequest]]:
    """Return a report of a site that answers all else with one row of id 42."""

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        path = str(request.path_url).partition("?")[0].partition("/wiki")[2]
        status, body = answers.get(path, (200, {"results": [{"id": 42}]}))
        return status, {}, body if isinstance(body, str) else json.dumps(body)

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in (responses.GET, responses.POST):
            mock.add_callback(method, ANYWHERE, callback=answer)
        report = ProbeOverHttp(APP).probe("token", SITE, profile)
        return report, [call.request for call in mock.calls]


def answers_of(report: ProbeReport) -> Probed:
    return {call.operation: call.answer for call in report.calls}


def test_a_site_where_all_is_well_is_asked_little() -> None:
    report, asked = probed({"/rest/api/user/current": (200, ME)})

    assert report.is_well
    assert set(answers_of(report).values()) == {Answer.OK}
    assert len(asked) <= 10
    assert {r.headers["Authorization"] for r in asked} == {"Bearer token"}
    assert all(str(r.url).startswith(BASE) for r in asked)


def test_later_calls_ask_about_what_earlier_ones_showed() -> None:
    _, asked = probed({"/rest/api/user/current": (200, ME)}, "current")

    urls = [str(request.url) for request in asked]
    assert f"{BASE}/wiki/rest/api/user/bulk?accountId=ann" in urls
    assert f"{BASE}/wiki/api/v2/spaces/42/permissions?limit=1" in urls
    assert f"{BASE}/wiki/rest/api/content/42/restriction" in urls
    bodies = [request.body for request in asked if request.method == "POST"]
    assert bodies[0] == b'{"accountIds": ["ann"]}'


def test_each_refusal_is_told_from_the_others() -> None:
    report, _ = probed(
        {
            "/rest/api/space": (410, {"statusCode": 410}),
            "/rest/api/content": (401, NO_SCOPE),
            "/rest/api/group": (403, {"statusCode": 403}),
            "/rest/api/user/bulk": (429, {}),
            "/rest/api/user/current": (401, {"code": 401, "message": "Unauthorized"}),
            "/rest/api/group/1/membersByGroupId": (200, "<html>"),
        }
    )

    found = answers_of(report)
    assert found[f"{V1}/space"] is Answer.GONE
    assert found[f"{V1}/content"] is Answer.SCOPE_MISSING
    assert found[f"{V1}/group"] is Answer.FORBIDDEN
    assert found[f"{V1}/user/bulk"] is Answer.UNKNOWN
    assert found[f"{V1}/user/current"] is Answer.UNKNOWN
    assert found[f"{V1}/group/{{groupId}}/membersByGroupId"] is Answer.UNKNOWN
    assert "GET /wiki/rest/api/space (410)" in report.note


def test_that_nothing_has_an_id_is_an_answer_and_that_a_real_one_is_lost_is_none() -> (
    None
):
    lost = (404, {"statusCode": 404})
    nothing, _ = probed(
        {
            "/rest/api/content": (200, {"results": []}),
            "/rest/api/content/1/restriction": lost,
        }
    )
    something, _ = probed({"/rest/api/content/42/restriction": lost})

    restriction = f"{V1}/content/{{id}}/restriction"
    assert answers_of(nothing)[restriction] is Answer.OK
    assert answers_of(something)[restriction] is Answer.UNKNOWN


@pytest.mark.parametrize(
    "body", ["[]", "null", '{"results": 3}', '{"results": [3]}', '{"results": [{}]}']
)
def test_answers_of_another_shape_are_lived_with(body: str) -> None:
    report, _ = probed({"/rest/api/content": (200, body)})

    assert answers_of(report)[f"{V1}/content/{{id}}/restriction"] is Answer.OK


def test_a_network_that_fails_is_said_to_be_away() -> None:
    with responses.RequestsMock() as mock:
        mock.get(f"{BASE}/wiki/rest/api/user/current", body=requests.ConnectTimeout())
        with pytest.raises(AtlassianUnavailableError, match=r"api\.atlassian\.test"):
            ProbeOverHttp(APP).probe("token", SITE, "current")


def test_there_is_no_probe_of_a_profile_of_another_name() -> None:
    with pytest.raises(SettingError, match="current, reference"):
        ProbeOverHttp(APP).probe("token", SITE, "everything")

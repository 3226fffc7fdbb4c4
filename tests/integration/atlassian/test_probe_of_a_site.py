"""A probe over real HTTP on the simulated cloud."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from casb_sdk.cloud import CloudOptions, CloudSite, RunningCloud, SimulatedCloud
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.testing import SiteBuilder
from connector.atlassian.oauth_app import OAuthApp
from connector.atlassian.probe import TRIES, ProbeOverHttp
from connector.atlassian.profiles import PROFILES
from connector.domain.health import Answer, ProbeReport
from sdk.tests.cloud.caller import CURRENT, SEVEN, tokens_of

SCOPES = {"current": CURRENT, "reference": SEVEN}


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Close the clouds of a test after it."""
    with ExitStack() as stack:
        yield stack


def probed(
    cloud: RunningCloud, site: CloudSite, profile: str, scopes: str
) -> ProbeReport:
    token = tokens_of(cloud, scopes)["access_token"]
    app = OAuthApp("id", "secret", (), cloud.auth_url, cloud.api_url)
    return ProbeOverHttp(app).probe(token, site.snapshot.directory.site, profile)


def cloud_of(
    closing: ExitStack, site: CloudSite, *, legacy_listings: bool = False
) -> RunningCloud:
    options = CloudOptions(legacy_listings=legacy_listings)
    return closing.enter_context(SimulatedCloud([site], options=options).running())


@pytest.mark.parametrize("profile", PROFILES)
def test_with_its_own_scopes_every_call_of_a_profile_answers(
    profile: str, closing: ExitStack
) -> None:
    site = CloudSite(demo_site())
    cloud = cloud_of(closing, site, legacy_listings=True)

    report = probed(cloud, site, profile, SCOPES[profile])

    assert report.is_well
    assert {call.answer for call in report.calls} == {Answer.OK}
    assert len(report.calls) == len(TRIES[profile])


@pytest.mark.parametrize("profile", PROFILES)
def test_a_probe_knows_what_its_calls_cost(profile: str, closing: ExitStack) -> None:
    cloud = cloud_of(closing, CloudSite(demo_site()), legacy_listings=True)

    report = probed(cloud, CloudSite(demo_site()), profile, SCOPES[profile])

    assert report.points == cloud.cloud.ledger.total_points


def test_where_the_old_listings_are_gone_only_one_profile_is_well(
    closing: ExitStack,
) -> None:
    site = CloudSite(demo_site())
    cloud = cloud_of(closing, site)

    current = probed(cloud, site, "current", CURRENT)
    reference = probed(cloud, site, "reference", SEVEN)

    assert current.is_well
    assert reference.gone == ("GET /wiki/rest/api/space", "GET /wiki/rest/api/content")
    assert "CASB_SCOPE_PROFILE=current" in reference.note


def test_every_scope_that_was_not_granted_is_named(closing: ExitStack) -> None:
    site = CloudSite(demo_site())
    cloud = cloud_of(closing, site)

    report = probed(cloud, site, "current", SEVEN)

    assert set(report.missing_scopes) == {
        "search:confluence",
        "read:space:confluence",
        "read:space.permission:confluence",
        "read:page:confluence",
        "read:user:confluence",
        "read:configuration:confluence",
    }


def test_who_may_not_check_others_is_well_all_the_same(closing: ExitStack) -> None:
    site = CloudSite(demo_site(), installer_is_admin=False)
    cloud = cloud_of(closing, site)

    report = probed(cloud, site, "current", CURRENT)

    assert report.is_well
    assert Answer.FORBIDDEN in {call.answer for call in report.calls}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_site_without_content_is_well(profile: str, closing: ExitStack) -> None:
    site = CloudSite(SiteBuilder().snapshot())
    cloud = cloud_of(closing, site, legacy_listings=True)

    report = probed(cloud, site, profile, SCOPES[profile])

    assert report.note == ""

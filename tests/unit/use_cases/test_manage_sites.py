import pytest

from casb_sdk import Site
from connector.domain.errors import NotFoundError, UsageError
from connector.domain.finding_state import OpenFindings
from connector.domain.installation import Installation, SiteSettings
from connector.domain.store_ports import Begin
from connector.use_cases.manage_sites import CONNECT, NAMES, ManageSites

ACME = Installation("one", Site("acme-id", "https://acme.atlassian.net"), "grant")


@pytest.fixture
def sites(begin: Begin) -> ManageSites:
    with begin() as stores:
        stores.installations.save(ACME)
    return ManageSites(begin)


@pytest.mark.parametrize(
    "name", ["acme-id", "https://acme.atlassian.net/wiki", " ACME.atlassian.net "]
)
def test_a_site_goes_by_its_cloud_id_or_its_url(name: str, sites: ManageSites) -> None:
    assert sites.site(name) == ACME


def test_an_unknown_site_is_named_with_those_that_are_known(sites: ManageSites) -> None:
    with pytest.raises(NotFoundError) as caught:
        sites.site("beta")

    assert str(caught.value) == (
        "No site 'beta' is connected. Connected are: https://acme.atlassian.net."
    )


def test_without_any_site_the_way_to_one_is_named(begin: Begin) -> None:
    with pytest.raises(NotFoundError) as caught:
        ManageSites(begin).site("beta")

    assert caught.value.remedy == CONNECT


def test_settings_are_written_the_way_people_write_them(sites: ManageSites) -> None:
    changed = sites.set(
        "acme-id",
        {
            "internal_domains": "ACME.example, @bücher.example",
            "match_subdomains": "True",
            "spaces_exclude": "TEST,~bob",
            "scan_every": "12H",
            "incremental_every": "Never",
        },
    )

    assert changed.settings == SiteSettings(
        internal_domains=frozenset({"acme.example", "xn--bcher-kva.example"}),
        match_subdomains=True,
        spaces_exclude=frozenset({"TEST", "~bob"}),
        scan_every="12h",
        incremental_every="never",
    )
    assert sites.site("acme-id") == changed


def test_an_empty_value_clears_a_list(sites: ManageSites) -> None:
    sites.set("acme-id", {"external_ids": "a,b"})

    assert sites.set("acme-id", {"external_ids": ""}).settings == SiteSettings()


def test_a_space_is_not_both_included_and_excluded(sites: ManageSites) -> None:
    sites.set("acme-id", {"spaces_include": "ENG,HR"})

    with pytest.raises(UsageError, match="HR would be both"):
        sites.set("acme-id", {"spaces_exclude": "HR"})

    assert sites.site("acme-id").settings.spaces_exclude == frozenset()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("internal_domains", "no domain"),
        ("internal_domains", "a..b"),
        ("internal_domains", f"{'x' * 64}.example"),
        ("verify", "1"),
        ("scan_every", "12"),
        ("incremental_every", "hourly"),
        ("name", "x"),
    ],
)
def test_nonsense_changes_nothing(name: str, text: str, sites: ManageSites) -> None:
    with pytest.raises(UsageError):
        sites.set("acme-id", {"external_ids": "a", name: text})

    assert sites.site("acme-id") == ACME


def test_what_can_be_set_is_what_is_promised() -> None:
    promised = (
        "internal_domains internal_ids external_ids match_subdomains "
        "self_app_account_ids atlassian_app_ids spaces_include spaces_exclude "
        "root_content_ids scan_every incremental_every verify "
        "points_per_hour"
    )

    assert set(NAMES) == set(promised.split())


def test_the_overview_of_a_fresh_site_is_empty(sites: ManageSites) -> None:
    [overview] = sites.all()

    assert overview == sites.overview("acme-id")
    assert overview.last_scan is None
    assert overview.report is None
    assert overview.open_findings == OpenFindings()

import re
import sqlite3
from dataclasses import replace

import httpx
import pytest

from casb_sdk import Site
from casb_sdk.cloud import CloudSite, Consent, Fault, FaultKind
from casb_sdk.cloud.demo_site import demo_site
from connector.app import create_app
from connector.bootstrap.application import open_application
from connector.cli.local_server import serving
from connector.settings import load_settings
from tests.e2e.conftest import ACME, StartCloud
from tests.e2e.eavesdropping import Eavesdropper
from tests.e2e.operator import Browse, Operator, accept, accept_instead
from tests.fakes.plain_http import plain_client

BETA = Site("beta-cloud-id", "https://beta.atlassian.example", "beta")


def beta_site() -> CloudSite:
    site = demo_site()
    return CloudSite(replace(site, directory=replace(site.directory, site=BETA)))


def accepting_without(scope: str) -> Browse:
    def change(address: httpx.URL) -> httpx.URL:
        asked = address.params["scope"].split()
        return address.copy_set_param("scope", " ".join(s for s in asked if s != scope))

    return lambda link: accept_instead(link, change)


def sites(operator: Operator) -> list[str]:
    return [row["url"] for row in operator.casb("sites", "--json").json]


def test_a_site_is_connected_by_opening_the_link(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())

    ended = operator.casb("install", browse=accept)

    assert ended.code == 0
    first, *rest = ended.out.splitlines()
    assert first.startswith("Open this link to connect a site: http://localhost:")
    assert f"Connected  acme ({ACME})" in ended.out
    assert len(rest) == 4
    assert sites(operator) == [ACME]


def test_with_json_the_link_comes_first_and_then_the_installation(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())

    ended = operator.casb("install", "--json", browse=accept)

    link, installation = ended.lines
    assert set(link) == {"link", "expires_at"}
    assert installation["url"] == ACME
    assert installation["state"] == "active"
    assert "offline_access" in installation["scopes"]


def test_no_token_is_in_the_database_in_the_clear(
    operator: Operator, start_cloud: StartCloud
) -> None:
    cloud = start_cloud()
    eavesdropper = Eavesdropper(cloud)
    operator.connected_to(cloud).casb("install", browse=accept)

    with sqlite3.connect(operator.folder / "casb.db") as database:
        dump = "\n".join(database.iterdump())
    database.close()

    assert "access_token" in eavesdropper.kinds()
    assert [secret for secret in eavesdropper.heard if secret in dump] == []
    assert ACME in dump


def test_a_refusal_is_said_and_installs_nothing(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud(consent=Consent.REFUSE))

    ended = operator.casb("install", browse=accept)

    assert ended.code == 3
    assert "refused on Atlassian's page" in ended.said
    assert sites(operator) == []


def test_a_code_that_came_too_late_is_said(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud(consent=Consent.EXPIRE))

    ended = operator.casb("install", browse=accept)

    assert ended.code == 3
    assert "no longer accepts this consent" in ended.said


def test_a_wrong_client_secret_is_the_operators_to_mend(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())

    ended = operator.casb("install", browse=accept, ATLASSIAN_CLIENT_SECRET="wrong")

    assert ended.code == 2
    assert "CASB_ATLASSIAN_CLIENT_SECRET" in ended.said
    assert sites(operator) == []


def test_an_atlassian_that_is_away_is_a_matter_of_the_network(
    operator: Operator, start_cloud: StartCloud
) -> None:
    cloud = start_cloud()
    operator.connected_to(cloud)

    ended = operator.casb(
        "install", browse=accept, ATLASSIAN_API_URL="http://127.0.0.1:9"
    )

    assert ended.code == 4
    assert "127.0.0.1:9 cannot be reached" in ended.said


def test_a_scope_that_was_not_granted_is_named(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())

    ended = operator.casb("install", browse=accepting_without("read:page:confluence"))

    assert ended.code == 3
    assert "lacks the scope read:page:confluence" in ended.said
    [site] = operator.casb("sites", "--json").json
    assert site["state"] == "degraded"


def test_a_site_that_still_refuses_is_said_and_tried_again_later(
    operator: Operator, start_cloud: StartCloud
) -> None:
    cloud = start_cloud()
    path = "*/user/current"
    cloud.faults.add(Fault(FaultKind.STATUS, path=path, status=403, count=1))

    ended = operator.connected_to(cloud).casb("install", browse=accept)

    assert ended.code == 3
    assert "/user/current with 403" in ended.said
    [site] = operator.casb("sites", "--json").json
    assert site["state"] == "verifying"


def test_a_consent_that_does_not_last_is_refused(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())

    ended = operator.casb("install", browse=accepting_without("offline_access"))

    assert ended.code == 3
    assert "offline_access" in ended.said


def test_the_site_that_is_asked_for_is_connected(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud(CloudSite(demo_site()), beta_site()))

    ended = operator.casb("install", "--site", BETA.url, browse=accept)

    assert ended.code == 0
    assert sites(operator) == [BETA.url]


def test_a_site_the_consent_does_not_open_is_named(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())

    ended = operator.casb("install", "--site", "other.example", browse=accept)

    assert ended.code == 3
    assert f"does not open other.example, but {ACME}" in ended.said


def test_of_several_sites_one_is_chosen_in_the_browser(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud(CloudSite(demo_site()), beta_site()))

    def choose_beta(link: str) -> None:
        with plain_client(follow_redirects=True) as browser:
            page = browser.get(link)
            [token] = re.findall(r'name="token" value="([^"]+)"', page.text)
            form = {"token": token, "site": BETA.cloud_id}
            browser.post(str(page.url), data=form)

    ended = operator.casb("install", browse=choose_beta)

    assert ended.code == 0
    assert sites(operator) == [BETA.url]


def test_installing_again_renews_the_site_and_keeps_its_settings(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())
    first = operator.casb("install", "--json", browse=accept).lines[1]
    operator.casb("sites", "set", ACME, "internal_domains=acme.example")

    second = operator.casb("install", "--json", browse=accept).lines[1]

    assert second["id"] == first["id"]
    assert second["installed_at"] == first["installed_at"]
    assert second["settings"]["internal_domains"] == ["acme.example"]


def test_where_the_application_is_served_already_the_command_only_waits(
    operator: Operator, start_cloud: StartCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.connected_to(start_cloud())
    monkeypatch.chdir(operator.folder)
    settings = load_settings(operator.environment, operator.folder)

    with (
        open_application(settings) as application,
        serving(create_app(application), settings.public_url),
    ):
        ended = operator.casb("install", browse=accept)

    assert ended.code == 0
    assert sites(operator) == [ACME]


def test_a_public_url_that_nobody_serves_is_explained(operator: Operator) -> None:
    operator.settings |= {
        "ATLASSIAN_CLIENT_ID": "client",
        "ATLASSIAN_CLIENT_SECRET": "secret",
    }

    ended = operator.casb("install", PUBLIC_URL="https://127.0.0.1:9")

    assert ended.code == 2
    assert "CASB_PUBLIC_URL (https://127.0.0.1:9)" in ended.said
    assert ended.out == ""


@pytest.mark.parametrize(
    "name",
    ["SECRET_KEY", "TOKEN_KEYS", "ATLASSIAN_CLIENT_ID", "ATLASSIAN_CLIENT_SECRET"],
)
def test_what_is_missing_is_named_before_any_link_is_given(
    name: str, operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())
    operator.settings[name] = ""

    ended = operator.casb("install")

    assert ended.code == 2
    assert f"CASB_{name} is not set." in ended.said
    assert ended.out == ""


def test_a_database_that_was_never_migrated_stops_before_the_link(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())

    ended = operator.casb("install", DATABASE_URL="sqlite:///other.db")

    assert ended.code == 1
    assert "casb migrate" in ended.said
    assert ended.out == ""

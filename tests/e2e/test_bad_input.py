"""Whatever is wrong is said in a sentence, and what was stored is still there."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from casb_sdk import Audience
from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    Consent,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.testing import SiteBuilder
from tests.e2e.conftest import StartCloud
from tests.e2e.operator import Ended, Operator, accept, accept_instead, findings

ACME = "https://acme.atlassian.net"
CONNECTED = f"Connected are: {ACME}."
NOWHERE = "http://127.0.0.1:9"
SPACES = "read:space:confluence"


@pytest.fixture(scope="module")
def small_cloud() -> Iterator[RunningCloud]:
    options = CloudOptions(consent=Consent.ACCEPT)
    site = (
        SiteBuilder().person("ann").guest("gus").space("S").allows("gus", "read/space")
    )
    served = CloudSite(site.page("H").snapshot())
    with SimulatedCloud([served], options=options).running() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def scanned(
    small_cloud: RunningCloud, tmp_path_factory: pytest.TempPathFactory
) -> Operator:
    """An operator with findings, and with databases nobody can use beside them."""
    folder = tmp_path_factory.mktemp("scanned")
    operator = ready(Operator(folder).migrated().connected_to(small_cloud))
    assert operator.casb("scan", ACME).code == 0
    (folder / "text.db").write_text("Dear diary, I am no database.\n" * 99, "utf-8")
    make_newer(folder / "casb.db", folder / "newer.db")
    return operator


def ready(operator: Operator) -> Operator:
    for arguments in (
        ["install"],
        ["sites", "set", ACME, "internal_domains=acme.example"],
    ):
        ended = operator.casb(*arguments, browse=accept)
        assert ended.code == 0, ended.err
    return operator


def make_newer(path: Path, newer: Path) -> None:
    source, copy = sqlite3.connect(path), sqlite3.connect(newer)
    source.backup(copy)
    copy.execute("UPDATE schema_version SET version_num = '9999'")
    copy.commit()
    source.close()
    copy.close()


def complaint(ended: Ended) -> str:
    """Return the sentence that a command failed with; it says nothing else of it."""
    assert ended.out == ""
    assert "Traceback" not in ended.err
    [complaint] = [
        line for line in ended.err.splitlines() if line.startswith("Error: ")
    ]
    assert ended.err.endswith(f"{complaint}\n")
    return complaint.removeprefix("Error: ")


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("TOKEN_KEYS", "", 2, "CASB_TOKEN_KEYS is not set. Make one with"),
        ("TOKEN_KEYS", "short", 2, "CASB_TOKEN_KEYS is malformed"),
        ("ATLASSIAN_CLIENT_ID", "", 2, "CASB_ATLASSIAN_CLIENT_ID is not set. It"),
        ("CONCURRENCY", "many", 2, "CASB_CONCURRENCY is 'many', but has to be a"),
        ("PUBLIC_URL", "nowhere", 2, "CASB_PUBLIC_URL is 'nowhere', but has to"),
        ("DATABASE_URL", "mysql://x", 2, "CASB_DATABASE_URL is malformed"),
        ("DATABASE_URL", "sqlite:////nowhere/x.db", 1, "/x.db cannot be opened"),
        ("DATABASE_URL", "sqlite:///text.db", 1, "text.db cannot be opened"),
        ("DATABASE_URL", "sqlite:///empty.db", 1, "Run: casb migrate"),
        ("DATABASE_URL", "sqlite:///newer.db", 1, "newer version"),
        ("ATLASSIAN_API_URL", NOWHERE, 4, "Atlassian is not available"),
    ],
)
def test_a_scan_with_a_setting_that_is_wrong_says_which(
    name: str, value: str, code: int, words: str, scanned: Operator
) -> None:
    before = findings(scanned)

    ended = scanned.casb("scan", ACME, browse=None, **{name: value})

    assert ended.code == code
    assert words in complaint(ended)
    assert findings(scanned) == before != []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scan", "other.example"], f"'other.example' is connected. {CONNECTED}"),
        (["scan", "http://[acme"], f"'http://[acme' is connected. {CONNECTED}"),
        (["findings", "other.example"], f"is connected. {CONNECTED}"),
        (["sites", "show", "\x1b[31mred"], f"is connected. {CONNECTED}"),
        (["findings", "show", "X"], "is no finding 'X'. Run `casb findings` to"),
        (["findings", "resources", "X"], "is no finding 'X'. Run `casb findings`"),
        (["sites", "set", ACME, "verify=perhaps"], "true or false"),
        (["detectors", "disable", "X"], "is no detector 'X'. Installed are: app"),
    ],
)
def test_a_command_about_something_unknown_says_what_there_is(
    arguments: list[str], words: str, scanned: Operator
) -> None:
    before = findings(scanned)

    ended = scanned.casb(*arguments)

    assert ended.code == 2
    assert words in complaint(ended)
    assert findings(scanned) == before != []


@pytest.mark.timeout(120)  # the command does not give up before its pauses are over
def test_a_token_endpoint_that_is_away_is_a_matter_of_the_network(
    scanned: Operator, small_cloud: RunningCloud
) -> None:
    before = findings(scanned)
    small_cloud.oauth.expire_access_tokens()

    ended = scanned.casb("scan", ACME, ATLASSIAN_AUTH_URL=NOWHERE)

    assert ended.code == 4
    assert "127.0.0.1:9 cannot be reached. Check the network" in complaint(ended)
    assert findings(scanned) == before != []
    assert scanned.casb("scan", ACME).code == 0


def without_spaces(link: str) -> None:
    def change(address: httpx.URL) -> httpx.URL:
        asked = address.params["scope"].split()
        left = (scope for scope in asked if scope != SPACES)
        return address.copy_set_param("scope", " ".join(left))

    accept_instead(link, change)


def test_a_scan_without_a_scope_it_needs_names_the_scope(scanned: Operator) -> None:
    before = findings(scanned)
    installed = scanned.casb("install", browse=without_spaces)

    ended = scanned.casb("scan", ACME)

    assert installed.code == ended.code == 3
    assert complaint(ended) == (
        f"GET /wiki/api/v2/spaces needs the scope {SPACES}. "
        "Connect the site again and consent to it."
    )
    assert findings(scanned) == before != []
    assert scanned.casb("install", browse=accept).code == 0
    assert scanned.casb("scan", ACME).code == 0


def test_a_site_without_a_space_has_nothing_to_report(
    operator: Operator, start_cloud: StartCloud
) -> None:
    site = SiteBuilder().person("ann").guest("gus").snapshot()
    ready(operator.connected_to(start_cloud(CloudSite(site))))

    report = operator.casb("scan", ACME, "--json")

    assert report.code == 0, report.err
    assert (report.json["spaces"], report.json["items"]) == (0, 0)
    assert findings(operator) == []
    assert operator.casb("findings").said == "No findings."


def test_a_space_without_a_page_is_judged_by_its_grants(
    operator: Operator, start_cloud: StartCloud
) -> None:
    site = SiteBuilder().person("ann").space("S")
    site.allows(Audience.ANONYMOUS, "read/space")
    ready(operator.connected_to(start_cloud(CloudSite(site.snapshot()))))

    report = operator.casb("scan", ACME, "--json")

    assert report.code == 0, report.err
    assert (report.json["spaces"], report.json["items"]) == (1, 0)
    [only] = findings(operator)
    assert only["finding_type"] == "unknown-access"
    assert only["exposure"] == "unverified"

"""Real processes refresh one grant at Atlassian: once, and whoever of them dies."""

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import httpx
import pytest

from casb_sdk import Site
from casb_sdk.cloud import CloudOptions, CloudSite, RunningCloud, SimulatedCloud
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.cloud.oauth.tokens import Consented
from connector.domain.grant import Grant
from connector.domain.installation import (
    Installation,
    InstallationState,
    TokenPair,
)
from connector.domain.store_ports import Begin
from connector.store.database import utc_now
from tests.contract.other_refresher import GRANT, digest_of
from tests.fakes.processes import OtherProcess, running
from tests.fakes.stores import TOKEN_KEY

REFRESH = "POST /oauth/token"
RESOURCES = "/oauth/token/accessible-resources"
PROCESSES, THREADS = 4, 6
SITE = Site("acme-id", "https://acme.atlassian.example")
REAUTH = InstallationState.REAUTH_REQUIRED

pytestmark = pytest.mark.timeout(180)  # processes take their time to start


@pytest.fixture
def atlassian() -> Iterator[RunningCloud]:
    options = CloudOptions(latency=0.2)
    with SimulatedCloud([CloudSite(demo_site())], options=options).running() as cloud:
        yield cloud


@pytest.fixture
def expired(begin: Begin, atlassian: RunningCloud) -> TokenPair:
    """A grant of the cloud whose access token has run out, and a site that uses it."""
    pair = consented(atlassian)
    now = utc_now()
    with begin() as stores:
        long_ago = now - timedelta(hours=2)
        stores.grants.save(Grant(GRANT, pair, long_ago, long_ago))
        stores.installations.save(Installation("acme", SITE, GRANT))
    return pair


def consented(cloud: RunningCloud) -> TokenPair:
    scopes = frozenset({"search:confluence", "offline_access"})
    sites = frozenset(cloud.cloud.sites)
    code = cloud.oauth.issue_code(Consented(cloud.app, "mara", scopes, sites, "x"))
    answer = cloud.oauth.exchange(
        {
            "grant_type": "authorization_code",
            "client_id": cloud.app.client_id,
            "client_secret": cloud.app.client_secret,
            "code": code,
            "redirect_uri": "x",
        }
    )
    ran_out = utc_now() - timedelta(hours=1)
    return TokenPair(str(answer["access_token"]), str(answer["refresh_token"]), ran_out)


@contextmanager
def refresher(
    what: str, url: str, cloud: RunningCloud, threads: int = 1
) -> Iterator[OtherProcess]:
    """Run a process that is about to refresh; it does not survive the block."""
    arguments = [what, url, cloud.auth_url, str(threads)]
    with running("tests.contract.other_refresher", *arguments) as process:
        process.tell(TOKEN_KEY)
        assert process.said() == "ready"
        yield process


def killed_with_the_answer_in_hand(url: str, cloud: RunningCloud) -> None:
    with refresher("die", url, cloud) as victim:
        victim.tell("go")
        assert victim.said() == "posted"
        victim.kill()
        assert victim.wait(10) == -signal.SIGKILL


def heir_gets(url: str, cloud: RunningCloud) -> str:
    with refresher("heir", url, cloud) as heir:
        heir.tell("go")
        [got] = json.loads(heir.said())
    return str(got)


def stored(begin: Begin) -> Grant:
    with begin(write=False) as stores:
        grant = stores.grants.get(GRANT)
    assert grant is not None
    return grant


def works(cloud: RunningCloud, pair: TokenPair) -> bool:
    headers = {"Authorization": f"Bearer {pair.access_token}"}
    with httpx.Client(trust_env=False) as http:
        return http.get(f"{cloud.api_url}{RESOURCES}", headers=headers).is_success


def test_four_processes_with_six_threads_make_one_request(
    begin: Begin, url: str, atlassian: RunningCloud, expired: TokenPair
) -> None:
    with ExitStack() as running:
        processes = [
            running.enter_context(refresher("race", url, atlassian, THREADS))
            for _ in range(PROCESSES)
        ]
        for process in processes:
            process.tell("go")
        got = [token for process in processes for token in json.loads(process.said())]

    kept = stored(begin)
    assert atlassian.ledger.calls[REFRESH] == 1
    assert got == [digest_of(kept.pair.access_token)] * PROCESSES * THREADS
    assert kept.generation == 1
    assert works(atlassian, kept.pair)


def test_whoever_is_killed_before_storing_loses_nothing_inside_the_leeway(
    begin: Begin, url: str, atlassian: RunningCloud, expired: TokenPair
) -> None:
    killed_with_the_answer_in_hand(url, atlassian)
    held = stored(begin)
    atlassian.clock.advance(500)

    got = heir_gets(url, atlassian)

    kept = stored(begin)
    assert got == digest_of(kept.pair.access_token)
    assert held.pair == expired
    assert held.lease_until is not None
    assert kept.refreshed_at >= held.lease_until
    assert atlassian.ledger.calls[REFRESH] == 2
    assert (kept.generation, kept.lease_owner, kept.tried_at) == (1, "", None)
    assert works(atlassian, kept.pair)


def test_after_the_leeway_the_site_needs_a_new_consent(
    begin: Begin, url: str, atlassian: RunningCloud, expired: TokenPair
) -> None:
    killed_with_the_answer_in_hand(url, atlassian)
    atlassian.clock.advance(601)

    got = heir_gets(url, atlassian)

    assert got.startswith("DeadGrantError: Atlassian no longer accepts the consent")
    assert SITE.url in got
    assert atlassian.ledger.calls[REFRESH] == 2
    with begin(write=False) as stores:
        installation = stores.installations.find(SITE.cloud_id)
    assert installation is not None
    assert installation.state is REAUTH
    assert stored(begin).is_dead

"""The simulated cloud as a process of its own, driven over HTTP."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from benchmarks.sites import SEED, Size

CALLBACK = "http://127.0.0.1:1/oauth/callback"
PLENTY = 10**9


@dataclass(frozen=True, slots=True)
class CloudProcess:
    """A running cloud: where it is, a token for its site, its ledger."""

    url: str
    token: str
    cloud_id: str
    site_url: str

    def ledger(self) -> Mapping[str, Any]:
        """Return what was asked since the last reset."""
        answer = httpx.get(f"{self.url}/_cloud/ledger", timeout=60)
        found: Mapping[str, Any] = answer.json()
        return found

    def log(self) -> list[tuple[float, str, int]]:
        """Return the calls since the last reset: when, what, and the status."""
        answer = httpx.get(f"{self.url}/_cloud/log", timeout=60)
        found: list[tuple[float, str, int]] = answer.json()["log"]
        return found

    def plan(self, *faults: Mapping[str, object]) -> None:
        """Let things go wrong."""
        told = httpx.post(f"{self.url}/_cloud/faults", json=list(faults), timeout=60)
        told.raise_for_status()

    def reset(self) -> None:
        """Forget the calls so far; rendered bodies stay."""
        httpx.post(f"{self.url}/_cloud/reset", timeout=60).raise_for_status()


@contextmanager
def cloud_of(
    size: Size, latency: float, jitter: float, scopes: str, **habits: object
) -> Iterator[CloudProcess]:
    """Run a cloud with the site of a size until the block is left.

    ``habits`` are more of its options.
    """
    config = {
        "latency": latency,
        "jitter": jitter,
        "points_per_hour": PLENTY,
        "access_token_life": 86_400,
        "app": {"redirect_uris": [CALLBACK]},
        **habits,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        command = [sys.executable, "-m", "casb_sdk.cloud", "--auto-consent"]
        command += ["--seed", str(SEED), "--items", str(size.items)]
        command += ["--spaces", str(size.spaces), "--users", str(size.users)]
        command += ["--groups", str(size.groups), "--config", file.name]
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1], text=True
        )
        try:
            ready = json.loads(process.stdout.readline()) if process.stdout else {}
            yield _entered(ready, scopes)
        finally:
            process.terminate()
            process.wait(30)


def _entered(ready: Mapping[str, Any], scopes: str) -> CloudProcess:
    """Go through consent as a person would and keep the token."""
    url = ready["api_url"]
    query = {
        "audience": "api.atlassian.com",
        "client_id": ready["client_id"],
        "scope": scopes,
        "redirect_uri": CALLBACK,
        "state": "bench",
        "response_type": "code",
        "prompt": "consent",
    }
    redirect = httpx.get(f"{url}/authorize", params=query, timeout=60)
    code = parse_qs(urlsplit(redirect.headers["location"]).query)["code"][0]
    answer = httpx.post(
        f"{url}/oauth/token",
        json={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "client_id": ready["client_id"],
            "client_secret": ready["client_secret"],
        },
        timeout=60,
    )
    token = answer.json()["access_token"]
    sites = httpx.get(
        f"{url}/oauth/token/accessible-resources",
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    ).json()
    return CloudProcess(url, token, sites[0]["id"], sites[0]["url"])

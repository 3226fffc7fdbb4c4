"""A client of the simulated cloud, for its tests."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlparse

import httpx

from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    OAuthApp,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.cloud.demo_site import demo_site

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of what is served without TLS: to read the authorities takes 40 ms."""
CALLBACK = "http://127.0.0.1:1/callback"
SEVEN = (
    "read:confluence-space.summary read:confluence-props read:confluence-content.all "
    "read:confluence-content.summary read:confluence-content.permission "
    "read:confluence-user read:confluence-groups offline_access"
)
CURRENT = (
    "read:confluence-space.summary read:confluence-content.all "
    "read:confluence-content.summary read:confluence-content.permission "
    "read:confluence-user read:confluence-groups search:confluence "
    "read:space:confluence read:space.permission:confluence read:page:confluence "
    "read:user:confluence read:configuration:confluence read:me offline_access"
)
OPTIONAL = (
    " read:content-details:confluence read:content.metadata:confluence"
    " read:folder:confluence read:whiteboard:confluence read:database:confluence"
    " read:embed:confluence read:audit-log:confluence report:personal-data"
)
APP = OAuthApp("client", "secret", (CALLBACK,))

Json = dict[str, Any]


@dataclass
class Caller:
    """Somebody with a token for the first site of a running cloud."""

    running: RunningCloud
    http: httpx.Client
    cloud_id: str

    def url(self, path: str) -> str:
        return f"/ex/confluence/{self.cloud_id}/wiki{path}"

    def get(self, path: str, **query: Any) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in query.items()}
        return self.http.get(self.url(path), params=named)

    def post(self, path: str, body: Json) -> httpx.Response:
        return self.http.post(self.url(path), json=body)

    def json(self, path: str, **query: Any) -> Json:
        response = self.get(path, **query)
        assert response.status_code == 200, response.text
        found: Json = response.json()
        return found

    def follow(self, page: Json) -> httpx.Response:
        """Ask for the next page the way a careful client does."""
        link = page["_links"]["next"]
        below = link if link.startswith("/wiki") else f"/wiki{link}"
        return self.http.get(f"/ex/confluence/{self.cloud_id}{below}")

    def walk(self, path: str, **query: Any) -> Iterator[Json]:
        """Yield every page of a list."""
        page = self.json(path, **query)
        yield page
        while "next" in page["_links"]:
            page = self.follow(page).json()
            yield page

    def search(self, cql: str, **query: Any) -> Json:
        return self.json("/rest/api/content/search", cql=cql, **query)

    def ids_by_title(self) -> dict[str, str]:
        types = "page,blogpost,whiteboard,database,embed,folder"
        page = self.search(f"type in ({types})", limit=1000)
        return {item["title"]: item["id"] for item in page["results"]}


def consent(
    running: RunningCloud, scopes: str = CURRENT, **more: str
) -> httpx.Response:
    """Open the consent page; accept unless told otherwise."""
    query = {
        "audience": "api.atlassian.com",
        "client_id": running.app.client_id,
        "scope": scopes,
        "redirect_uri": CALLBACK,
        "state": "of-mind",
        "response_type": "code",
        "prompt": "consent",
        "auto_consent": "accept",
    }
    return httpx.get(f"{running.auth_url}/authorize", params=query | more, verify=PLAIN)


def answer_of(response: httpx.Response) -> dict[str, str]:
    """Return what a redirect to the call-back says."""
    query = parse_qs(urlparse(response.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def redeem(running: RunningCloud, body: dict[str, str]) -> httpx.Response:
    """Ask the token endpoint, as the app."""
    credentials = {
        "client_id": running.app.client_id,
        "client_secret": running.app.client_secret,
    }
    return httpx.post(
        f"{running.auth_url}/oauth/token", json=credentials | body, verify=PLAIN
    )


def by_code(code: str, **more: str) -> dict[str, str]:
    grant = {"grant_type": "authorization_code", "code": code}
    return grant | {"redirect_uri": CALLBACK} | more


def by_refresh(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token}


def tokens_of(running: RunningCloud, scopes: str = CURRENT, **more: str) -> Json:
    """Go through consent and return the tokens."""
    code = answer_of(consent(running, scopes, **more))["code"]
    found: Json = redeem(running, by_code(code)).json()
    return found


@contextmanager
def calling(
    site: CloudSite | None = None, scopes: str = CURRENT + OPTIONAL, **options: Any
) -> Iterator[Caller]:
    """Run a cloud with one site, the demonstration site by default, and log in."""
    served = site or CloudSite(demo_site())
    cloud = SimulatedCloud([served], [APP], CloudOptions(**options))
    with cloud.running() as running:
        token = tokens_of(running, scopes)["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(
            base_url=running.api_url, headers=headers, verify=PLAIN
        ) as http:
            yield Caller(running, http, served.cloud_id)

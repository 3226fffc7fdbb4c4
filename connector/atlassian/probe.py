"""Tries out, right after a consent, what a scope profile can do on a site.

The calls are few, small and in a row; the web side that makes them is synchronous.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

from casb_sdk import Site
from casb_sdk.model import ANONYMOUS_ID
from connector.atlassian import endpoints
from connector.atlassian.answers import OK, UNAUTHORIZED, is_scope_mismatch
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.failures import GONE
from connector.atlassian.legacy import REFERENCE
from connector.atlassian.oauth_app import OAuthApp
from connector.atlassian.probe_price import price_of_answer
from connector.atlassian.profiles import CURRENT
from connector.atlassian.token_endpoint import unreachable
from connector.domain.errors import SettingError
from connector.domain.health import Answer, ProbedCall, ProbeReport

TIMEOUT_SECONDS = 10.0
FORBIDDEN = 403
NOT_FOUND = 404
NOBODY = "1"
"""An id that nothing has: that it is not there is an answer too."""

ONE = (("limit", "1"),)
ANY_PAGE = (("cql", "type=page"), *ONE)
Params = tuple[tuple[str, str], ...]


def anonymous_sees(_: str) -> object:
    """Return the question whether anonymous people see an item."""
    subject = {"type": "user", "identifier": ANONYMOUS_ID}
    return {"subject": subject, "operation": "read"}


def one_account(account_id: str) -> object:
    """Return the question who one account is."""
    return {"accountIds": [account_id]}


@dataclass(frozen=True, slots=True)
class Try:
    """A call to try: what it is for, and the id that its answer teaches later ones.

    ``takes`` names the id that it asks about: in its path, in its query as ``asks``,
    or in its ``body``.
    """

    endpoint: Endpoint
    purpose: str
    params: Params = ()
    body: Callable[[str], object] | None = None
    takes: str = ""
    asks: str = ""
    teaches: str = ""
    is_needed: bool = True


PEOPLE = (
    Try(endpoints.CURRENT_USER, "know who installed the connector", teaches="account"),
    Try(endpoints.USERS, "look up accounts", takes="account", asks="accountId"),
    Try(endpoints.GROUPS, "list groups", ONE, teaches="group"),
    Try(endpoints.MEMBERS, "list the members of a group", ONE, takes="group"),
)
ITEMS = (
    Try(endpoints.RESTRICTION, "read who is on the lists of an item", takes="content"),
    Try(
        endpoints.CHECK,
        "ask Confluence itself who sees an item",
        body=anonymous_sees,
        takes="content",
        is_needed=False,
    ),
)
BELOW = Try(
    endpoints.DESCENDANTS,
    "read what is below a known item",
    ONE,
    takes="content",
    is_needed=False,
)
OLD_SPACES = Try(
    endpoints.LEGACY_SPACES, "list spaces the old way", ONE, is_needed=False
)
TRIES: Mapping[str, Sequence[Try]] = {
    CURRENT: (
        *PEOPLE,
        Try(
            endpoints.USERS_BULK,
            "read the status of accounts",
            body=one_account,
            takes="account",
        ),
        Try(endpoints.SPACES, "list spaces", ONE, teaches="space"),
        Try(endpoints.PERMISSIONS, "read the grants on a space", ONE, takes="space"),
        Try(endpoints.ROLES, "list the roles of the site", ONE, is_needed=False),
        Try(endpoints.ROLE_MODE, "know whether roles grant access", is_needed=False),
        Try(endpoints.SEARCH, "list content", ANY_PAGE, teaches="content"),
        Try(endpoints.PAGES, "list archived content", ONE),
        *ITEMS,
        OLD_SPACES,
        BELOW,
    ),
    REFERENCE: (
        *PEOPLE,
        Try(
            endpoints.LEGACY_SPACES,
            "list spaces and the grants on them",
            (("expand", "permissions"), *ONE),
        ),
        Try(endpoints.LEGACY_CONTENT, "list content", ONE, teaches="content"),
        *ITEMS,
        BELOW,
    ),
}


@dataclass(frozen=True, slots=True)
class ProbeOverHttp:
    """Probes sites over HTTP, through the gateway."""

    app: OAuthApp
    timeout: float = TIMEOUT_SECONDS

    def probe(
        self, access_token: str, installation_site: Site, profile: str
    ) -> ProbeReport:
        """Return what the calls of a profile answer; only the network can fail."""
        if profile not in TRIES:
            raise SettingError(
                f"There is no scope profile {profile!r}.",
                f"Choose one of: {', '.join(sorted(TRIES))}.",
            )
        cloud_id = quote(installation_site.cloud_id, safe="")
        base = f"{self.app.api_url.rstrip('/')}/ex/confluence/{cloud_id}"
        with requests.Session() as http:
            http.verify = self.app.verify
            http.headers["Authorization"] = f"Bearer {access_token}"
            attempt = Attempt(http, base, self.timeout)
            calls = tuple(map(attempt.make, TRIES[profile]))
        return ProbeReport(profile, calls)


@dataclass(slots=True)
class Attempt:
    """A probe under way, with the ids it has come across."""

    http: requests.Session
    base: str
    timeout: float
    known: dict[str, str] = field(default_factory=dict)

    def make(self, tried: Try) -> ProbedCall:
        """Make a call and judge what came back."""
        id_ = self.known.get(tried.takes, NOBODY)
        response = self._sent(tried, id_)
        if tried.teaches and response.status_code == OK:
            self._learn(tried.teaches, response)
        is_real = tried.takes in self.known or not tried.takes
        return ProbedCall(
            tried.endpoint.name,
            tried.purpose,
            tried.endpoint.scope,
            answer_of(response, is_real=is_real),
            response.status_code,
            tried.is_needed,
            price_of_answer(tried.endpoint, response),
        )

    def _sent(self, tried: Try, id_: str) -> requests.Response:
        endpoint = tried.endpoint
        places = {"id": id_, "groupId": id_, "type": "page"}
        safe = {name: quote(value, safe="") for name, value in places.items()}
        asked = ((tried.asks, id_),) if tried.asks else ()
        url = self.base + endpoint.path.format(**safe)
        try:
            return self.http.request(
                endpoint.method,
                url,
                params=(*tried.params, *asked),
                json=tried.body(id_) if tried.body else None,
                timeout=self.timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise unreachable(error, url) from None

    def _learn(self, name: str, response: requests.Response) -> None:
        if id_ := _first_id(_json(response)):
            self.known[name] = id_


def answer_of(response: requests.Response, *, is_real: bool) -> Answer:
    """Return what a response says about an operation.

    Asked about an id that nothing has, 404 is the answer of an operation that works.
    """
    status = response.status_code
    if status == UNAUTHORIZED:
        is_scope = is_scope_mismatch(response.headers, response.text)
        return Answer.SCOPE_MISSING if is_scope else Answer.UNKNOWN
    if status == GONE:
        return Answer.GONE
    if status == FORBIDDEN:
        return Answer.FORBIDDEN
    works = status == OK or (status == NOT_FOUND and not is_real)
    return Answer.OK if works and _json(response) is not None else Answer.UNKNOWN


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _first_id(body: Any) -> str:
    """Return the id in a body, or that of the first row of a list."""
    if not isinstance(body, dict):
        return ""
    rows = body.get("results", [body])
    row = rows[0] if isinstance(rows, list) and rows else None
    if not isinstance(row, dict):
        return ""
    return str(row.get("accountId") or row.get("id") or "")

"""The simulated cloud itself: every request comes through here."""

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from casb_sdk.cloud.admin import Admin
from casb_sdk.cloud.clock import Clock
from casb_sdk.cloud.confluence.operations import find_operation, name_of
from casb_sdk.cloud.confluence.site_index import SiteIndex
from casb_sdk.cloud.faults import Faults
from casb_sdk.cloud.gateway import PREFIX, Gateway, split_path
from casb_sdk.cloud.http import Reply, Request
from casb_sdk.cloud.ledger import Ledger
from casb_sdk.cloud.oauth import account_api
from casb_sdk.cloud.oauth.consent import ConsentPage
from casb_sdk.cloud.oauth.tokens import Family, OAuth
from casb_sdk.cloud.options import (
    AuditRecord,
    CloudOptions,
    CloudSite,
    OAuthApp,
)
from casb_sdk.cloud.queries import Query
from casb_sdk.cloud.refusals import gateway, json_reply
from casb_sdk.cloud.server import LOOPBACK, served_from_thread
from casb_sdk.cloud.site_changes import change_site
from casb_sdk.cloud.spoiling import delay_of, refusal_of, spoilt
from casb_sdk.snapshot import SiteSnapshot

ADMIN_PREFIX = "/_cloud"
BEARER = "Bearer "
LOG_LENGTH = 2_000_000


class SimulatedCloud:
    """Atlassian's cloud in one process: OAuth, and Confluence sites behind it."""

    def __init__(
        self,
        sites: Iterable[CloudSite],
        apps: Iterable[OAuthApp] = (),
        options: CloudOptions | None = None,
    ) -> None:
        self.options = options or CloudOptions()
        self.apps = tuple(apps) or (OAuthApp(),)
        self.clock = Clock()
        self.ledger = Ledger()
        self.faults = Faults(self.options.seed)
        self.oauth = OAuth(self.apps, self.options, self.clock)
        self.gateway = Gateway(self.options, self.clock, self.ledger, {})
        self.sites: dict[str, SiteIndex] = {}
        self._random = random.Random(self.options.seed)  # noqa: S311 - no secret
        self._consent = ConsentPage(self.oauth, self.options, self.sites)
        self._admin = Admin(
            self.ledger,
            self.faults,
            self.oauth,
            self.clock,
            self.gateway,
            self._change,
        )
        self._account_routes: dict[
            tuple[str, str], Callable[[Request, Family], Reply]
        ] = {
            ("GET", "/oauth/token/accessible-resources"): self._resources,
            ("GET", "/me"): self._profile,
            ("POST", "/app/report-accounts"): self._reports,
        }
        for site in sites:
            self.serve(site)

    def serve(self, site: CloudSite) -> None:
        """Serve a site; a newer snapshot of a site takes the older one's place."""
        previous = self.sites.get(site.cloud_id)
        index = SiteIndex(site, previous, self.clock.now())
        self.sites[site.cloud_id] = index
        self.gateway.serve(index)

    @contextmanager
    def running(self, port: int = 0) -> "Iterator[RunningCloud]":
        """Serve from a thread until the block is left."""
        with served_from_thread(self, port) as bound:
            yield RunningCloud(self, bound)

    def replace(self, snapshot: SiteSnapshot, *audit: AuditRecord) -> None:
        """Let a site change to a newer snapshot; the audit log grows."""
        site = self.sites[snapshot.directory.site.cloud_id].site
        self.serve(replace(site, snapshot=snapshot, audit=(*site.audit, *audit)))

    def answer(self, request: Request) -> Reply:
        """Return the answer to any request."""
        if request.path.startswith(ADMIN_PREFIX):
            return self._admin.answer(request)
        self.ledger.begin()
        below = self._path_below_prefix(request)
        faults = self.faults.draw(request.method, below, request.query)
        match = find_operation(request.method, below)
        self.ledger.calls[name_of(request.method, below, match)] += 1
        reply = refusal_of(faults) or self._routed(request)
        if faults:
            reply = spoilt(reply, faults, request)
        reply.delay = self._latency() + delay_of(faults)
        self._note(request, reply)
        return reply

    def started(self) -> None:
        """Measure the thread that serves."""
        self.ledger.measure_this_thread()

    def stopped(self) -> None:
        """Stop measuring: the thread is about to end."""
        self.ledger.stop_measuring()

    def finished(self, request: Request) -> None:
        """Take note that an answer has left."""
        if not request.path.startswith(ADMIN_PREFIX):
            self.ledger.end()

    def _routed(self, request: Request) -> Reply:
        if request.path.startswith(PREFIX):
            return self.gateway.answer(request, self._family(request))
        path = request.path.rstrip("/")
        if path == "/authorize":
            query = request.query if request.method == "GET" else request.body.decode()
            return self._consent.answer(Query(query))
        if (request.method, path) == ("POST", "/oauth/token"):
            return account_api.token_reply(self.oauth, request)
        return self._account_answer(request, path)

    def _account_answer(self, request: Request, path: str) -> Reply:
        route = self._account_routes.get((request.method, path))
        if route is None:
            return json_reply(404, {"code": 404, "message": "Not Found"})
        family = self._family(request)
        if family is None:
            return gateway(401, "Unauthorized")
        return route(request, family)

    def _family(self, request: Request) -> Family | None:
        header = request.headers.get("authorization", "")
        if not header.startswith(BEARER):
            return None
        return self.oauth.bearer(header.removeprefix(BEARER))

    def _resources(self, _request: Request, family: Family) -> Reply:
        return account_api.accessible_resources(family, self.sites, self.options)

    def _profile(self, _request: Request, family: Family) -> Reply:
        return account_api.profile(family, self.sites)

    def _reports(self, request: Request, family: Family) -> Reply:
        return account_api.report_accounts(family, self.sites, self.options, request)

    def _change(self, cloud_id: str, seed: int) -> None:
        """Let a day pass on a site."""
        before = self.sites[cloud_id].site.snapshot
        day = change_site(before, seed, self.clock.now())
        self.replace(day.snapshot, *day.audit)

    def _latency(self) -> float:
        latency, jitter = self.options.latency, self.options.jitter
        if not jitter:
            return latency
        return latency * (1 + jitter * (2 * self._random.random() - 1))

    def _path_below_prefix(self, request: Request) -> str:
        if request.path.startswith(PREFIX):
            return split_path(request.path)[1]
        return request.path

    def _note(self, request: Request, reply: Reply) -> None:
        if reply.status >= 300 or reply.cut_after is not None:  # noqa: PLR2004
            self.ledger.refused[reply.status] += 1
        if self.options.keeps_log and len(self.ledger.log) < LOG_LENGTH:
            line = f"{request.method} {request.target}"
            self.ledger.log.append((self.clock.now(), line, reply.status))


@dataclass(frozen=True, slots=True)
class RunningCloud:
    """A cloud that answers; ``auth_url`` and ``api_url`` are the same server."""

    cloud: SimulatedCloud
    port: int

    @property
    def auth_url(self) -> str:
        """What stands for https://auth.atlassian.com."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def api_url(self) -> str:
        """What stands for https://api.atlassian.com."""
        return self.auth_url

    @property
    def app(self) -> OAuthApp:
        """The first app of the developer console."""
        return self.cloud.apps[0]

    @property
    def faults(self) -> Faults:
        """The faults planned."""
        return self.cloud.faults

    @property
    def ledger(self) -> Ledger:
        """What was asked so far."""
        return self.cloud.ledger

    @property
    def oauth(self) -> OAuth:
        """The consents and tokens."""
        return self.cloud.oauth

    @property
    def clock(self) -> Clock:
        """The time of the cloud."""
        return self.cloud.clock

    def replace(self, snapshot: SiteSnapshot, *audit: AuditRecord) -> None:
        """Let a site change to a newer snapshot; the audit log grows."""
        self.cloud.replace(snapshot, *audit)

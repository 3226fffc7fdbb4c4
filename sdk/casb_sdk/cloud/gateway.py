"""The API gateway: who may call what, at which price; keeps rendered answers."""

from dataclasses import dataclass, field

from casb_sdk.cloud import refusals
from casb_sdk.cloud.body_memo import BodyMemo, Kept
from casb_sdk.cloud.burst import BurstLimit
from casb_sdk.cloud.clock import Clock
from casb_sdk.cloud.confluence.call import Call
from casb_sdk.cloud.confluence.operations import Match, find_operation, name_of
from casb_sdk.cloud.confluence.render_content import ContentRenderer
from casb_sdk.cloud.confluence.search_memo import SearchMemo
from casb_sdk.cloud.confluence.site_index import SiteIndex
from casb_sdk.cloud.http import Reply, Request
from casb_sdk.cloud.ledger import Ledger
from casb_sdk.cloud.oauth.account_api import SCOPE_CATEGORY, SCOPE_MISMATCH
from casb_sdk.cloud.oauth.tokens import Family
from casb_sdk.cloud.options import CloudOptions
from casb_sdk.cloud.points import PointsWall, cost_of
from casb_sdk.cloud.queries import Query
from casb_sdk.cloud.refusals import RefusedError

PREFIX = "/ex/confluence/"
NOT_INSTALLED = "The app is not installed on this instance"


@dataclass(frozen=True, slots=True)
class ServedSite:
    """A site with what was already worked out for it; a newer one starts afresh."""

    index: SiteIndex
    content: ContentRenderer
    searches: SearchMemo
    memo: BodyMemo

    @classmethod
    def of(cls, index: SiteIndex, options: CloudOptions) -> "ServedSite":
        """Return a site ready to be served."""
        return cls(
            index,
            ContentRenderer(index, options),
            SearchMemo(index, options),
            BodyMemo(options.memo_bytes),
        )


@dataclass(slots=True)
class Gateway:
    """Serves ``/ex/confluence/{cloudid}/wiki/...`` for all sites."""

    options: CloudOptions
    clock: Clock
    ledger: Ledger
    sites: dict[str, ServedSite]
    walls: dict[str, PointsWall] = field(default_factory=dict)
    burst: BurstLimit = field(init=False)

    def __post_init__(self) -> None:
        """Set up what depends on the options."""
        self.burst = BurstLimit(self.options.burst_per_second, self.clock)

    def serve(self, site: SiteIndex) -> None:
        """Serve a site, in place of the one with the same id if there is one."""
        self.sites[site.cloud_id] = ServedSite.of(site, self.options)

    def forget_answers(self) -> None:
        """Drop every answer kept ready, so that the next ones are rendered."""
        for served in self.sites.values():
            served.memo.clear()

    def answer(self, request: Request, family: Family | None) -> Reply:
        """Answer a call of the Confluence API."""
        cloud_id, path = split_path(request.path)
        match = find_operation(request.method, path)
        endpoint = name_of(request.method, path, match)
        if family is None:
            return refusals.gateway(401, "Unauthorized")
        served = self.sites.get(cloud_id)
        if served is None or cloud_id not in family.sites:
            return refusals.gateway(403, NOT_INSTALLED)
        refused = self._refused(family, match, endpoint)
        if refused or match is None:
            return refused or refusals.v2_not_found().reply
        reply, cost = self._rendered(request, match, served, family.grant.account_id)
        wall = self.wall(family.grant.app.client_id)
        wall.spend(cost)
        self.ledger.points[endpoint] += cost
        self.ledger.points_per_site[cloud_id] += cost
        reply.headers += wall.headers()
        return reply

    def wall(self, client_id: str) -> PointsWall:
        """Return the quota of an app."""
        if client_id not in self.walls:
            self.walls[client_id] = PointsWall(self.options, self.clock)
        return self.walls[client_id]

    def _refused(
        self, family: Family, match: Match | None, endpoint: str
    ) -> Reply | None:
        """Return the refusal for want of a scope, of points, or for haste."""
        if match and not match.operation.allows(family.grant.scopes):
            return refusals.gateway(401, SCOPE_MISMATCH, SCOPE_CATEGORY)
        wall = self.wall(family.grant.app.client_id)
        body = {"code": 429, "message": "Rate limit exceeded"}
        if wall.is_spent():
            return refusals.json_reply(429, body, *wall.wall_headers())
        if not self.burst.take(endpoint):
            reason = ("RateLimit-Reason", "confluence-burst-based")
            return refusals.json_reply(429, body, ("Retry-After", "1"), reason)
        return None

    def _rendered(
        self, request: Request, match: Match, served: ServedSite, account_id: str
    ) -> tuple[Reply, int]:
        """Return the answer and its price, from the memo where it is there."""
        is_steady = match.operation.is_steady
        if is_steady and (kept := served.memo.get(request.target)):
            return Reply(headers=kept.headers, packed=kept.packed), kept.cost
        call = Call(
            site=served.index,
            content=served.content,
            searches=served.searches,
            options=self.options,
            params=match.params,
            query=Query(request.query),
            account_id=account_id,
            path=split_path(request.path)[1],
            body=request.body,
        )
        try:
            answer = match.operation.route(call)
        except RefusedError as refusal:
            reply = refusal.reply
            return Reply(reply.status, reply.body, reply.headers), 1
        reply, cost = Reply(200, answer.body.encode(), answer.headers), cost_of(answer)
        if is_steady:
            reply = reply.packed_twin()
            served.memo.keep(request.target, Kept(reply.packed, answer.headers, cost))
        return reply, cost


def split_path(path: str) -> tuple[str, str]:
    """Return the cloud id of a gateway path and the path below it."""
    cloud_id, _, rest = path.removeprefix(PREFIX).partition("/")
    return cloud_id, f"/{rest}"

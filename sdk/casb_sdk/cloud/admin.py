"""The admin endpoints, by which another process drives the cloud."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from casb_sdk.cloud.clock import Clock
from casb_sdk.cloud.faults import Fault, Faults
from casb_sdk.cloud.gateway import Gateway
from casb_sdk.cloud.http import Reply, Request
from casb_sdk.cloud.ledger import Ledger
from casb_sdk.cloud.oauth.tokens import OAuth
from casb_sdk.cloud.options import Consent
from casb_sdk.cloud.refusals import json_reply

Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Admin:
    """Answers ``/_cloud/...``; these calls are in no ledger and meet no fault."""

    ledger: Ledger
    faults: Faults
    oauth: OAuth
    clock: Clock
    gateway: Gateway
    change: Callable[[str, int], None]

    def answer(self, request: Request) -> Reply:
        """Answer one admin call."""
        if (request.method, request.path) == ("GET", "/_cloud/ledger"):
            return json_reply(200, self.ledger.as_json())
        if (request.method, request.path) == ("GET", "/_cloud/log"):
            return json_reply(200, {"log": self.ledger.log})
        routes = {
            "/_cloud/faults": self._add_faults,
            "/_cloud/reset": self._reset,
            "/_cloud/clock": self._skip_time,
            "/_cloud/oauth": self._change_oauth,
            "/_cloud/change": self._change_site,
        }
        route = routes.get(request.path)
        if route is None or request.method != "POST":
            return json_reply(404, {"message": "No such admin endpoint"})
        try:
            route(json.loads(request.body or b"{}"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return json_reply(400, {"message": str(error)})
        return json_reply(200, {"ok": True})

    def _add_faults(self, body: Body | list[Body]) -> None:
        """Take one fault, a list of them, or ``{"clear": true}``."""
        if isinstance(body, dict) and body.get("clear"):
            self.faults.clear()
            return
        bodies = body if isinstance(body, list) else [body]
        self.faults.add(*(Fault.from_json(one) for one in bodies))

    def _reset(self, body: Body) -> None:
        """Forget calls, points and faults; with ``memo`` also what was rendered."""
        self.ledger.reset()
        self.faults.clear()
        for wall in self.gateway.walls.values():
            wall.spent = 0
        if body.get("memo"):
            self.gateway.forget_answers()

    def _skip_time(self, body: Body) -> None:
        self.clock.advance(float(cast("float", body["advance"])))

    def _change_site(self, body: Body) -> None:
        """Take ``seed`` and ``cloud_id``, of the first site if left out."""
        cloud_id = str(body.get("cloud_id") or next(iter(self.gateway.sites)))
        self.change(cloud_id, int(cast("int", body.get("seed", 0))))

    def _change_oauth(self, body: Body) -> None:
        """Take ``consent``, ``expire_access_tokens``, ``revoke``, ``forget_site``."""
        if "consent" in body:
            self.oauth.consent = Consent(str(body["consent"]))
        if body.get("expire_access_tokens"):
            self.oauth.expire_access_tokens()
        if "revoke" in body:
            self.oauth.revoke("" if body["revoke"] is True else str(body["revoke"]))
        if "forget_site" in body:
            self.oauth.forget_site(str(body["forget_site"]))

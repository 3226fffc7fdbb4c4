"""Calls Confluence: bearer, throttle, retries, points; every call ends or fails."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from connector.atlassian.answers import (
    FINAL,
    Remedy,
    Setback,
    setback_of,
    setback_of_transport,
)
from connector.atlassian.bodies import decoded
from connector.atlassian.endings import failed, paused_too_long, unavailable
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.failures import NETWORK, SCOPE, CallFailedError
from connector.atlassian.packed import Answer
from connector.atlassian.points import CALL_POINTS, PointsLedger, most_points, price_of
from connector.atlassian.rate_limits import QUOTA_HOUR, RateLimit, rate_limits_of
from connector.atlassian.slots import Priority
from connector.atlassian.throttle import QUOTA, Clock, PausedTooLongError, Throttle
from connector.atlassian.transport import sender
from connector.atlassian.waiting import MOST_WAITED, TRIES, Outage, Trial, Waits
from connector.domain.errors import CasbError
from connector.domain.points import QuotaCount, QuotaWait

logger = logging.getLogger(__name__)

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": "casb-connector",
}
PLAIN = ",():~"

Params = tuple[tuple[str, str], ...]


class Body(Protocol):
    """A decoded answer; ``objects`` is what it costs points for."""

    @property
    def objects(self) -> int:
        """How many objects of the endpoint's kind the answer holds."""
        ...


BodyT = TypeVar("BodyT", bound=Body)


class Bearer(Protocol):
    """Hands out the access token of a site's grant, a new one where asked."""

    async def __call__(self, *, refresh: bool = False) -> str:
        """Return a token; ``refresh`` says that the current one was rejected."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make.

    ``tries`` is how often a broken answer is asked for again; for ``hasty`` reasons
    it is less, since the same call is not likely to fare better. Of the calls of one
    priority those in a lower line go first.
    """

    endpoint: Endpoint
    arguments: Mapping[str, str] = field(default_factory=dict)
    params: Params = ()
    body: bytes | None = None
    tries: int = TRIES
    hasty: frozenset[str] = frozenset()
    line: int = 0

    @property
    def target(self) -> str:
        """The path and the query; arguments can never leave their place."""
        safe = {name: quote(value, safe="") for name, value in self.arguments.items()}
        path = self.endpoint.path.format(**safe)
        return f"{path}?{_query(self.params)}" if self.params else path

    @property
    def priority(self) -> Priority:
        """Which calls this one lets go first."""
        return Priority.CONTENT if self.endpoint.is_content else Priority.FILLING


class ConfluenceClient:
    """The calls of one site.

    ``base`` is ``{api}/ex/confluence/{cloud_id}``. Redirects are never followed.
    """

    def __init__(
        self,
        http: httpx.AsyncBaseTransport,
        base: str,
        bearer: Bearer,
        throttle: Throttle,
        waits: Waits,
        clock: Clock,
    ) -> None:
        self.ledger = PointsLedger()
        self._http = http
        self._send_over_http = sender(http)
        self._base = base
        self._bearer = bearer
        self._throttle = throttle
        self._allowance = throttle.allowance
        self._waits = waits
        self._clock = clock
        self._outage = Outage()
        self._out_of_scope: dict[str, Setback] = {}
        self._refreshing = asyncio.Lock()

    async def fetch(self, call: Call, decoder: msgspec.json.Decoder[BodyT]) -> BodyT:
        """Return the decoded answer of a call, or raise CallFailedError."""
        name = call.endpoint.name
        if name in self._out_of_scope:
            raise failed(call.endpoint, self._out_of_scope[name])
        tries = self._outage.tries(name, call.tries)
        patience = max(MOST_WAITED, 2 * self._throttle.patience)
        is_patient = self._throttle.waits_for_quota
        trial = Trial(tries, self._waits, patience, call.hasty, is_patient)
        while True:
            answer = await self._try(call, trial, decoder)
            if trial.limits:
                await self._heed(trial.limits, trial.sent_at)
            if not isinstance(answer, Setback):
                self._outage.note_answer(name)
                return answer
            logger.debug("%s: %s (%s)", name, answer.reason, answer.trace)
            await self._recover(call, trial, answer)

    @property
    def waiting(self) -> QuotaWait | None:
        """Until when everything waits for the quota, if it does."""
        return self._allowance.waiting

    async def aclose(self) -> None:
        """Close the connections; give back the points that were not spent."""
        await self._http.aclose()
        await self._allowance.aclose()

    async def _try(
        self, call: Call, trial: Trial, decoder: msgspec.json.Decoder[BodyT]
    ) -> BodyT | Setback:
        points = most_points(call.endpoint, call.params, call.body)
        slot = self._throttle.slot(call.endpoint.name, call.priority, call.line, points)
        # What is not known to have cost less, such as a cut answer, cost all of it.
        trial.points, trial.limits = 0, ()
        try:
            async with slot as trial.sent_at:
                trial.points = trial.cost = points
                answer = await self._send(call, trial)
            await answer.unpack()
            return self._judged(call, trial, answer, decoder)
        except PausedTooLongError as pause:
            raise paused_too_long(call.endpoint, pause) from None
        except httpx.RequestError as error:
            return setback_of_transport(error)
        finally:
            if trial.points:
                self._allowance.settle(trial.points, trial.cost, trial.sent_at)

    def _judged(
        self,
        call: Call,
        trial: Trial,
        answer: Answer,
        decoder: msgspec.json.Decoder[BodyT],
    ) -> BodyT | Setback:
        now = self._clock()
        trial.limits = rate_limits_of(answer.headers, now)
        if setback := setback_of(answer, now):
            trial.cost = 0 if setback.is_about_number else CALL_POINTS
            if not setback.is_about_number:
                self.ledger.charge(call.endpoint)
            return setback
        self._throttle.note_borne(call.endpoint.name, trial.sent_at)
        body = decoded(answer.content, decoder)
        if isinstance(body, Setback):
            self.ledger.charge(call.endpoint)
            return body
        trial.cost = price_of(call.endpoint, body.objects)
        self.ledger.charge(call.endpoint, body.objects)
        return body

    async def _send(self, call: Call, trial: Trial) -> Answer:
        trial.token = await self._bearer()
        headers = {
            **HEADERS,
            **_type_of(call.body),
            "Authorization": f"Bearer {trial.token}",
        }
        self.ledger.note_call(call.endpoint, is_retry=trial.is_retry)
        url = self._base + call.target
        return await self._send_over_http(call.endpoint.method, url, headers, call.body)

    async def _heed(self, limits: tuple[RateLimit, ...], sent_at: float) -> None:
        """Believe what an answer says of the quota."""
        self.ledger.note_limits(limits)
        for limit in limits:
            if not limit.is_quota or not limit.resets_in or limit.remaining is None:
                continue
            resets_in = min(limit.resets_in, QUOTA_HOUR)
            if limit.is_spent:
                await self._await_quota(resets_in, is_for_all=limit.is_for_all)
                continue
            announced = None if limit.is_enforced else limit.limit or 0
            left, is_for_all = limit.remaining, limit.is_for_all
            self._allowance.note(
                QuotaCount(left, resets_in, announced, is_for_all, sent_at)
            )

    async def _await_quota(self, seconds: float, *, is_for_all: bool) -> None:
        self._throttle.pause_site(seconds, QUOTA)
        await self._allowance.pause(seconds, is_for_all=is_for_all)

    async def _recover(self, call: Call, trial: Trial, setback: Setback) -> None:
        """Wait for the next try, or raise what the call failed with."""
        if setback.remedy is Remedy.NEW_TOKEN and trial.may_renew_token:
            trial.had_new_token, trial.renewed_at = True, self._clock()
            await self._renew_token(trial.token)
            return
        if setback.remedy in FINAL:
            raise self._refused(call, setback)
        wait = trial.wait_after(setback)
        if setback.is_about_quota:
            is_for_all = setback.remedy is Remedy.AWAIT_QUOTA
            await self._await_quota(wait, is_for_all=is_for_all)
        is_alone = not self._holds_back_others(call, trial, setback, wait)
        if trial.is_over:
            raise self._given_up(call, setback)
        if is_alone:
            await self._throttle.sleep(wait)

    def _holds_back_others(
        self, call: Call, trial: Trial, setback: Setback, wait: float
    ) -> bool:
        """Let others wait too, if what happened to a call is about them as well."""
        name = call.endpoint.name
        if setback.shows_overload:
            self._throttle.note_overload(trial.sent_at)
        if setback.is_about_quota:
            return True
        if setback.remedy is Remedy.PAUSE_SITE:
            self._throttle.pause_site(wait, setback.reason)
            return True
        if setback.remedy is Remedy.SLOW_ENDPOINT:
            self._throttle.slow_down(name, wait, trial.sent_at)
        elif setback.wait is None:
            return False
        self._throttle.pause(name, wait, setback.reason)
        return True

    async def _renew_token(self, rejected: str) -> None:
        async with self._refreshing:
            # Many calls may come back with the same dead token: refresh it once.
            if await self._bearer() == rejected:
                await self._bearer(refresh=True)

    def _refused(self, call: Call, setback: Setback) -> CallFailedError:
        self._outage.note_answer(call.endpoint.name)
        if setback.reason == SCOPE:
            self._out_of_scope[call.endpoint.name] = setback
        return failed(call.endpoint, setback)

    def _given_up(self, call: Call, setback: Setback) -> CasbError:
        name = call.endpoint.name
        logger.warning("%s given up: %s (%s)", name, setback.reason, setback.trace)
        if setback.remedy is Remedy.PAUSE_SITE or setback.is_about_quota:
            return unavailable(call.endpoint, setback.reason, setback.wait)
        if setback.remedy is Remedy.TRY_AGAIN:
            self._outage.note_failure(name)
        if setback.reason == NETWORK or self._outage.is_total:
            return unavailable(call.endpoint, setback.reason, setback.wait)
        return failed(call.endpoint, setback)


def _type_of(body: bytes | None) -> dict[str, str]:
    return {} if body is None else {"Content-Type": "application/json"}


@lru_cache(maxsize=64)
def _query(params: Params) -> str:
    """Return parameters as a query; most calls of a scan ask with the same ones."""
    return urlencode(params, safe=PLAIN)

"""Push: who is told of which changes, how each delivery stands, when it is tried again.

Signing is Standard Webhooks (export-api 1.7). A delivery is tried until the receiver
answers 2xx; it may see one twice and tells so by ``webhook-id``, which is the event id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

from connector.domain.client import Client, Scope
from connector.domain.export_forms import Form
from connector.domain.feed import START, FeedFilter
from connector.domain.webhook_signature import WebhookSecret

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=20),
    timedelta(hours=41),
)
"""Between two tries of a delivery; eight tries in about three days."""
TRIES = len(WAITS) + 1
JITTER = 0.2
FAILING_FOR = timedelta(days=5)
FIRST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(hours=1)
LONGEST_WAIT_ASKED_FOR = timedelta(days=1)
MOST_DOUBLINGS = 16
MOST_PENDING = 500
"""Deliveries that wait for one receiver; the rest of its changes wait in the feed."""
NEEDED = frozenset({Scope.WEBHOOKS_WRITE, Scope.FINDINGS_READ})
"""What a client has to be allowed for its webhooks to be served."""

TEST = "webhook.test"
"""The type of a delivery that tells of no change."""

GONE = "The receiver answered 410: it wants no more."
FAILED_TOO_LONG = f"Nothing was delivered for {FAILING_FOR.days} days."
BY_HAND = "It was disabled by hand."


class Wrapping(StrEnum):
    """What a change is put into."""

    PLAIN = "plain"
    CLOUDEVENTS = "cloudevents"


class WebhookState(StrEnum):
    """Whether a webhook is served."""

    ACTIVE = "active"
    DISABLED = "disabled"


class DeliveryState(StrEnum):
    """How a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where changes are pushed, and which; it belongs to a client and sees its sites.

    ``position`` is how far the feed was turned into deliveries. A receiver that fails
    is left alone until ``rest_until``; ``failures`` counts those since a success.
    Where no key opens the secrets there are none, and nothing can be sent.
    """

    id: str
    client_id: str
    url: str
    created_at: datetime
    wanted: FeedFilter = field(default_factory=FeedFilter)
    form: Form = field(default_factory=Form)
    wrapping: Wrapping = Wrapping.PLAIN
    secrets: tuple[WebhookSecret, ...] = field(default=(), repr=False)
    created_by: str = ""
    state: WebhookState = WebhookState.ACTIVE
    why: str = ""
    position: int = START
    failures: int = 0
    failing_since: datetime | None = None
    rest_until: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Return whether the webhook is served."""
        return self.state is WebhookState.ACTIVE

    @property
    def alarm(self) -> str:
        """The key of the alarm that the webhook was disabled."""
        return f"webhook:{self.id}"

    def rests(self, now: datetime) -> bool:
        """Return whether the receiver is left alone for a while."""
        return self.rest_until is not None and self.rest_until > now

    def wanted_of(self, client: Client) -> FeedFilter:
        """Return the filter within what the client may see today."""
        own, asked = client.site_ids, self.wanted.site_ids
        return replace(self.wanted, site_ids=own if asked is None else own & asked)

    def form_of(self, client: Client) -> Form:
        """Return the form, with evidence only while the client may have it."""
        may = Scope.FINDINGS_EVIDENCE in client.scopes
        return replace(self.form, with_evidence=self.form.with_evidence and may)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One change on its way to one webhook; a test has no place in the feed.

    ``status`` is the last answer's, nothing if there was none; ``reason`` says what
    was wrong with it.
    """

    id: str
    webhook_id: str
    event_id: str
    type: str
    site_id: str
    seq: int | None
    changed_at: datetime
    at: datetime
    next_at: datetime
    attempts: int = 0
    state: DeliveryState = DeliveryState.PENDING
    status: int | None = None
    reason: str = ""
    tried_at: datetime | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try; ``retry_after`` is how long it wants us to wait."""

    status: int | None = None
    reason: str = ""
    retry_after: timedelta | None = None

    @property
    def is_delivered(self) -> bool:
        """Return whether the receiver has it."""
        if self.status is None:
            return False
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_gone(self) -> bool:
        """Return whether the receiver wants nothing any more."""
        return self.status == HTTPStatus.GONE


def may_be_served(client: Client | None) -> bool:
    """Return whether the webhooks of a client are served."""
    if client is None or client.disabled_at is not None:
        return False
    return client.scopes >= NEEDED


def wait_after(attempts: int, chance: float) -> timedelta | None:
    """Return how long to wait after so many tries, or None after the last.

    ``chance``, from 0 to 1, spreads the tries of many deliveries.
    """
    if attempts >= TRIES:
        return None
    return WAITS[attempts - 1] * (1 - JITTER / 2 + JITTER * chance)


def delivery_after(
    delivery: Delivery, answer: Answer, now: datetime, chance: float
) -> Delivery:
    """Return a delivery after a try."""
    tried = replace(
        delivery,
        attempts=delivery.attempts + 1,
        status=answer.status,
        reason=answer.reason,
        tried_at=now,
    )
    if answer.is_delivered:
        return replace(tried, state=DeliveryState.DELIVERED)
    wait = wait_after(tried.attempts, chance)
    if wait is None or answer.is_gone:
        return replace(tried, state=DeliveryState.FAILED)
    return replace(tried, next_at=now + max(wait, _asked_for(answer)))


def webhook_after(webhook: Webhook, answer: Answer, now: datetime) -> Webhook:
    """Return a webhook after a try: fresh, resting, or disabled."""
    if answer.is_delivered:
        return replace(webhook, failures=0, failing_since=None, rest_until=None)
    failures = webhook.failures + 1
    rest = FIRST_REST * (1 << min(failures - 1, MOST_DOUBLINGS))
    since = webhook.failing_since or now
    failing = replace(
        webhook,
        failures=failures,
        failing_since=since,
        rest_until=now + max(min(rest, LONGEST_REST), _asked_for(answer)),
    )
    if answer.is_gone:
        return disabled(failing, GONE)
    if now - since >= FAILING_FOR:
        return disabled(failing, FAILED_TOO_LONG)
    return failing


def webhook_after_round(
    webhook: Webhook, answers: Sequence[Answer], now: datetime
) -> Webhook:
    """Return a webhook after tries side by side, which fail as one if they do."""
    for answer in answers:
        if answer.is_delivered:
            webhook = webhook_after(webhook, answer, now)
            break
    failed = [answer for answer in answers if not answer.is_delivered]
    if not failed:
        return webhook
    worst = max(failed, key=lambda it: (it.is_gone, _asked_for(it)))
    return webhook_after(webhook, worst, now)


def disabled(webhook: Webhook, why: str) -> Webhook:
    """Return a webhook that is served no more."""
    return replace(webhook, state=WebhookState.DISABLED, why=why)


def enabled(webhook: Webhook) -> Webhook:
    """Return a webhook that is served, as if nothing had ever failed."""
    return replace(
        webhook,
        state=WebhookState.ACTIVE,
        why="",
        failures=0,
        failing_since=None,
        rest_until=None,
    )


def _asked_for(answer: Answer) -> timedelta:
    return min(answer.retry_after or timedelta(0), LONGEST_WAIT_ASKED_FOR)

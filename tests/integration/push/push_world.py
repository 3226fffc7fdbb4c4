"""A deployment that pushes to a receiver on this machine, and a clock to turn."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from casb_sdk import Severity
from connector.bootstrap.pushing import deliver_webhooks, manage_webhooks
from connector.domain.care import Alarm
from connector.domain.destination import AllowedDestinations
from connector.domain.feed import FeedFilter
from connector.domain.webhook import Delivery, Webhook
from connector.domain.webhook_ports import Post
from connector.export.sender import open_web_post
from connector.store.database import Database
from connector.use_cases.deliver_webhooks import DeliverWebhooks
from connector.use_cases.manage_webhooks import (
    ManageWebhooks,
    Signed,
    WebhookOrder,
)
from connector.use_cases.webhook_rounds import Pushed
from tests.fakes.receiver import Receiver
from tests.unit.web.api.export_world import ACME, ExportWorld

LOOPBACK = "127.0.0.0/8"
SHORT = 0.6

__all__ = ["ACME", "LOOPBACK", "SHORT", "PushWorld"]


class PushWorld(ExportWorld):
    """The export's world, with webhooks; a receiver gets a moment to answer."""

    def __init__(self, database: Database, receiver: Receiver) -> None:
        super().__init__(database, CASB_WEBHOOK_ALLOW=LOOPBACK)
        self.receiver = receiver
        deliver = deliver_webhooks(self.application)
        rounds = replace(deliver.rounds, chance=lambda: 0.5)
        self.deliver: DeliverWebhooks = replace(deliver, rounds=rounds)
        self.be_patient(SHORT)
        self.manage: ManageWebhooks = replace(
            manage_webhooks(self.application), open_post=self.deliver.open_post
        )

    def webhook(
        self, path: str, client: str = "siem", *sites: str, **order: Any
    ) -> Signed:
        """Make a webhook to a path of the receiver, and its client if there is none."""
        if client not in {view.client.name for view in self.clients.all()}:
            self.client(*sites, name=client)
        return self.manage.create(client, WebhookOrder(self.receiver.at(path), **order))

    def be_patient(self, seconds: float) -> None:
        """Give receivers so long to answer."""
        allowed = AllowedDestinations.of([LOOPBACK])

        def open_post() -> AbstractAsyncContextManager[Post]:
            return open_web_post(allowed, seconds=seconds)

        self.deliver = replace(self.deliver, open_post=open_post)

    def push(self) -> Pushed:
        """Deliver what is due."""
        return self.deliver()

    def log(self, signed: Signed) -> list[Delivery]:
        """Return the deliveries of a webhook, the oldest first."""
        return list(self.manage.deliveries(signed.webhook.id))[::-1]

    def now_of(self, signed: Signed) -> Webhook:
        """Return a webhook as it stands."""
        return self.manage.show(signed.webhook.id).webhook

    @property
    def alarms(self) -> list[Alarm]:
        """The alarms that stand."""
        with self.database.begin(write=False) as stores:
            return list(stores.alarms.all())


def severe(lowest: Severity) -> FeedFilter:
    """Return a filter by severity."""
    return FeedFilter(min_severity=lowest)

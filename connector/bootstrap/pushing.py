"""Push over the application: who is told of changes, and what tells them."""

import secrets
from contextlib import AbstractAsyncContextManager

from connector.bootstrap.application import Application
from connector.domain.destination import AllowedDestinations
from connector.domain.webhook_ports import OpenPost, Post
from connector.domain.webhook_signature import SECRET_BYTES
from connector.export.forms import ExportForms
from connector.export.letters import ExportLetters
from connector.export.sender import open_web_post
from connector.settings import Settings
from connector.use_cases.deliver_webhooks import DeliverWebhooks
from connector.use_cases.manage_webhooks import ManageWebhooks
from connector.use_cases.webhook_rounds import WebhookRounds
from connector.work.owners import is_dead, owner_name

ID_BYTES = 8


def deliver_webhooks(application: Application) -> DeliverWebhooks:
    """Return what delivers changes to those who want them."""
    settings = application.settings
    rounds = WebhookRounds(
        application.begin,
        application.now,
        letters(settings),
        settings.public_url,
        _new_id,
    )
    return DeliverWebhooks(
        rounds, application.now, open_post(settings), owner_name, is_dead
    )


def manage_webhooks(application: Application) -> ManageWebhooks:
    """Return the use case of those who say where changes are pushed."""
    settings = application.settings
    return ManageWebhooks(
        application.begin,
        application.now,
        _new_id,
        lambda: secrets.token_bytes(SECRET_BYTES),
        allowed_destinations(settings),
        letters(settings),
        open_post(settings),
    )


def open_post(settings: Settings) -> OpenPost:
    """Return what opens the way to receivers."""
    allowed = allowed_destinations(settings)

    def open_() -> AbstractAsyncContextManager[Post]:
        return open_web_post(allowed)

    return open_


def allowed_destinations(settings: Settings) -> AllowedDestinations:
    """Return what the operator allows besides public addresses."""
    return AllowedDestinations.of(settings.webhook_allow)


def letters(settings: Settings) -> ExportLetters:
    """Return what writes the bodies of deliveries."""
    return ExportLetters(ExportForms(settings.public_url), settings.public_url)


def _new_id() -> str:
    return secrets.token_hex(ID_BYTES)

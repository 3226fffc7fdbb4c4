"""What webhooks and deliveries look like, coming in and going out."""

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from casb_sdk import Severity
from connector.domain.destination import LONGEST_URL
from connector.domain.export_forms import OCSF_CLASSES, OCSF_VERSIONS, SchemaName
from connector.domain.finding_state import Status
from connector.domain.webhook import DeliveryState, WebhookState, Wrapping
from connector.web.api.finding_schemas import (
    PageSchema,
    Part,
    part,
    text,
    time,
    whole,
    word,
)

LIST_LIMIT = 1_000


class Truth(fields.Boolean):
    """True or false; marshmallow's own takes much else for one."""

    def _deserialize(self, value: Any, *args: Any, **rest: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def _words(description: str) -> dict[str, str]:
    return {"description": description}


def _texts(description: str) -> fields.Field[Any]:
    return fields.List(
        fields.String(validate=validate.Length(1, 255)),
        validate=validate.Length(max=LIST_LIMIT),
        metadata=_words(f"{description}; empty means all"),
    )


class WantedSchema(Schema):
    """What a webhook may be told to be; what is left out stays as it is."""

    class Meta:
        """A misspelt filter would push more than is wanted."""

        unknown = RAISE

    url = fields.String(
        validate=validate.Length(1, LONGEST_URL),
        metadata=_words("a public https address without a name or a password"),
    )
    site_ids = fields.List(
        fields.String(validate=validate.Length(1, 255)),
        allow_none=True,
        validate=validate.Length(1, LIST_LIMIT),
        metadata=_words("only these sites; null means all of the client"),
    )
    finding_types = _texts("only these types")
    resource_types = _texts("only these types of resource")
    min_severity = fields.Enum(
        Severity,
        by_value=True,
        allow_none=True,
        metadata=_words("findings that are, or were, at least this severe"),
    )
    statuses = fields.List(
        fields.Enum(Status, by_value=True),
        validate=validate.Length(max=len(Status)),
        metadata=_words("findings that have, or had, one of these; empty means all"),
    )
    implied = fields.String(
        validate=validate.OneOf(("include", "exclude")),
        metadata=_words("findings that a stronger one implies"),
    )
    schema_ = fields.Enum(
        SchemaName,
        by_value=True,
        data_key="schema",
        metadata=_words("the schema of `data`"),
    )
    ocsf_version = fields.String(validate=validate.OneOf(OCSF_VERSIONS))
    ocsf_class = fields.Integer(strict=True, validate=validate.OneOf(OCSF_CLASSES))
    include_evidence = Truth(
        metadata=_words("accounts and paths too, which need findings:evidence")
    )
    form = fields.Enum(
        Wrapping,
        by_value=True,
        metadata=_words("a plain body, or CloudEvents 1.0 in structured mode"),
    )


class WebhookOrderSchema(WantedSchema):
    """A new webhook."""

    url = fields.String(
        required=True,
        validate=validate.Length(1, LONGEST_URL),
        metadata=_words("a public https address without a name or a password"),
    )
    from_ = fields.String(
        data_key="from",
        load_default="now",
        validate=validate.OneOf(("now", "earliest")),
        metadata=_words("`earliest` pushes what is in the feed already"),
    )


class WebhookChangeSchema(WantedSchema):
    """What is to change about a webhook."""

    state = fields.Enum(WebhookState, by_value=True)


class SecretRotationSchema(Schema):
    """How a secret is replaced."""

    class Meta:
        """A misspelt switch would leave the old secret alive."""

        unknown = RAISE

    at_once = Truth(
        load_default=False, metadata=_words("the secret before signs no more")
    )


class WebhookSecretSchema(Part):
    """That there is a secret, and until when."""

    created_at = time()
    ends_at = time(null=True)


class WebhookSchema(Part):
    """A webhook as it stands; its secrets are not shown."""

    id = text()
    client_id = text()
    url = text()
    site_ids = fields.List(fields.String(), required=True, allow_none=True)
    finding_types = fields.List(fields.String(), required=True)
    resource_types = fields.List(fields.String(), required=True)
    min_severity = word(Severity, null=True)
    statuses = fields.List(fields.String(), required=True)
    implied = text()
    schema_ = fields.Enum(SchemaName, by_value=True, data_key="schema", required=True)
    ocsf_version = text()
    ocsf_class = whole()
    include_evidence = fields.Boolean(required=True)
    form = word(Wrapping)
    state = word(WebhookState)
    state_reason = text(null=True)
    failures = whole()
    failing_since = time(null=True)
    resting_until = time(null=True)
    position = whole()
    changes_behind = whole()
    pending = whole()
    created_at = time()
    created_by = text(null=True)
    secrets = part(WebhookSecretSchema, many=True)


class SignedWebhookSchema(WebhookSchema):
    """A webhook and its fresh secret, which is shown this once."""

    secret = text()


class WebhookPageSchema(PageSchema):
    """The webhooks of the client."""

    items = part(WebhookSchema, many=True)


class WebhookDeliverySchema(Part):
    """One change on its way to one webhook; a test has no `change_seq`."""

    id = text()
    webhook_id = text()
    event_id = text()
    type = text()
    site_id = text(null=True)
    change_seq = whole(null=True)
    state = word(DeliveryState)
    attempts = whole()
    created_at = time()
    last_attempt_at = time(null=True)
    next_attempt_at = time(null=True)
    status = whole(null=True)
    reason = text(null=True)


class WebhookDeliveryPageSchema(PageSchema):
    """A page of deliveries, the newest first."""

    items = part(WebhookDeliverySchema, many=True)

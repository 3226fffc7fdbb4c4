"""The bodies of deliveries: Standard Webhooks, or CloudEvents in structured mode."""

from dataclasses import dataclass

import orjson

from connector.domain.export_forms import Form, Forms
from connector.domain.feed import FeedRow
from connector.domain.webhook import TEST, Delivery, Wrapping
from connector.domain.webhook_ports import Letter
from connector.export.native import timestamp

JSON = "application/json"
CLOUDEVENTS_JSON = "application/cloudevents+json; charset=utf-8"
SPEC_VERSION = "1.0"
EVENT_PREFIX = "finding."


@dataclass(frozen=True, slots=True)
class ExportLetters:
    """Puts rows, in the form a consumer asked for, into what carries them."""

    forms: Forms
    public_url: str

    def change(self, row: FeedRow, form: Form, wrapping: Wrapping) -> Letter:
        """Return a row of the feed as a body."""
        data = self.forms.change(row, form, row.site_url)
        type_, at = f"{EVENT_PREFIX}{row.change_type}", timestamp(row.changed_at)
        if wrapping is Wrapping.PLAIN:
            return _plain(type_, at, data)
        attributes = {
            "specversion": SPEC_VERSION,
            "id": row.position.event_id(row.site_id),
            "source": f"{self.public_url}/api/v1/findings/changes",
            "type": type_,
            "subject": row.finding_id,
            "time": at,
            "datacontenttype": JSON,
        }
        return _cloud_event(attributes, data)

    def test(self, delivery: Delivery, wrapping: Wrapping) -> Letter:
        """Return a body that tells nothing but that it came."""
        at = timestamp(delivery.at)
        data = orjson.dumps(
            {"webhook_id": delivery.webhook_id, "delivery_id": delivery.id}
        )
        if wrapping is Wrapping.PLAIN:
            return _plain(TEST, at, data)
        attributes = {
            "specversion": SPEC_VERSION,
            "id": delivery.event_id,
            "source": f"{self.public_url}/api/v1/webhooks",
            "type": TEST,
            "time": at,
            "datacontenttype": JSON,
        }
        return _cloud_event(attributes, data)


def _plain(type_: str, at: str, data: bytes) -> Letter:
    head = orjson.dumps({"type": type_, "timestamp": at})
    return Letter(b'%b,"data":%b}' % (head[:-1], data), JSON)


def _cloud_event(attributes: dict[str, str], data: bytes) -> Letter:
    head = orjson.dumps(attributes)
    return Letter(b'%b,"data":%b}' % (head[:-1], data), CLOUDEVENTS_JSON)

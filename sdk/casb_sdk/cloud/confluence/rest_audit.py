"""v1 audit log: who changed which permission; names, never ids."""

from casb_sdk.cloud.confluence.call import Answer, Call
from casb_sdk.cloud.confluence.paging import v1_list, v1_window
from casb_sdk.cloud.jsontext import dumps
from casb_sdk.cloud.options import AuditRecord
from casb_sdk.cloud.refusals import v1_forbidden

DEFAULT_LIMIT = 1000
MILLISECONDS = 1000


def list_audit(call: Call) -> Answer:
    """Answer ``GET /rest/api/audit``, the newest record first."""
    if not call.site.site.installer_is_admin:
        raise v1_forbidden("Only a Confluence administrator may read the audit log")
    first = call.query.number("startDate", 0)
    last = call.query.number("endDate", 0)
    words = call.query.text("searchString").lower()
    records = sorted(
        (
            record
            for record in call.site.site.audit
            if first <= record.created * MILLISECONDS
            and (not last or record.created * MILLISECONDS <= last)
            and words in record.summary.lower()
        ),
        key=lambda record: -record.created,
    )
    window = v1_window(call, DEFAULT_LIMIT)
    body = v1_list(call, records, window, lambda record: _record(call, record))
    return Answer(body, other=len(window.of(records)))


def _record(call: Call, record: AuditRecord) -> str:
    author = call.site.account(record.author_id)
    name, type_ = record.affected
    return dumps(
        {
            "author": {
                "type": "user",
                "displayName": author.display_name if author else "System",
                "accountId": record.author_id,
            },
            "remoteAddress": "192.0.2.1",
            "creationDate": int(record.created * MILLISECONDS),
            "summary": record.summary,
            "description": "",
            "category": record.category,
            "sysAdmin": False,
            "superAdmin": False,
            "affectedObject": {"name": name, "objectType": type_},
            "changedValues": [],
            "associatedObjects": [
                {"name": other, "objectType": kind} for other, kind in record.associated
            ],
        }
    )

"""v1 permission check: may a subject read or change an item?"""

from casb_sdk.cloud.confluence.call import Answer, Call
from casb_sdk.cloud.confluence.rest_restrictions import readable
from casb_sdk.cloud.confluence.site_index import Spot
from casb_sdk.cloud.confluence.truth import Truth
from casb_sdk.cloud.jsontext import dumps
from casb_sdk.cloud.refusals import v1_bad_request, v1_forbidden
from casb_sdk.model import ANONYMOUS, ANONYMOUS_ID, Subject, SubjectType

OPERATIONS = frozenset({"read", "update", "delete"})
NO_ANONYMOUS = "Anonymous users are not allowed to use Confluence"
NO_PRODUCT = "User is not allowed to use Confluence"
NO_SPACE = "{who} does not have permission to the space"
NO_CONTENT = "{who} does not have permission to the content"


def check_permission(call: Call) -> Answer:
    """Answer ``POST /rest/api/content/{id}/permission/check``."""
    subject, operation = _asked(call)
    if not call.site.site.installer_is_admin and subject.id != call.account_id:
        raise v1_forbidden("Only a Confluence administrator may check others")
    spot = readable(call)
    named = ANONYMOUS_ID if subject == ANONYMOUS else subject.id
    told = call.site.site.checks.get((named, spot.id))
    if told is not None:
        return _answer("" if told.allowed else told.error or "denied")
    return _answer(_objection(call, subject, operation, spot))


def _asked(call: Call) -> tuple[Subject, str]:
    body = call.json_body()
    subject, operation = body.get("subject"), body.get("operation")
    if not isinstance(subject, dict) or operation not in OPERATIONS:
        raise v1_bad_request("A subject and an operation are needed")
    kind, identifier = subject.get("type"), str(subject.get("identifier", ""))
    if kind not in {"user", "group"} or not identifier:
        raise v1_bad_request(f"Unsupported subject type {kind}")
    if identifier == ANONYMOUS_ID:
        return ANONYMOUS, str(operation)
    if kind == "group" and not call.site.group(identifier):
        raise v1_bad_request(f"No group with id {identifier}")
    return Subject(SubjectType(kind), identifier), str(operation)


def _objection(call: Call, subject: Subject, operation: str, spot: Spot) -> str:
    """Return why the subject may not, empty if it may."""
    truth = Truth(call.site, subject)
    if not truth.may_use_confluence():
        return NO_ANONYMOUS if subject == ANONYMOUS else NO_PRODUCT
    operations = truth.operations(spot.number)
    who = _who(subject)
    if "read/space" not in operations:
        return NO_SPACE.format(who=who)
    passed = truth.may_view(spot) and (
        operation == "read"
        or (operation == "update" and truth.may_edit(spot, operations))
        or (operation == "delete" and f"delete/{spot.type}" in operations)
    )
    return "" if passed else NO_CONTENT.format(who=who)


def _who(subject: Subject) -> str:
    if subject == ANONYMOUS:
        return "Anonymous user"
    return "Group" if subject.type == SubjectType.GROUP else "User"


def _answer(objection: str) -> Answer:
    errors = [{"translation": objection, "args": []}] if objection else []
    shown = {"hasPermission": not objection, "errors": errors, "_links": {}}
    return Answer(dumps(shown), other=0)

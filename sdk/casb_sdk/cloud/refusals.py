"""The ways the cloud says no, with the bodies seen in the wild."""

from casb_sdk.cloud.http import Reply
from casb_sdk.cloud.jsontext import dumps

GONE = (
    "com.atlassian.confluence.api.service.exceptions.pagesmodes.GoneException: "
    "This deprecated endpoint has been removed."
)
BAD_REQUEST = (
    "com.atlassian.confluence.api.service.exceptions.BadRequestException: {detail}"
)
TRASHED = (
    "Cannot find content. Outdated version/old_draft/trashed? "
    "Please provide valid ContentId."
)
BAD_CURSOR = (
    "Provided value for 'cursor' is not the correct type. Expected type is Cursor."
)
BAD_CURSOR_DETAIL = (
    "The provided cursor was not valid. You can get a new valid cursor by making "
    "the original pagination request again."
)


class RefusedError(Exception):
    """Raised by a route to answer with something else than 200."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def json_reply(status: int, body: object, *headers: tuple[str, str]) -> Reply:
    """Return a small JSON answer."""
    return Reply(status, dumps(body).encode(), headers)


def gateway(status: int, message: str, category: str = "") -> Reply:
    """Return an answer of the API gateway itself."""
    headers = (("X-Failure-Category", category),) if category else ()
    return json_reply(status, {"code": status, "message": message}, *headers)


def v1(status: int, message: str, *, authorized: bool = False) -> Reply:
    """Return an error of the v1 API."""
    data = {
        "authorized": authorized,
        "valid": authorized or status == HTTP_BAD_REQUEST,
        "errors": [],
        "successful": authorized,
    }
    return json_reply(status, {"statusCode": status, "data": data, "message": message})


HTTP_BAD_REQUEST = 400


def v1_bad_request(detail: str) -> RefusedError:
    """Return the v1 error for a request that makes no sense."""
    return RefusedError(v1(HTTP_BAD_REQUEST, BAD_REQUEST.format(detail=detail)))


def v1_no_content(content_id: str) -> RefusedError:
    """Return the v1 error for content that is not there, or not for the caller."""
    text = f"No content with id <ContentId{{id={content_id}}}> can be found"
    data = {
        "authorized": False,
        "valid": False,
        "errors": [{"message": {"translation": text}}],
        "successful": False,
    }
    return RefusedError(json_reply(404, {"statusCode": 404, "data": data}))


def v1_not_found(message: str) -> RefusedError:
    """Return the short v1 error for something that is not there."""
    return RefusedError(json_reply(404, {"statusCode": 404, "message": message}))


def v1_forbidden(message: str) -> RefusedError:
    """Return the v1 error for something the caller may not do."""
    return RefusedError(json_reply(403, {"statusCode": 403, "message": message}))


def v2(status: int, code: str, title: str, detail: str | None = None) -> RefusedError:
    """Return an error of the v2 API."""
    error = {"status": status, "code": code, "title": title, "detail": detail}
    return RefusedError(json_reply(status, {"errors": [error]}))


def v2_not_found() -> RefusedError:
    """Return the v2 error for something that is not there."""
    return v2(404, "NOT_FOUND", "Not Found")


def v2_bad_cursor() -> RefusedError:
    """Return the v2 error for a cursor it did not make."""
    return v2(400, "INVALID_REQUEST_PARAMETER", BAD_CURSOR, BAD_CURSOR_DETAIL)


def v2_bad_parameter(name: str) -> RefusedError:
    """Return the v2 error for a parameter out of its bounds."""
    title = f"Provided value for '{name}' is not valid."
    return v2(400, "INVALID_REQUEST_PARAMETER", title)

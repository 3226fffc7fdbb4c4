"""Atlassian's personal data reporting API (oauth-and-installation 1.6)."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import requests

from connector.atlassian.answers import is_scope_mismatch
from connector.atlassian.oauth_app import OAuthApp
from connector.atlassian.rate_limits import retry_after_of
from connector.atlassian.token_endpoint import TIMEOUT_SECONDS, unreachable
from connector.domain.care import AccountCopy
from connector.domain.errors import (
    AtlassianError,
    AtlassianUnavailableError,
    RefusedError,
    ScopeError,
)
from connector.domain.privacy import CYCLE, SCOPE, ReportAnswer

PATH = "/app/report-accounts/"
OK = 200
NOTHING = 204
TOO_MANY = 429
SERVER_ERROR = 500
REFUSED = frozenset({401, 403})
PERIOD = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
UNITS = ("weeks", "days", "hours", "minutes", "seconds")
LONGEST = timedelta(days=366)


class ReportsOverHttp:
    """Reports accounts with the token of a grant that holds the scope."""

    def __init__(self, app: OAuthApp, now: Callable[[], datetime]) -> None:
        self._app = app
        self._now = now

    def report(self, access_token: str, copies: Sequence[AccountCopy]) -> ReportAnswer:
        """Report up to ninety accounts."""
        url = f"{self._app.api_url}{PATH}"
        with requests.Session() as http:
            http.verify = self._app.verify
            try:
                response = http.post(
                    url,
                    json={"accounts": [_row(copy) for copy in copies]},
                    headers={"Authorization": f"Bearer {access_token}"},
                    timeout=TIMEOUT_SECONDS,
                )
            except requests.RequestException as error:
                raise unreachable(error, url) from None
        cycle = _cycle(response.headers.get("Cycle-Period", ""))
        if response.status_code == NOTHING:
            return ReportAnswer(cycle=cycle)
        if response.status_code != OK:
            raise _refusal(response, self._now())
        return _answer(response, {copy.account_id for copy in copies}, cycle)


def _row(copy: AccountCopy) -> dict[str, str]:
    at = copy.copied_at.astimezone(UTC)
    updated_at = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"accountId": copy.account_id, "updatedAt": updated_at}


def _answer(
    response: requests.Response, asked: set[str], cycle: timedelta
) -> ReportAnswer:
    try:
        rows = response.json()["accounts"]
        found = {(str(row["accountId"]), str(row["status"])) for row in rows}
    except (ValueError, LookupError, TypeError):
        raise AtlassianUnavailableError(
            f"Atlassian answered POST {PATH} with something it does not promise.",
            "It is tried again later.",
        ) from None
    # Only what was asked about is ours to erase.
    by_status = {
        status: frozenset(id_ for id_, is_now in found if is_now == status) & asked
        for status in ("closed", "updated")
    }
    return ReportAnswer(by_status["closed"], by_status["updated"], cycle)


def _refusal(response: requests.Response, now: datetime) -> Exception:
    status = response.status_code
    message = f"Atlassian answered POST {PATH} with {status}."
    if status == TOO_MANY or status >= SERVER_ERROR:
        wait = retry_after_of(response.headers, now.timestamp())
        return AtlassianUnavailableError(
            message, "It is tried again later.", retry_after=wait
        )
    if is_scope_mismatch(response.headers, response.text):
        return ScopeError(
            f"The consent lacks the scope {SCOPE}, which POST {PATH} needs.",
            "Add it to the OAuth app in Atlassian's developer console, then run "
            "`casb install` again.",
        )
    if status in REFUSED:
        return RefusedError(message, "Renew the consent with `casb install`.")
    return AtlassianError(message, "Report it with the log of the worker.")


def _cycle(text: str) -> timedelta:
    """Return an ISO 8601 duration; what makes no sense counts as the usual week."""
    match = PERIOD.fullmatch(text.strip())
    if match is None:
        return CYCLE
    parts = zip(UNITS, match.groups(), strict=True)
    cycle = timedelta(**{unit: int(number) for unit, number in parts if number})
    return cycle if timedelta(0) < cycle <= LONGEST else CYCLE

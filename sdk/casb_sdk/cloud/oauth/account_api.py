"""What api.atlassian.com serves besides Confluence: sites, profile, reports."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from casb_sdk.cloud.confluence.render_people import email_of
from casb_sdk.cloud.confluence.site_index import SiteIndex
from casb_sdk.cloud.http import JSON_TYPE, Reply, Request
from casb_sdk.cloud.oauth.tokens import Family, OAuth, OAuthRefusedError
from casb_sdk.cloud.options import CloudOptions
from casb_sdk.cloud.queries import Query
from casb_sdk.cloud.refusals import gateway, json_reply

SCOPE_MISMATCH = "Unauthorized; scope does not match"
SCOPE_CATEGORY = "FAILURE_CLIENT_SCOPE_CHECK"
JIRA_SCOPES = ("read:jira-work",)
MOST_REPORTED = 90


def token_reply(oauth: OAuth, request: Request) -> Reply:
    """Answer ``POST /oauth/token``, sent as JSON or as a form."""
    try:
        body = _token_body(request)
    except ValueError:
        return json_reply(400, {"error": "invalid_request"})
    try:
        answer = oauth.exchange(body)
    except OAuthRefusedError as refusal:
        return json_reply(refusal.status, refusal.body)
    return json_reply(200, answer, ("Cache-Control", "no-store"))


def accessible_resources(
    family: Family, sites: Mapping[str, SiteIndex], options: CloudOptions
) -> Reply:
    """Answer ``GET /oauth/token/accessible-resources``."""
    scopes = sorted(s for s in family.grant.scopes if "confluence" in s)
    rows = []
    for cloud_id in sorted(family.sites & sites.keys()):
        if options.jira_container:
            rows.append(_resource(sites[cloud_id], JIRA_SCOPES))
        if scopes:
            rows.append(_resource(sites[cloud_id], scopes))
    return json_reply(200, rows)


def profile(family: Family, sites: Mapping[str, SiteIndex]) -> Reply:
    """Answer ``GET /me``."""
    if "read:me" not in family.grant.scopes:
        return gateway(401, SCOPE_MISMATCH, SCOPE_CATEGORY)
    id_ = family.grant.account_id
    found = (site.account(id_) for site in sites.values())
    account = next((a for a in found if a), None)
    shown = {
        "account_type": account.account_type if account else "atlassian",
        "account_id": id_,
        "email": email_of(account) if account else "",
        "name": account.display_name if account else id_,
        "picture": f"https://avatar.example/{id_}",
        "account_status": (account.account_status if account else "") or "active",
        "nickname": account.display_name if account else id_,
        "zoneinfo": "Europe/Berlin",
        "locale": "en-GB",
        "extended_profile": {},
    }
    return json_reply(200, shown)


def report_accounts(
    family: Family,
    sites: Mapping[str, SiteIndex],
    options: CloudOptions,
    request: Request,
) -> Reply:
    """Answer ``POST /app/report-accounts/``: which accounts were closed or changed."""
    if "report:personal-data" not in family.grant.scopes:
        return gateway(401, SCOPE_MISMATCH, SCOPE_CATEGORY)
    try:
        rows = json.loads(request.body)["accounts"]
        copies = {str(row["accountId"]): _moment(row["updatedAt"]) for row in rows}
    except (ValueError, KeyError, TypeError, AttributeError):
        copies = {}
    if not copies or len(copies) > MOST_REPORTED:
        return gateway(400, "Between 1 and 90 accounts are needed")
    told = [
        {"accountId": id_, "status": status}
        for id_, copied_at in copies.items()
        if (status := _fate(id_, copied_at, sites))
    ]
    cycle = ("Cycle-Period", options.report_cycle)
    if not told:
        return Reply(204, b"", (cycle,))
    return json_reply(200, {"accounts": told}, cycle)


def _fate(id_: str, copied_at: float, sites: Mapping[str, SiteIndex]) -> str:
    """Return what has become of an account since somebody copied it."""
    known = [(site, site.account(id_)) for site in sites.values()]
    if any(account and is_closed(account.account_status) for _, account in known):
        return "closed"
    changed_at = [site.accounts_changed.get(id_, 0.0) for site, _ in known]
    return "updated" if max(changed_at, default=0.0) > copied_at else ""


def _moment(text: str) -> float:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def is_closed(status: str) -> bool:
    """Return whether an account status means that the person is gone."""
    return status == "closed"


def _resource(
    site: SiteIndex, scopes: tuple[str, ...] | list[str]
) -> dict[str, object]:
    return {
        "id": site.cloud_id,
        "name": site.directory.site.name or site.host.removeprefix("https://"),
        "url": site.host,
        "scopes": list(scopes),
        "avatarUrl": f"{site.host}/avatar.png",
    }


def _token_body(request: Request) -> dict[str, str]:
    text = request.body.decode()
    if request.headers.get("content-type", "").startswith(JSON_TYPE):
        value = json.loads(text)
        if not isinstance(value, dict):
            raise ValueError
        return {str(name): str(part) for name, part in value.items()}
    return dict(Query(text).others())

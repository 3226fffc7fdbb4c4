"""The consent page: shows what an app asks for and sends the answer back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from casb_sdk.cloud.confluence.site_index import SiteIndex
from casb_sdk.cloud.http import Reply
from casb_sdk.cloud.oauth.tokens import Consented, OAuth
from casb_sdk.cloud.options import CloudOptions, Consent, OAuthApp
from casb_sdk.cloud.queries import Query

HTML = "text/html;charset=UTF-8"
AUDIENCE = "api.atlassian.com"
DENIED = "User did not authorize the request"
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Authorize the app</title></head>
<body><main><h1>{app} asks for access to your Atlassian account</h1>
<form method="post" action="/authorize">{hidden}
<p><label>Account <select name="account">{accounts}</select></label></p>
<fieldset><legend>Use the app on</legend>{sites}</fieldset>
<p>It wants to:</p><ul>{scopes}</ul>
<button name="auto_consent" value="accept">Accept</button>
<button name="auto_consent" value="refuse">Cancel</button>
</form></main></body></html>"""
ERROR_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Something went wrong</title></head>
<body><main><h1>Something went wrong</h1><p>{reason}</p></main></body></html>"""


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """Answers ``/authorize``; ``auto_consent`` in the query clicks by itself."""

    oauth: OAuth
    options: CloudOptions
    sites: Mapping[str, SiteIndex]

    def answer(self, query: Query) -> Reply:
        """Return the page, or the redirect of a decision already made."""
        app = self.oauth.apps.get(query.text("client_id"))
        problem = _problem(app, query)
        if app is None or problem:
            page = ERROR_PAGE.format(reason=escape(problem))
            return Reply(400, page.encode(), (), HTML)
        decision = self._decision(query)
        if decision is Consent.ASK:
            return Reply(200, self._page(app, query).encode(), (), HTML)
        if decision is Consent.REFUSE:
            denied = {"error": "access_denied", "error_description": DENIED}
            return _redirect(query, denied)
        consented = self._consented(app, query, expired=decision is Consent.EXPIRE)
        return _redirect(query, {"code": self.oauth.issue_code(consented)})

    def _decision(self, query: Query) -> Consent:
        asked = query.text("auto_consent")
        if asked in set(Consent):
            return Consent(asked)
        return Consent.ACCEPT if asked in {"1", "true"} else self.oauth.consent

    def _consented(self, app: OAuthApp, query: Query, *, expired: bool) -> Consented:
        chosen = query.listed("sites") or list(self.sites)
        sites = [self.sites[id_] for id_ in chosen if id_ in self.sites]
        installer = next((site.installer for site in sites), "installer")
        account_id = query.text("account") or installer
        return Consented(
            app=app,
            account_id=account_id,
            scopes=frozenset(query.text("scope").split()),
            sites=frozenset(s.cloud_id for s in sites if not _is_guest(s, account_id)),
            redirect_uri=query.text("redirect_uri"),
            challenge=query.text("code_challenge"),
            life=-1.0 if expired else self.options.code_life,
        )

    def _page(self, app: OAuthApp, query: Query) -> str:
        left_out = ("account", "sites", "auto_consent")
        hidden = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in query.others(*left_out)
        )
        sites = "".join(
            f'<label><input type="checkbox" name="sites" value="{escape(id_)}" checked>'
            f" {escape(site.host)}</label><br>"
            for id_, site in self.sites.items()
        )
        scopes = query.text("scope").split()
        return PAGE.format(
            app=escape(app.client_id),
            hidden=hidden,
            accounts="".join(self._accounts()),
            sites=sites,
            scopes="".join(f"<li>{escape(scope)}</li>" for scope in scopes),
        )

    def _accounts(self) -> Iterable[str]:
        for id_ in dict.fromkeys(site.installer for site in self.sites.values()):
            names = (site.account(id_) for site in self.sites.values())
            name = next((a.display_name for a in names if a), id_)
            yield f'<option value="{escape(id_)}">{escape(name)}</option>'


def _is_guest(site: SiteIndex, account_id: str) -> bool:
    """Return whether somebody is a guest: OAuth gives guests no site (OAUTH20-2485)."""
    account = site.account(account_id)
    return account is not None and account.is_guest


def _problem(app: OAuthApp | None, query: Query) -> str:
    """Return why a request cannot be answered by a redirect, if so."""
    if app is None:
        return "Unknown client_id."
    wanted = frozenset(query.text("scope").split())
    refused = wanted - {"offline_access"} - frozenset(app.scopes)
    checks = (
        (query.text("response_type") == "code", "response_type must be code."),
        (query.text("audience") == AUDIENCE, f"audience must be {AUDIENCE}."),
        (
            bool(query.text("redirect_uri"))
            and query.text("redirect_uri")
            in (app.redirect_uris or (query.text("redirect_uri"),)),
            "redirect_uri is not registered for this app.",
        ),
        (bool(wanted), "scope is missing."),
        (
            not app.scopes or not refused,
            f"The app has not been given these scopes: {' '.join(sorted(refused))}.",
        ),
        (
            query.text("code_challenge_method", "S256") == "S256",
            "code_challenge_method must be S256.",
        ),
    )
    return next((text for passed, text in checks if not passed), "")


def _redirect(query: Query, answer: dict[str, str]) -> Reply:
    if "state" in query:
        answer["state"] = query.text("state")
    uri = query.text("redirect_uri")
    joint = "&" if "?" in uri else "?"
    return Reply(302, b"", (("Location", f"{uri}{joint}{urlencode(answer)}"),), HTML)

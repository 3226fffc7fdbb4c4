"""The states and the log of a site in the words of the person who has to act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from markupsafe import Markup, escape

from connector.domain.installation import Installation, InstallationState
from connector.domain.life import NoticeKind
from connector.domain.renewal_words import renewal_words

State = InstallationState
Kind = NoticeKind
SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Words:
    """What a state is called, how it is coloured, what it means, what to do."""

    label: str
    tone: str
    meaning: str
    remedy: str = ""


AUTHORISE = "Authorise the site again."
WORDS: Mapping[InstallationState, Words] = {
    State.VERIFYING: Words(
        "Verifying",
        "wait",
        "The consent is here. The connector is finding out what it can read.",
        "Nothing yet: it is tried again by itself, for about a quarter of an hour.",
    ),
    State.ACTIVE: Words(
        "Connected", "good", "The consent is good for everything a scan reads."
    ),
    State.UPGRADE_PENDING: Words(
        "Consent outdated",
        "warn",
        "This version of the connector asks for more than the site granted. Scans go "
        "on with what there is.",
        AUTHORISE,
    ),
    State.DEGRADED: Words(
        "Limited",
        "warn",
        "Scans run, but part of the site stays unseen. Findings there are kept as "
        "they were.",
    ),
    State.REAUTH_REQUIRED: Words(
        "Consent needed",
        "bad",
        "Atlassian no longer accepts the consent, so nothing is scanned. What was "
        "found is kept, and goes stale.",
        AUTHORISE,
    ),
    State.ACCESS_LOST: Words(
        "Out of reach",
        "bad",
        "The consent no longer opens this site, so nothing is scanned. What was found "
        "is kept, and goes stale.",
        "See that the site exists and that the app is still installed there, then "
        "authorise the site again.",
    ),
    State.SUSPENDED: Words(
        "Paused",
        "idle",
        "Somebody paused this site. Nothing is scanned; what was found is kept.",
        "Resume it when you are ready.",
    ),
    State.UNINSTALLING: Words(
        "Uninstalling", "idle", "The tokens are erased; findings are being withdrawn."
    ),
    State.UNINSTALLED: Words(
        "Uninstalled",
        "idle",
        "The tokens are erased. What was found is kept for 21 days, then erased too.",
    ),
    State.PURGED: Words("Erased", "idle", "Nothing is kept but that it was here."),
}
NOTICES: Mapping[NoticeKind, str] = {
    Kind.INSTALLED: "Installed",
    Kind.UPGRADED: "Consented to the new list of scopes",
    Kind.UPGRADE_AVAILABLE: "A newer version asks for more scopes",
    Kind.SCOPES_CHANGED: "Scopes changed",
    Kind.DEGRADED: "Works only in part",
    Kind.RECOVERED: "Works fully again",
    Kind.REAUTH_REQUIRED: "Needs a new consent",
    Kind.REAUTHORIZED: "Consented anew",
    Kind.ACCESS_LOST: "Out of reach",
    Kind.SUSPENDED: "Paused",
    Kind.RESUMED: "Resumed",
    Kind.PRE_UNINSTALL: "Being uninstalled",
    Kind.UNINSTALLED: "Uninstalled",
    Kind.PURGED: "Everything kept was erased",
    Kind.ACCOUNT_CLOSED: "A closed account was erased",
    Kind.IGNORED: "Something happened that means nothing in this state",
}
DETAILS = {
    "added": "added",
    "removed": "removed",
    "note": "",
    "by": "by",
}


def words_of(installation: Installation) -> Words:
    """Return what to say about the state of an installation."""
    return WORDS[installation.state]


def happened(kind: NoticeKind) -> str:
    """Return what happened, for a line of the log."""
    return NOTICES.get(kind, kind.value)


def detail_of(detail: Mapping[str, str]) -> str:
    """Return the part of a notice's detail that a person reads."""
    told = [
        f"{word}: {detail[name]}" if word else detail[name]
        for name, word in DETAILS.items()
        if detail.get(name)
    ]
    return "; ".join(told)


def moment(time: datetime | None) -> Markup | str:
    """Return a time for people and programs, in UTC."""
    if time is None:
        return "never"
    utc = time.astimezone(UTC)
    shown = f"{utc.day} {utc:%b %Y, %H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(utc.isoformat(), shown)


def coded(text: str) -> Markup:
    """Return a sentence with what stands between backticks set as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # An odd backtick is a character like any other.
        return escape(text)
    parts[1::2] = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup("").join(parts)


def speak(app: Flask) -> None:
    """Let the templates of an application use these words."""
    app.jinja_env.filters.update(moment=moment, coded=coded)
    app.jinja_env.globals.update(
        words_of=words_of,
        happened=happened,
        detail_of=detail_of,
        renewal_words=renewal_words,
        severities=SEVERITIES,
    )

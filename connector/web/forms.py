"""Forms that only our own pages can send."""

import secrets
from urllib.parse import urlsplit

from flask import Flask, request, session

from connector.domain.errors import UsageError

TOKEN = "form_token"  # noqa: S105 - the name of a field
OURS = frozenset({"", "same-origin", "none"})


def form_token() -> str:
    """Return what every form of this session carries."""
    if TOKEN not in session:
        session[TOKEN] = secrets.token_urlsafe()
    return str(session[TOKEN])


def require_own_form() -> None:
    """Refuse a form that another site sent, or that is older than the session."""
    expected = str(session.get(TOKEN, ""))
    given = request.form.get("token", "")
    is_ours = request.headers.get("Sec-Fetch-Site", "") in OURS
    is_known = secrets.compare_digest(expected.encode(), given.encode())
    if not (expected and is_ours and is_known):
        raise UsageError(
            "This form is out of date.", "Open the page again and send it once more."
        )


def own_path(text: str) -> str:
    """Return a path of ours to go on to; anything else becomes the first page."""
    parts = urlsplit(text)
    is_strange = parts.scheme or parts.netloc or text.startswith("//")
    if is_strange or not text.startswith("/") or not text.isprintable():
        return "/"
    return "/" if "\\" in text else text


def offer_form_tokens(app: Flask) -> None:
    """Let the templates of an application write the token."""
    app.jinja_env.globals["form_token"] = form_token

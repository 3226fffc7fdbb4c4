"""The headers every answer carries, so that a browser keeps what it is told."""

import secrets

from flask import Flask, Response, g

from connector.web.sessions import PLAIN_NAME, SECURE_NAME

HTTPS = "https://"
A_YEAR = "max-age=31536000"


def style_nonce() -> str:
    """Return the word that lets this answer's own styles through."""
    if "style_nonce" not in g:
        g.style_nonce = secrets.token_urlsafe(16)
    return str(g.style_nonce)


def protect(app: Flask, public_url: str) -> None:
    """Set the headers and the cookie's habits for an application."""
    is_https = public_url.startswith(HTTPS)
    app.config.update(
        SESSION_COOKIE_NAME=SECURE_NAME if is_https else PLAIN_NAME,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
    )
    app.jinja_env.globals["style_nonce"] = style_nonce

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'nonce-{style_nonce()}'; img-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Cache-Control", "no-store")
        if is_https:
            headers["Strict-Transport-Security"] = A_YEAR
        return response

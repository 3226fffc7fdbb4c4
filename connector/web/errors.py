"""What a person sees when something went wrong: one sentence, and what to do."""

from http import HTTPStatus

from flask import Flask, render_template
from werkzeug.exceptions import HTTPException

from connector.domain.errors import (
    AtlassianError,
    CasbError,
    ConsentError,
    NotFoundError,
    SchemaError,
    UsageError,
)
from connector.web.signing_in import signed_in

Page = tuple[str, int]
STATUS_OF: dict[type[CasbError], HTTPStatus] = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    UsageError: HTTPStatus.BAD_REQUEST,
    ConsentError: HTTPStatus.BAD_REQUEST,
    AtlassianError: HTTPStatus.BAD_GATEWAY,
    SchemaError: HTTPStatus.SERVICE_UNAVAILABLE,
}
UNEXPECTED = "Something unexpected happened."
NOT_NOW = "The connector cannot do this at the moment."
SEE_LOG = "The log of the connector says more."


def error_page(message: str, remedy: str, status: int) -> Page:
    """Return a page that says what went wrong and what to do about it."""
    return render_template("error.html", message=message, remedy=remedy), status


def explain_errors(app: Flask) -> None:
    """Let an application answer errors with pages that leak nothing."""

    @app.errorhandler(CasbError)
    def on_ours(error: CasbError) -> Page:
        kinds = [kind for kind in STATUS_OF if isinstance(error, kind)]
        status = STATUS_OF[kinds[0]] if kinds else HTTPStatus.INTERNAL_SERVER_ERROR
        if kinds or signed_in():
            return error_page(error.message, error.remedy, status)
        # Such a sentence is the operator's: it may name the database.
        app.logger.error("%s", error)
        return error_page(NOT_NOW, SEE_LOG, status)

    @app.errorhandler(HTTPException)
    def on_http(error: HTTPException) -> Page:
        return error_page(f"{error.name}.", "", error.code or 500)

    @app.errorhandler(Exception)
    def on_unexpected(error: Exception) -> Page:
        app.logger.error("unexpected", exc_info=error)
        return error_page(UNEXPECTED, SEE_LOG, HTTPStatus.INTERNAL_SERVER_ERROR)

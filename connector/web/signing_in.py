"""The door: signing in and out, and who has to."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from connector.domain.errors import UsageError
from connector.use_cases.sign_in import SignIn, SignInError, TooManyAttemptsError
from connector.web.forms import own_path, require_own_form
from connector.web.sessions import renew_session

ADMIN = "admin"
Page = Response | str | tuple[str, int]


def signed_in() -> str:
    """Return the name of the administrator at this browser, or nothing."""
    return str(session.get(ADMIN, ""))


def require_admin() -> Response | None:
    """Send whoever is not signed in to the door; they come back afterwards."""
    if signed_in():
        return None
    is_page = request.method == "GET"
    wanted = request.full_path.rstrip("?") if is_page else "/"
    return redirect(url_for("door.ask", next=wanted), HTTPStatus.SEE_OTHER)


class Door:
    """Lets administrators in and out."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    def ask(self) -> Page:
        """Show the form."""
        wanted = own_path(request.args.get("next", "/"))
        if signed_in():
            return redirect(wanted, HTTPStatus.SEE_OTHER)
        return render_template("login.html", next=wanted, trouble="")

    def take(self) -> Page:
        """Let somebody in; what the session held before is gone."""
        wanted = own_path(request.form.get("next", "/"))
        try:
            require_own_form()
            admin = self._sign_in(
                request.form.get("name", "").strip(),
                request.form.get("password", ""),
                request.remote_addr or "",
            )
        except (SignInError, UsageError) as error:
            page = render_template(
                "login.html",
                next=wanted,
                trouble=str(error),
                name=request.form.get("name", ""),
            )
            return page, _status_of(error)
        session.clear()
        session[ADMIN] = admin.name
        renew_session()
        return redirect(wanted, HTTPStatus.SEE_OTHER)

    def leave(self) -> Page:
        """End the session."""
        require_own_form()
        session.clear()
        return redirect(url_for("door.ask"), HTTPStatus.SEE_OTHER)


def door_routes(sign_in: SignIn) -> Blueprint:
    """Return the routes of signing in and out."""
    door = Door(sign_in)
    routes = Blueprint("door", __name__)
    routes.get("/login")(door.ask)
    routes.post("/login")(door.take)
    routes.post("/logout")(door.leave)
    return routes


def _status_of(error: SignInError | UsageError) -> int:
    if isinstance(error, TooManyAttemptsError):
        return HTTPStatus.TOO_MANY_REQUESTS
    is_form = isinstance(error, UsageError)
    return HTTPStatus.BAD_REQUEST if is_form else HTTPStatus.UNAUTHORIZED

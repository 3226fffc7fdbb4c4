"""The browser's part in an installation: the link, the call-back, the choice."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, session
from werkzeug.wrappers import Response

from connector.domain.consent import ConsentPage, ConsentStatus, hash_of
from connector.domain.errors import CasbError, ConsentError, UsageError
from connector.use_cases.install_site import InstallSite
from connector.web.errors import SEE_LOG, UNEXPECTED
from connector.web.forms import require_own_form
from connector.web.sessions import renew_session

Page = Response | str | tuple[str, int]

CALLBACK = "/oauth/callback"
CONSENT = "consent"
TICKET = "ticket"
AGAIN = "Begin again: press Install, or run `casb install` for a fresh link."


class Installing:
    """Leads a browser through one attempt; its session knows which one."""

    def __init__(
        self, install: InstallSite, page: ConsentPage, public_url: str
    ) -> None:
        self._install = install
        self._page = page
        self._public_url = public_url

    def begin(self) -> Page:
        """Use the link's ticket up and go on to Atlassian."""
        secret = request.args.get("ticket", "")
        if request.method == "HEAD":
            return ""  # A link checker must not use the ticket up.
        if not secret:
            raise UsageError(
                "The link is not whole.",
                "Open all of it, or sign in and press Install on a site.",
            )
        return redirect(self._way_out(self._started(secret)), 303)

    def set_out(self, wanted: str = "", *, asked_by: str) -> Page:
        """Begin an attempt for an administrator, whose browser goes on to Atlassian.

        It goes by a page of ours: a form of ours may lead to no other site.
        """
        consent = self._install.start(self._install.ask(wanted, asked_by).secret)
        session.pop(TICKET, None)
        session[CONSENT] = consent.id
        return render_template("leaving.html", address=self._way_out(consent.id))

    def call_back(self) -> Page:
        """Take what the browser brings from Atlassian; its history keeps none of it."""
        state = request.args.get("state", "")
        consent_id = self._page.attempt(state)
        if not consent_id:
            raise ConsentError(
                "This answer belongs to no consent that began in this browser.", AGAIN
            )
        try:
            self._refuse_errors(state)
            outcome = self._install.finish(consent_id, self._page.redeem())
        except CasbError as error:
            self._install.fail(consent_id, error)
            return self._to("/install/result")
        except Exception:
            # Whoever waits for this attempt shall not wait for an hour.
            self._install.fail(consent_id, CasbError(UNEXPECTED, SEE_LOG))
            raise
        return self._to("/install/site" if outcome.choices else "/install/result")

    def ask_site(self) -> Page:
        """Show the sites that the consent opens."""
        choices = self._install.choices(self._consent_id())
        return render_template("choose_site.html", choices=choices)

    def take_site(self) -> Page:
        """Install the site that was chosen."""
        require_own_form()
        self._install.choose(self._consent_id(), request.form.get("site", ""))
        return self._to("/install/result")

    def tell(self) -> Page:
        """Say how the attempt ended."""
        consent = self._install.attempt(self._consent_id())
        if consent.status is ConsentStatus.FAILED:
            page = render_template(
                "not_installed.html", message=consent.error, remedy=consent.remedy
            )
            return page, HTTPStatus.BAD_REQUEST
        if consent.status is not ConsentStatus.DONE:
            raise ConsentError("This attempt is not finished.", AGAIN)
        return render_template(
            "installed.html", installation=self._install.installed(consent)
        )

    def _started(self, secret: str) -> str:
        ticket = hash_of(secret)
        if session.get(TICKET) == ticket:  # The same browser opened the link again.
            attempt = self._install.attempt(self._consent_id())
            if attempt.status is ConsentStatus.STARTED:
                return attempt.id
        consent = self._install.start(secret)
        session[TICKET], session[CONSENT] = ticket, consent.id
        return consent.id

    def _way_out(self, consent_id: str) -> str:
        renew_session()
        return self._page.address(f"{self._public_url}{CALLBACK}", consent_id)

    def _refuse_errors(self, state: str) -> None:
        error = request.args.get("error", "")
        if not error and request.args.get("code"):
            return
        self._page.forget(state)
        if error == "access_denied":
            raise ConsentError("The consent was refused on Atlassian's page.", AGAIN)
        reason = request.args.get("error_description", "") or error or "no code"
        raise ConsentError(f"Atlassian gave no consent: {reason[:200]}.", AGAIN)

    def _consent_id(self) -> str:
        consent_id = session.get(CONSENT)
        if not consent_id:
            raise ConsentError("No attempt began in this browser.", AGAIN)
        return str(consent_id)

    def _to(self, path: str) -> Response:
        return redirect(f"{self._public_url}{path}", 303)


def installing_routes(steps: Installing) -> Blueprint:
    """Return the routes of an installation."""
    routes = Blueprint("installing", __name__)
    routes.get("/install")(steps.begin)
    routes.get(CALLBACK)(steps.call_back)
    routes.get("/install/site")(steps.ask_site)
    routes.post("/install/site")(steps.take_site)
    routes.get("/install/result")(steps.tell)
    return routes

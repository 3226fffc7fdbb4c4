"""What an administrator can do to a site besides renewing its consent."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from connector.use_cases.manage_sites import ManageSites
from connector.use_cases.uninstall_site import UninstallSite
from connector.web.forms import require_own_form
from connector.web.signing_in import require_admin, signed_in

Page = Response | str


class SiteControls:
    """Pauses, resumes and uninstalls; a worker does what takes long."""

    def __init__(
        self,
        manage: ManageSites,
        uninstall: UninstallSite,
        now: Callable[[], datetime],
    ) -> None:
        self._manage = manage
        self._uninstall = uninstall
        self._now = now

    def pause(self, cloud_id: str) -> Page:
        """Pause a site."""
        require_own_form()
        self._manage.pause(cloud_id, self._now())
        return _back_to(cloud_id)

    def resume(self, cloud_id: str) -> Page:
        """End a pause."""
        require_own_form()
        self._manage.resume(cloud_id, self._now())
        return _back_to(cloud_id)

    def ask(self, cloud_id: str) -> Page:
        """Say what uninstalling does, and ask whether it is meant."""
        return render_template("uninstall.html", site=self._manage.site(cloud_id).site)

    def uninstall(self, cloud_id: str) -> Page:
        """Erase the tokens at once; the findings are withdrawn by a worker."""
        require_own_form()
        installation = self._manage.site(cloud_id)
        self._uninstall.request(installation, f"admin {signed_in()}")
        return _back_to(cloud_id)


def control_routes(controls: SiteControls) -> Blueprint:
    """Return the routes of what can be done to a site."""
    routes = Blueprint("controls", __name__, url_prefix="/sites/<cloud_id>")
    routes.before_request(require_admin)
    routes.post("/pause")(controls.pause)
    routes.post("/resume")(controls.resume)
    routes.get("/uninstall")(controls.ask)
    routes.post("/uninstall")(controls.uninstall)
    return routes


def _back_to(cloud_id: str) -> Response:
    return redirect(url_for("sites.one", cloud_id=cloud_id), HTTPStatus.SEE_OTHER)

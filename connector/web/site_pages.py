"""The pages of an administrator: the sites, one site, and the way to a new consent."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from connector.use_cases.watch_sites import WatchSites
from connector.web.forms import require_own_form
from connector.web.installing import Installing
from connector.web.signing_in import require_admin, signed_in

Page = Response | str | tuple[str, int]


class SitePages:
    """Shows sites, and sends an administrator off to Atlassian."""

    def __init__(self, watch: WatchSites, installing: Installing) -> None:
        self._watch = watch
        self._installing = installing

    def all(self) -> Page:
        """List the sites."""
        number = request.args.get("page", 1, type=int)
        return render_template("sites.html", page=self._watch.sites(number))

    def one(self, cloud_id: str) -> Page:
        """Show a site, and what to do about it."""
        return render_template("site.html", page=self._watch.site(cloud_id))

    def install(self) -> Page:
        """Begin to connect a site."""
        require_own_form()
        return self._installing.set_out(asked_by=f"admin {signed_in()}")

    def authorise(self, cloud_id: str) -> Page:
        """Begin to renew the consent of a site."""
        require_own_form()
        known = self._watch.site(cloud_id).site.installation
        return self._installing.set_out(
            known.site.cloud_id, asked_by=f"admin {signed_in()}"
        )


def site_routes(watch: WatchSites, installing: Installing) -> Blueprint:
    """Return the routes of the pages, which only administrators see."""
    pages = SitePages(watch, installing)
    routes = Blueprint("sites", __name__)
    routes.before_request(require_admin)
    routes.get("/")(pages.all)
    routes.get("/sites/<cloud_id>")(pages.one)
    routes.post("/install")(pages.install)
    routes.post("/sites/<cloud_id>/consent")(pages.authorise)
    return routes

"""Takes the connector off a site: tokens at once, findings then, the rest in time.

May be killed at any moment: what is left is due at once, and the worker finishes it.
"""

from collections.abc import Callable
from datetime import datetime

from connector.domain import life
from connector.domain.finding_state import Status
from connector.domain.installation import Installation, InstallationState
from connector.domain.store_ports import Begin, Stores
from connector.domain.withdrawal import withdrawn
from connector.use_cases.befall import befall
from connector.use_cases.bury_grant import drop_unused

SITE = ""
"""The space of findings that are about the site itself."""


class UninstallSite:
    """Ends installations, and purges those that ended long ago."""

    def __init__(self, begin: Begin, now: Callable[[], datetime]) -> None:
        self._begin = begin
        self._now = now

    def __call__(self, installation: Installation, by: str = "") -> Installation:
        """Uninstall a site to the end; one that is being uninstalled goes on."""
        self.request(installation, by)
        return self.finish(installation.id)

    def request(self, installation: Installation, by: str = "") -> Installation:
        """Erase the tokens and stop the scan; from now on nothing reads the site."""
        now = self._now()
        with self._begin() as stores:
            # Two sites of a grant may go at once: each waits for the other here.
            stores.installations.of_grant(installation.grant_id, is_locked=True)
            current = stores.installations.get(installation.id) or installation
            after = befall(stores, current, life.UninstallRequested(by), now)
            if after.state is InstallationState.UNINSTALLING:
                stores.site_data.cancel_scans(after.site.cloud_id, now)
                drop_unused(stores, current.grant_id)
        return after

    def finish(self, installation_id: str) -> Installation:
        """Withdraw every finding, a space at a time, and end the installation."""
        while True:
            with self._begin() as stores:
                current = _known(stores, installation_id)
                if current.state is not InstallationState.UNINSTALLING:
                    return current
                spaces = _spaces_left(stores, current.site.cloud_id)
                if not spaces:
                    return befall(stores, current, life.Withdrawn(), self._now())
            for space_id in spaces:
                self._withdraw(installation_id, space_id)

    def purge(self, installation_id: str) -> Installation:
        """Leave a tombstone; data goes too unless another installation needs it.

        That is one that lives, or one whose own time of being kept is not over.
        """
        with self._begin() as stores:
            current = _known(stores, installation_id)
            after = befall(stores, current, life.RetentionOver(), self._now())
            if after.state is InstallationState.PURGED:
                stores.log.forget(after)
                if not stores.installations.of_site(after.site.cloud_id):
                    stores.site_data.erase(after.site.cloud_id)
        return after

    def purge_site(self, site_id: str) -> None:
        """Purge every installation of a site that has ended, kept or not."""
        with self._begin(write=False) as stores:
            known = stores.installations.of_site(site_id)
        for installation in known:
            if installation.state is InstallationState.UNINSTALLED:
                self.purge(installation.id)

    def _withdraw(self, installation_id: str, space_id: str) -> None:
        with self._begin() as stores:
            current = _known(stores, installation_id)
            if current.state is InstallationState.UNINSTALLING:
                known = stores.findings.known(current.site.cloud_id, space_id)
                now = self._now()
                stores.findings.save(
                    withdrawn(tracked, now)
                    for tracked in known.values()
                    if tracked.status is not Status.RESOLVED
                )


def _spaces_left(stores: Stores, site_id: str) -> list[str]:
    """Return the spaces with findings that are not resolved, the site itself too."""
    spaces = sorted(stores.findings.known_spaces(site_id))
    of_site = stores.findings.known(site_id, SITE).values()
    if any(tracked.status is not Status.RESOLVED for tracked in of_site):
        spaces.append(SITE)
    return spaces


def _known(stores: Stores, installation_id: str) -> Installation:
    installation = stores.installations.get(installation_id)
    if installation is None:
        raise LookupError(installation_id)
    return installation

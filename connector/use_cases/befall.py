"""Lets an event befall an installation: state, log and alarms are one write."""

from datetime import datetime

from connector.domain import life
from connector.domain.installation import Installation, InstallationState
from connector.domain.life_steps import advance
from connector.domain.site_alarms import ended_by, raised_by
from connector.domain.store_ports import Stores


def befall(
    stores: Stores, installation: Installation, event: life.Event, now: datetime
) -> Installation:
    """Return the installation after an event, kept and written down.

    What is stored counts: somebody else may have changed it since it was read.
    """
    current = stores.installations.get(installation.id) or installation
    step = advance(current, event, now)
    if step.installation != current:
        stores.installations.save(step.installation)
    stores.log.add(step.installation, step.notices, now)
    if standing_of(current) is InstallationState.ACCESS_LOST:
        for key in ended_by(step):
            stores.alarms.end(key)
    for alarm in raised_by(step, now):
        stores.alarms.raise_(alarm)
    return step.installation


def standing_of(installation: Installation) -> InstallationState:
    """Return the state of an installation, looking behind a pause."""
    if installation.state is InstallationState.SUSPENDED:
        return installation.trail.beneath or InstallationState.VERIFYING
    return installation.state

"""What an operator has to see of one site: that it is lost, and later that it still is.

Only a loss raises an alarm, and it is kept until the site is back or a person
uninstalls it (oauth-and-installation, section 1).
"""

from collections.abc import Iterator
from datetime import datetime

from connector.domain.care import Alarm
from connector.domain.installation import Installation, InstallationState
from connector.domain.life import NoticeKind, Step

REMEDY = (
    "Ask the site's administrator. Connect it again with `casb install --site {url}`, "
    "or end it with `casb sites uninstall {url}`."
)


def keys_of(installation: Installation) -> tuple[str, str]:
    """Return the keys of both alarms that a lost site may raise."""
    return f"access_lost:{installation.id}", f"access_lost_long:{installation.id}"


def raised_by(step: Step, now: datetime) -> Iterator[Alarm]:
    """Yield the alarms that a step of a site's life raises."""
    installation = step.installation
    first, second = keys_of(installation)
    for notice in step.notices:
        if notice.kind is NoticeKind.ACCESS_LOST:
            is_again = installation.trail.alarmed_again_at is not None
            url = installation.site.url
            since = notice.detail.get("lost_at", "")[:10]
            yield Alarm(
                key=second if is_again else first,
                message=f"{url} has been out of reach since {since}."
                if is_again
                else notice.detail["note"],
                remedy=REMEDY.format(url=url),
                raised_at=now,
                site_id=installation.site.cloud_id,
            )


def ended_by(step: Step) -> tuple[str, ...]:
    """Return the keys of the alarms that have nothing to tell any more."""
    installation = step.installation
    standing = installation.trail.beneath or installation.state
    if standing is InstallationState.ACCESS_LOST:
        return ()
    return keys_of(installation)

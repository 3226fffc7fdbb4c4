"""Why an installation may not be scanned now, and what to do about it."""

from connector.domain.errors import CasbError, ConflictError, ConsentError
from connector.domain.installation import Installation, InstallationState

State = InstallationState

RENEW = "Renew the consent: `casb install --site {url}`."
OBSTACLES: dict[State, tuple[type[CasbError], str, str]] = {
    State.VERIFYING: (
        ConflictError,
        "{url} is still being checked and is not scanned yet. {note}",
        "Check it now with `casb sites check {url}`.",
    ),
    State.REAUTH_REQUIRED: (
        ConsentError,
        "{url} is not scanned: Atlassian no longer accepts its consent.",
        RENEW,
    ),
    State.ACCESS_LOST: (
        ConsentError,
        "{url} is not scanned: it is no longer open to the consent.",
        "Ask the site's administrator, then renew the consent with `casb install "
        "--site {url}`, or end it with `casb sites uninstall {url}`.",
    ),
    State.SUSPENDED: (
        ConflictError,
        "{url} is paused and is not scanned.",
        "End the pause with `casb sites resume {url}`.",
    ),
    State.UNINSTALLING: (
        ConflictError,
        "{url} is being uninstalled and is not scanned.",
        "Connect it again with `casb install --site {url}` when that is done.",
    ),
    State.UNINSTALLED: (
        ConsentError,
        "{url} was uninstalled and is not scanned.",
        "Connect it again with `casb install --site {url}`.",
    ),
    State.PURGED: (
        ConsentError,
        "{url} was uninstalled and is not scanned.",
        "Connect it again with `casb install --site {url}`.",
    ),
}


def require_scannable(installation: Installation) -> None:
    """Raise why an installation may not be scanned; only a running one may."""
    if installation.state.may_scan:
        return
    kind, message, remedy = OBSTACLES[installation.state]
    words = {"url": installation.site.url, "note": installation.note}
    raise kind(message.format(**words).strip(), remedy.format(**words))

"""The effective settings as people and machines may see them: secrets masked."""

import re
from difflib import get_close_matches

from connector.settings import PREFIX, SETTINGS, Settings, key_of

HIDDEN = "********"
PASSWORD_IN_URL = re.compile(r"(?<=://)([^:@/]*):([^@/]*)@")


def effective(settings: Settings) -> list[tuple[str, str, str]]:
    """Return name, value and origin of every setting, with the secrets masked."""
    return [
        (name, _shown(settings, name), settings.sources.get(name, "default"))
        for name in SETTINGS
    ]


def strange_names(settings: Settings) -> list[str]:
    """Return a sentence for each variable that looks like a setting and is none."""
    return [_strange(name) for name in settings.unknown]


def _strange(name: str) -> str:
    close = get_close_matches(name, SETTINGS, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"{name} begins with {PREFIX} and is no setting.{hint}"


def _shown(settings: Settings, name: str) -> str:
    value = getattr(settings, key_of(name))
    if name == "CASB_DATABASE_URL":
        return PASSWORD_IN_URL.sub(rf"\1:{HIDDEN}@", value)
    if SETTINGS[name].metadata["secret"]:
        return HIDDEN if value else ""
    if value is None:
        return "all"
    if isinstance(value, tuple):
        return ",".join(value) or "none"
    return str(int(value)) if isinstance(value, bool) else str(value)


def database_name(settings: Settings) -> str:
    """Return the address of the database without its password."""
    return _shown(settings, "CASB_DATABASE_URL")

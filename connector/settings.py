"""What the operator sets: the environment, and `.env`, as one frozen value."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from marshmallow import Schema, ValidationError

from connector.domain.errors import SettingError
from connector.setting_fields import (
    CommaSeparated,
    DatabaseUrl,
    Url,
    check_destinations,
    check_fernet_keys,
    described,
    duration,
    free_text,
    one_of,
    switch,
    whole,
)

PREFIX = "CASB_"
FILE_SUFFIX = "_FILE"
CERTIFICATES = "SSL_CERT_FILE"
MAKE_KEYS = "Make one with `casb keys generate`."
FROM_CONSOLE = "It stands in Atlassian's developer console, in your app's settings."


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective settings; secrets never show in its text."""

    database_url: str = field(repr=False)
    public_url: str
    secret_key: str = field(repr=False)
    token_keys: tuple[str, ...] = field(repr=False)
    atlassian_client_id: str
    atlassian_client_secret: str = field(repr=False)
    atlassian_auth_url: str
    atlassian_api_url: str
    atlassian_pkce: bool
    scope_profile: str
    optional_scopes: tuple[str, ...] | None
    points_per_hour: int
    concurrency: int
    scan_every: str
    incremental_every: str
    sweep_within: str
    work: str
    admin_password: str = field(repr=False)
    log: str
    load_plugins: tuple[str, ...] | None
    trace_plugins: bool
    strict_plugins: bool
    retention_days: int
    heartbeat_days: int
    trusted_proxies: int
    webhook_allow: tuple[str, ...] = ()
    certificates: str = ""
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)
    unknown: tuple[str, ...] = ()

    def require(self, *names: str) -> None:
        """Refuse to go on without the settings of these names."""
        for name in names:
            if not getattr(self, key_of(name)):
                remedy = SETTINGS[name].metadata["remedy"]
                raise SettingError(f"{name} is not set.", remedy)


class SettingsSchema(Schema):
    """Every setting, under its name without the prefix."""

    database_url = DatabaseUrl(
        load_default="sqlite:///casb.db",
        metadata=described(
            "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME",
            secret=True,
        ),
    )
    public_url = Url("http://localhost:8000")
    secret_key = free_text("any long random text", MAKE_KEYS, secret=True)
    token_keys = CommaSeparated(
        load_default=(),
        validate=check_fernet_keys,
        metadata=described("Fernet keys, divided by commas", MAKE_KEYS, secret=True),
    )
    atlassian_client_id = free_text("the client id of your OAuth app", FROM_CONSOLE)
    atlassian_client_secret = free_text("its secret", FROM_CONSOLE, secret=True)
    atlassian_auth_url = Url("https://auth.atlassian.com")
    atlassian_api_url = Url("https://api.atlassian.com")
    atlassian_pkce = switch(default=True)
    scope_profile = one_of("current", "reference")
    optional_scopes = CommaSeparated(
        load_default=(), metadata=described("all, none, or scopes divided by commas")
    )
    points_per_hour = whole(65_000, 1, 100_000_000)
    concurrency = whole(4, 1, 10)
    scan_every = duration("24h", may_be_never=True)
    incremental_every = duration("never", may_be_never=True)
    sweep_within = duration("7d")
    work = one_of("local", "procrastinate")
    admin_password = free_text("any text", "", secret=True)
    log = one_of("console", "json")
    load_plugins = CommaSeparated(
        load_default=None,
        allow_none=True,
        metadata=described("all, none, or names of plugins divided by commas"),
    )
    trace_plugins = switch()
    strict_plugins = switch()
    retention_days = whole(400, 1, 36_500)
    heartbeat_days = whole(0, 0, 36_500)
    trusted_proxies = whole(0, 0, 16)
    webhook_allow = CommaSeparated(
        load_default=(),
        validate=check_destinations,
        metadata=described("names of hosts and networks such as 10.1.0.0/16"),
    )


SCHEMA = SettingsSchema()
SETTINGS = {f"{PREFIX}{name.upper()}": kind for name, kind in SCHEMA.fields.items()}


def load_settings(
    environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Settings:
    """Return the settings of an environment and of the `.env` in a folder.

    Without arguments: this process's environment and working directory. The
    environment beats `.env`, and what is empty counts as not set.
    """
    if environment is None:
        environment = os.environ
    given, sources = _gather(environment, (folder or Path()) / ".env")
    try:
        values = SCHEMA.load({key_of(name): text for name, text in given.items()})
    except ValidationError as error:
        broken = {str(key) for key in error.messages_dict}
        name = next(name for name in given if key_of(name) in broken)
        raise _malformed(name, given[name], sources[name]) from None
    return Settings(
        **values,
        certificates=environment.get(CERTIFICATES, ""),
        sources=sources,
        unknown=_unknown(environment),
    )


def _gather(
    environment: Mapping[str, str], dotenv: Path
) -> tuple[dict[str, str], dict[str, str]]:
    given: dict[str, str] = {}
    sources: dict[str, str] = {}
    layers = ((".env", _dotenv(dotenv)), ("the environment", environment))
    for origin, texts in layers:
        for name, kind in SETTINGS.items():
            pointer = f"{name}{FILE_SUFFIX}" if kind.metadata["secret"] else ""
            if text := texts.get(name, "").strip():
                given[name], sources[name] = text, origin
                if pointer and texts.get(pointer):
                    raise SettingError(
                        f"{name} and {pointer} are both set.", "Remove one of them."
                    )
            elif pointer and (path := texts.get(pointer, "").strip()):
                given[name] = _content(pointer, Path(path))
                sources[name] = f"the file {path}"
    return given, sources


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        values = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{path} cannot be read: {error}.", "Make it a readable UTF-8 file."
        ) from None
    return {name: text for name, text in values.items() if text is not None}


def _content(name: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingError(
            f"{name} names {str(path)!r}, which cannot be read.",
            "Make it a text file this user may read.",
        ) from None


def _malformed(name: str, text: str, source: str) -> SettingError:
    words = SETTINGS[name].metadata
    said = "is malformed" if words["secret"] else f"is {text!r}"
    return SettingError(
        f"{name} {said}, but has to be {words['must']}.",
        f"Correct it: it comes from {source}. {words['remedy']}".strip(),
    )


def _unknown(environment: Mapping[str, str]) -> tuple[str, ...]:
    known = SETTINGS.keys() | {f"{name}{FILE_SUFFIX}" for name in SETTINGS}
    return tuple(
        sorted(n for n in environment if n.startswith(PREFIX) and n not in known)
    )


def key_of(name: str) -> str:
    """Return the attribute that holds a setting."""
    return name.removeprefix(PREFIX).lower()

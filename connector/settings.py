"""What the operator sets: the environment, and `.env`, as one frozen value."""

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from marshmallow import Schema, ValidationError, fields, validate

from connector.domain.destination import AllowedDestinations
from connector.domain.durations import NEVER, duration_of
from connector.domain.errors import SettingError

PREFIX = "CASB_"
FILE_SUFFIX = "_FILE"
FERNET_KEY_BYTES = 32
CERTIFICATES = "SSL_CERT_FILE"
MAKE_KEYS = "Make one with `casb keys generate`."
DIALECTS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
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


class Url(fields.Url):
    """An address of a server, without a slash at its end."""

    def __init__(self, default: str) -> None:
        super().__init__(
            schemes={"http", "https"},
            require_tld=False,
            load_default=default,
            metadata=_words("an address that begins with http:// or https://"),
        )

    def _deserialize(self, value: Any, *args: Any, **rest: Any) -> str:
        url = str(super()._deserialize(value, *args, **rest))
        if set(url) & set("?#@"):
            raise self.make_error("invalid")
        return url.rstrip("/")


class CommaSeparated(fields.Field[tuple[str, ...] | None]):
    """Members between commas; ``all`` and ``none`` are words of their own."""

    def _deserialize(self, value: Any, *_args: Any, **_rest: Any) -> Any:
        words = {"all": None, "none": ()}
        parts = tuple(filter(None, (part.strip() for part in str(value).split(","))))
        return words.get(str(value).lower(), parts)


class DatabaseUrl(fields.String):
    """The address of a database we know, with the driver we use."""

    def _deserialize(self, value: Any, *_args: Any, **_rest: Any) -> str:
        dialect, colon, rest = str(value).partition("://")
        dialect = DIALECTS.get(dialect, dialect)
        if not colon or dialect not in {"sqlite", "postgresql+psycopg"}:
            raise self.make_error("invalid")
        return f"{dialect}://{rest}"


def _words(must: str, remedy: str = "", *, secret: bool = False) -> dict[str, Any]:
    return {"must": must, "remedy": remedy, "secret": secret}


def _check_duration(text: str) -> None:
    if text == NEVER:
        return
    try:
        duration_of(text)
    except ValueError as error:
        raise ValidationError("invalid") from error


def _check_fernet_keys(keys: Iterable[str] | None) -> None:
    for key in keys or ("all",):
        try:
            if len(base64.urlsafe_b64decode(key)) != FERNET_KEY_BYTES:
                raise ValidationError("invalid")
        except ValueError as error:
            raise ValidationError("invalid") from error


def _check_destinations(entries: Iterable[str] | None) -> None:
    try:
        AllowedDestinations.of(("*",) if entries is None else entries)
    except ValueError as error:
        raise ValidationError("invalid") from error


def _whole(default: int, at_least: int, at_most: int) -> fields.Integer:
    return fields.Integer(
        load_default=default,
        validate=validate.Range(at_least, at_most),
        metadata=_words(f"a whole number from {at_least} to {at_most}"),
    )


def _one_of(*words: str) -> fields.String:
    return fields.String(
        load_default=words[0],
        validate=validate.OneOf(words),
        metadata=_words(" or ".join(words)),
    )


def _switch(*, default: bool = False) -> fields.Boolean:
    return fields.Boolean(load_default=default, metadata=_words("0 or 1"))


def _text(must: str, remedy: str, *, secret: bool = False) -> fields.String:
    return fields.String(load_default="", metadata=_words(must, remedy, secret=secret))


class SettingsSchema(Schema):
    """Every setting, under its name without the prefix."""

    database_url = DatabaseUrl(
        load_default="sqlite:///casb.db",
        metadata=_words(
            "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME",
            secret=True,
        ),
    )
    public_url = Url("http://localhost:8000")
    secret_key = _text("any long random text", MAKE_KEYS, secret=True)
    token_keys = CommaSeparated(
        load_default=(),
        validate=_check_fernet_keys,
        metadata=_words("Fernet keys, divided by commas", MAKE_KEYS, secret=True),
    )
    atlassian_client_id = _text("the client id of your OAuth app", FROM_CONSOLE)
    atlassian_client_secret = _text("its secret", FROM_CONSOLE, secret=True)
    atlassian_auth_url = Url("https://auth.atlassian.com")
    atlassian_api_url = Url("https://api.atlassian.com")
    atlassian_pkce = _switch(default=True)
    scope_profile = _one_of("current", "reference")
    optional_scopes = CommaSeparated(
        load_default=(), metadata=_words("all, none, or scopes divided by commas")
    )
    points_per_hour = _whole(65_000, 1, 100_000_000)
    concurrency = _whole(4, 1, 10)
    scan_every = fields.String(
        load_default="24h",
        validate=_check_duration,
        metadata=_words("a number with s, m, h, d or w, such as 24h, or never"),
    )
    work = _one_of("local", "procrastinate")
    admin_password = _text("any text", "", secret=True)
    log = _one_of("console", "json")
    load_plugins = CommaSeparated(
        load_default=None,
        allow_none=True,
        metadata=_words("all, none, or names of plugins divided by commas"),
    )
    trace_plugins = _switch()
    strict_plugins = _switch()
    retention_days = _whole(400, 1, 36_500)
    heartbeat_days = _whole(0, 0, 36_500)
    trusted_proxies = _whole(0, 0, 16)
    webhook_allow = CommaSeparated(
        load_default=(),
        validate=_check_destinations,
        metadata=_words("names of hosts and networks such as 10.1.0.0/16"),
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

"""The kinds of setting: what a person may write, and what becomes of it."""

import base64
from collections.abc import Iterable
from typing import Any

from marshmallow import ValidationError, fields, validate

from connector.domain.destination import AllowedDestinations
from connector.domain.durations import NEVER, duration_of

FERNET_KEY_BYTES = 32
DIALECTS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


class Url(fields.Url):
    """An address of a server, without a slash at its end."""

    def __init__(self, default: str) -> None:
        super().__init__(
            schemes={"http", "https"},
            require_tld=False,
            load_default=default,
            metadata=described("an address that begins with http:// or https://"),
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


def described(must: str, remedy: str = "", *, secret: bool = False) -> dict[str, Any]:
    """Return what is said of a setting: what it has to be, and how to get one."""
    return {"must": must, "remedy": remedy, "secret": secret}


def check_fernet_keys(keys: Iterable[str] | None) -> None:
    """Refuse what is no key; ``all`` is none."""
    for key in keys or ("all",):
        try:
            if len(base64.urlsafe_b64decode(key)) != FERNET_KEY_BYTES:
                raise ValidationError("invalid")
        except ValueError as error:
            raise ValidationError("invalid") from error


def check_destinations(entries: Iterable[str] | None) -> None:
    """Refuse what names neither a host nor a network."""
    try:
        AllowedDestinations.of(("*",) if entries is None else entries)
    except ValueError as error:
        raise ValidationError("invalid") from error


def duration(default: str, *, may_be_never: bool = False) -> fields.String:
    """Return a setting that is a stretch of time, or ``never`` where it may be."""

    def check(text: str) -> None:
        if text == NEVER and may_be_never:
            return
        try:
            duration_of(text)
        except ValueError as error:
            raise ValidationError("invalid") from error

    must = "a number with s, m, h, d or w, such as 24h"
    must = f"{must}, or never" if may_be_never else must
    return fields.String(load_default=default, validate=check, metadata=described(must))


def whole(default: int, at_least: int, at_most: int) -> fields.Integer:
    """Return a setting that is a whole number between two others."""
    return fields.Integer(
        load_default=default,
        validate=validate.Range(at_least, at_most),
        metadata=described(f"a whole number from {at_least} to {at_most}"),
    )


def one_of(*words: str) -> fields.String:
    """Return a setting that is one of some words, the first by default."""
    return fields.String(
        load_default=words[0],
        validate=validate.OneOf(words),
        metadata=described(" or ".join(words)),
    )


def switch(*, default: bool = False) -> fields.Boolean:
    """Return a setting that is on or off."""
    return fields.Boolean(load_default=default, metadata=described("0 or 1"))


def free_text(must: str, remedy: str, *, secret: bool = False) -> fields.String:
    """Return a setting that may be any text, by default none."""
    words = described(must, remedy, secret=secret)
    return fields.String(load_default="", metadata=words)

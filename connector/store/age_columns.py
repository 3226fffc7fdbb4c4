"""Turns how old a snapshot or a directory is into columns and back.

An age that is not given has no columns, so that a stored one stays as it is.
"""

import zlib
from dataclasses import fields
from typing import Any

import msgspec

from connector.domain.freshness import SiteAge, SpaceAge

SPACE_AGE = tuple(each.name for each in fields(SpaceAge))
"""The columns of the age of a space, in the order of its fields."""


def space_age_columns(age: SpaceAge | None) -> dict[str, Any]:
    """Return the age of a space as columns of its snapshot."""
    return {} if age is None else {name: getattr(age, name) for name in SPACE_AGE}


def site_age_columns(age: SiteAge | None) -> dict[str, Any]:
    """Return the age of a site, group by group, as a column of its directory."""
    if age is None:
        return {}
    return {"age": zlib.compress(msgspec.msgpack.encode(age))}


def site_age_of(data: bytes) -> SiteAge:
    """Return the age of a site from its column."""
    return msgspec.msgpack.decode(zlib.decompress(data), type=SiteAge)

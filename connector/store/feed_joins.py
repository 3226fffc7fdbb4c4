"""Fills the holes in bodies of the feed with the names and addresses of today."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

import orjson
from sqlalchemy import Connection, select

from connector.domain.feed_body import (
    PUBLIC,
    SITE,
    filled,
    filling,
    person_of,
)
from connector.store.people_names import PeopleNames
from connector.store.tables import installations

MOST_REMEMBERED = 100_000


class FeedJoins:
    """What the bodies of a transaction are joined with; what was read is kept."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._names = PeopleNames(connection)
        self._fillings: dict[tuple[str, str], dict[bytes, bytes]] = {}
        self._urls: dict[str, str] = {}

    def text(self, site_id: str, body: bytes, public_url: str) -> bytes:
        """Return a body as JSON text."""
        return self._filled(site_id, [body], public_url, b"")

    def lines(
        self, rows: Sequence[tuple[str, bytes]], public_url: str
    ) -> Iterator[bytes]:
        """Yield the bodies of some sites as lines of JSON, many in one piece."""
        for site_id, of_site in groupby(rows, key=lambda row: row[0]):
            bodies = [body for _, body in of_site]
            yield self._filled(site_id, [*bodies, b""], public_url, b"\n")

    def site_url(self, site_id: str) -> str:
        """Return the address of a site, installed or not any more."""
        if site_id not in self._urls:
            table = installations
            wanted = select(table.c.site_url).where(table.c.site_id == site_id)
            newest = wanted.order_by(table.c.is_live.desc(), table.c.ended_at.desc())
            url = self._connection.scalar(newest.limit(1)) or ""
            self._urls[site_id] = url.rstrip("/")
        return self._urls[site_id]

    def _filled(
        self, site_id: str, bodies: Sequence[bytes], public_url: str, between: bytes
    ) -> bytes:
        known = self._fillings.setdefault((site_id, public_url), {})
        if len(known) > MOST_REMEMBERED:
            known.clear()
        if not known:
            known[PUBLIC] = _inside(public_url.rstrip("/"))
            known[SITE] = _inside(self.site_url(site_id))

        def learn(keys: Collection[bytes]) -> Mapping[bytes, bytes]:
            people = {key: person_of(key) for key in keys}
            names = self._names.of(site_id, people.values())
            return {
                key: filling(key, _text(names.get(id_))) for key, id_ in people.items()
            }

        return filled(bodies, known, learn, between)


def _inside(text: str) -> bytes:
    return orjson.dumps(text)[1:-1]


def _text(name: str | None) -> bytes | None:
    """Return a name as JSON text; half a surrogate pair cannot be said in UTF-8."""
    if name is None:
        return None
    return orjson.dumps(name.encode("utf-8", "replace").decode())

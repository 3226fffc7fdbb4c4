"""Fills the holes in bodies of the feed with the names and addresses of today."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby

import orjson
from sqlalchemy import Connection, bindparam, literal, select

from connector.domain.feed_body import (
    PUBLIC,
    SITE,
    Fillings,
    Unnamed,
    filling,
    person_of,
)
from connector.domain.one_line import in_one_line
from connector.store.column_types import unescaped
from connector.store.name_marks import KeptFillings, Marks, marks_of_names
from connector.store.people_names import PeopleNames
from connector.store.prepared import Prepared
from connector.store.tables import installations

MOST_REMEMBERED = 100_000
URL_OF_SITE = Prepared(
    lambda _: (
        select(installations.c.site_url)
        .where(installations.c.site_id == bindparam("site_id"))
        .order_by(installations.c.is_live.desc(), installations.c.ended_at.desc())
        .limit(literal(1))
    )
)


class FeedJoins:
    """What the bodies of a transaction are joined with; what was read is kept.

    A transaction that only reads takes what others read before it from ``kept``, as
    long as no name changed. One that writes must not: what it reads may never happen.
    """

    def __init__(
        self, connection: Connection, kept: KeptFillings | None = None
    ) -> None:
        self._connection = connection
        self._kept = kept
        self._marks: Marks | None = None
        self._names = PeopleNames(connection)
        self._fillings: dict[tuple[str, str, bool], Fillings] = {}
        self._urls: dict[str, str] = {}

    def texts(
        self, site_ids: Sequence[str], bodies: Sequence[bytes], public_url: str
    ) -> Sequence[bytes]:
        """Return the bodies of some sites as JSON texts, in their order."""
        told = {
            site_id: iter(self._known(site_id, public_url).texts(of_site))
            for site_id, of_site in _by_site(site_ids, bodies).items()
        }
        return [next(told[site_id]) for site_id in site_ids]

    def lines(
        self,
        site_ids: Sequence[str],
        bodies: Sequence[bytes],
        public_url: str,
        *,
        named: bool = True,
    ) -> Iterator[bytes]:
        """Yield the bodies of some sites as lines of JSON, many in one piece.

        The ids of the sites are given as they are stored.
        """
        begin = 0
        for site_id, count in _runs(site_ids):
            known = self._known(unescaped(site_id), public_url, named=named)
            yield known.lines(bodies[begin : begin + count])
            begin += count

    def block(
        self,
        site_ids: Sequence[str],
        bodies: Sequence[bytes],
        public_url: str,
        *,
        named: bool,
    ) -> Iterator[bytes]:
        """Yield the same as `lines`, asking once for what is to be learnt of a site.

        Unless it is to be ``named``, there is null for every name of a person.
        """
        if len(set(site_ids)) > 1:
            for site_id, of_site in _by_site(site_ids, bodies).items():
                self._known(unescaped(site_id), public_url, named=named).know(of_site)
        return self.lines(site_ids, bodies, public_url, named=named)

    def site_url(self, site_id: str) -> str:
        """Return the address of a site, installed or not any more."""
        if site_id not in self._urls:
            row = URL_OF_SITE.row(self._connection, {"site_id": site_id})
            self._urls[site_id] = row.site_url.rstrip("/") if row else ""
        return self._urls[site_id]

    def _known(self, site_id: str, public_url: str, *, named: bool = True) -> Fillings:
        known = self._fillings.get((site_id, public_url, named))
        if known is None or len(known) > MOST_REMEMBERED:
            bases = {
                PUBLIC: _inside(public_url.rstrip("/")),
                SITE: _inside(self.site_url(site_id)),
            }
            known = self._named(site_id, bases) if named else Unnamed(bases)
            self._fillings[site_id, public_url, named] = known
        return known

    def _named(self, site_id: str, bases: Mapping[bytes, bytes]) -> Fillings:
        learn = partial(self._learn, site_id)
        if self._kept is None:
            return Fillings(dict(bases), learn)
        if self._marks is None:
            self._marks = marks_of_names(self._connection)
        kept = self._kept.at(self._marks, site_id, bases[PUBLIC], bases[SITE])
        kept.update(bases)
        return Fillings(kept, learn)

    def _learn(self, site_id: str, keys: Collection[bytes]) -> Mapping[bytes, bytes]:
        people = {key: person_of(key) for key in keys}
        names = self._names.of(site_id, people.values())
        return {key: filling(key, _text(names.get(id_))) for key, id_ in people.items()}


def _runs(site_ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield each site with how many rows of it follow one another."""
    if site_ids and site_ids.count(site_ids[0]) == len(site_ids):
        yield site_ids[0], len(site_ids)
        return
    for site_id, run in groupby(site_ids):
        yield site_id, len(list(run))


def _by_site(
    site_ids: Sequence[str], bodies: Sequence[bytes]
) -> Mapping[str, Sequence[bytes]]:
    of_sites: dict[str, list[bytes]] = {}
    for site_id, body in zip(site_ids, bodies, strict=True):
        of_sites.setdefault(site_id, []).append(body)
    return of_sites


def _inside(text: str) -> bytes:
    return in_one_line(orjson.dumps(text))[1:-1]


def _text(name: str | None) -> bytes | None:
    """Return a name as JSON text; half a surrogate pair cannot be said in UTF-8."""
    if name is None:
        return None
    try:
        told = orjson.dumps(name)
    except TypeError:
        told = orjson.dumps(name.encode("utf-8", "replace").decode())
    return in_one_line(told)

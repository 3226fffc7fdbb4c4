"""Keeps grants: their tokens encrypted, their refresh leased and fenced."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy import update as update_of

from connector.domain.grant import Grant, GrantAge, SealedGrant
from connector.domain.installation import TokenPair
from connector.store.column_types import Moment
from connector.store.seal import Seal
from connector.store.tables import grants
from connector.store.upsert import upsert

NOBODY = ""


class SqlGrantStore:
    """The grants; the tokens of one open for that one only."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def save(self, grant: Grant) -> None:
        """Insert or replace a grant; ends any lease."""
        row = {
            "id": grant.id,
            "sealed": self._sealed(grant.id, grant.pair),
            "account_id": grant.account_id,
            "client_id": grant.client_id,
            "consented_at": grant.consented_at,
            "refreshed_at": grant.refreshed_at,
            "generation": grant.generation,
            "lease_owner": NOBODY,
            "lease_until": None,
            "tried_at": grant.tried_at,
            "is_dead": grant.is_dead,
            "error": grant.error,
        }
        upsert(self._connection, grants, [row], key=["id"])

    def get(self, grant_id: str) -> Grant | None:
        """Return a grant, its tokens decrypted."""
        wanted = select(grants).where(grants.c.id == grant_id)
        row = self._connection.execute(wanted).one_or_none()
        return None if row is None else self._grant(row)

    def lease(
        self, grant_id: str, generation: int, owner: str, now: datetime, until: datetime
    ) -> Grant | None:
        """Take the right to refresh a generation, unless somebody holds it."""
        is_free = or_(
            grants.c.lease_owner == NOBODY,
            grants.c.lease_until.is_(None),
            grants.c.lease_until <= now,
        )
        taken = self._update(
            and_(grants.c.id == grant_id, grants.c.generation == generation, is_free),
            {
                "lease_owner": owner,
                "lease_until": until,
                "tried_at": func.coalesce(grants.c.tried_at, literal(now, Moment)),
            },
        )
        return self.get(grant_id) if taken else None

    def renew(self, grant: Grant, owner: str, pair: TokenPair, now: datetime) -> bool:
        """Keep the next pair and end the lease."""
        return self._end(
            grant,
            owner,
            {
                "sealed": self._sealed(grant.id, pair),
                "generation": grant.generation + 1,
                "refreshed_at": now,
                "tried_at": None,
                "is_dead": False,
                "error": "",
            },
        )

    def release(self, grant: Grant, owner: str, error: str) -> bool:
        """End a lease that brought nothing; when it was first tried is kept."""
        return self._end(grant, owner, {"error": error})

    def bury(self, grant: Grant, owner: str, error: str) -> bool:
        """Mark a grant as dead and end the lease."""
        return self._end(grant, owner, {"error": error, "is_dead": True})

    def idle(self, refreshed_before: datetime, limit: int) -> Sequence[str]:
        """Return living grants that rested for long, the longest first."""
        wanted = (
            select(grants.c.id)
            .where(grants.c.refreshed_at < refreshed_before, ~grants.c.is_dead)
            .order_by(grants.c.refreshed_at, grants.c.id)
            .limit(limit)
        )
        return self._connection.scalars(wanted).all()

    def ageing(
        self, consented_before: datetime, refreshed_before: datetime
    ) -> Sequence[GrantAge]:
        """Return living grants that are old, or that rested for long, by id."""
        is_old = or_(
            grants.c.consented_at < consented_before,
            grants.c.refreshed_at < refreshed_before,
        )
        wanted = select(grants.c.id, grants.c.consented_at, grants.c.refreshed_at)
        living = wanted.where(is_old, ~grants.c.is_dead).order_by(grants.c.id)
        return [GrantAge(*row) for row in self._connection.execute(living)]

    def seals(self, after_id: str, limit: int) -> Sequence[SealedGrant]:
        """Return which keys open some grants, in the order of the ids."""
        rows = self._connection.execute(_sealed_after(after_id, limit))
        return [self._seal_of(row) for row in rows]

    def reseal(self, after_id: str, limit: int) -> Sequence[SealedGrant]:
        """Encrypt some grants under the first key; returns how they were found."""
        locked = _sealed_after(after_id, limit).with_for_update()
        rows = self._connection.execute(locked).all()
        found = [self._seal_of(row) for row in rows]
        for row, sealed in zip(rows, found, strict=True):
            if sealed.key:
                context = _context(row.id)
                fresh = self._seal.close(context, self._seal.open(context, row.sealed))
                this = update_of(grants).where(grants.c.id == row.id)
                self._connection.execute(this.values(sealed=fresh))
        return found

    def ids(self) -> frozenset[str]:
        """Return which grants there are."""
        return frozenset(self._connection.scalars(select(grants.c.id)))

    def all(self) -> Iterator[Grant]:
        """Yield every grant, in the order of the ids."""
        for row in self._connection.execute(select(grants).order_by(grants.c.id)):
            yield self._grant(row)

    def erase(self, grant_id: str) -> None:
        """Forget a grant and its tokens."""
        self._connection.execute(delete(grants).where(grants.c.id == grant_id))

    def _end(self, grant: Grant, owner: str, values: Mapping[str, Any]) -> bool:
        held = and_(
            grants.c.id == grant.id,
            grants.c.generation == grant.generation,
            grants.c.lease_owner == owner,
        )
        free = {"lease_owner": NOBODY, "lease_until": None}
        return self._update(held, {**values, **free})

    def _update(self, where: ColumnElement[bool], values: Mapping[str, Any]) -> bool:
        changed = self._connection.execute(
            update_of(grants).where(where).values(dict(values))
        )
        return changed.rowcount == 1

    def _seal_of(self, row: Row[Any]) -> SealedGrant:
        return SealedGrant(row.id, self._seal.key_of(_context(row.id), row.sealed))

    def _sealed(self, grant_id: str, pair: TokenPair) -> bytes:
        return self._seal.close(_context(grant_id), msgspec.json.encode(pair))

    def _grant(self, row: Row[Any]) -> Grant:
        secret = self._seal.open(_context(row.id), row.sealed)
        return Grant(
            id=row.id,
            pair=msgspec.json.decode(secret, type=TokenPair),
            consented_at=row.consented_at,
            refreshed_at=row.refreshed_at,
            account_id=row.account_id,
            client_id=row.client_id,
            generation=row.generation,
            lease_owner=row.lease_owner,
            lease_until=row.lease_until,
            tried_at=row.tried_at,
            is_dead=row.is_dead,
            error=row.error,
        )


def _sealed_after(after_id: str, limit: int) -> Select[tuple[str, bytes]]:
    wanted = select(grants.c.id, grants.c.sealed).where(grants.c.id > after_id)
    return wanted.order_by(grants.c.id).limit(limit)


def _context(grant_id: str) -> str:
    return f"grant:{grant_id}"

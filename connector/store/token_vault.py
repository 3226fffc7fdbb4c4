"""Keeps token pairs in the database, encrypted."""

import msgspec
from sqlalchemy import Connection, delete, select

from connector.domain.installation import TokenPair
from connector.store.seal import Seal
from connector.store.tables import token_pairs
from connector.store.upsert import upsert


class SqlTokenVault:
    """The token pairs, one per grant; a pair opens for its own grant only."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def store(self, grant_id: str, pair: TokenPair) -> None:
        """Encrypt and keep a pair, replacing the grant's older one."""
        sealed = self._seal.close(_context(grant_id), msgspec.json.encode(pair))
        row = {"grant_id": grant_id, "sealed": sealed}
        upsert(self._connection, token_pairs, [row], key=["grant_id"])

    def load(self, grant_id: str) -> TokenPair | None:
        """Return the pair of a grant, decrypted."""
        wanted = select(token_pairs.c.sealed).where(token_pairs.c.grant_id == grant_id)
        sealed = self._connection.scalar(wanted)
        if sealed is None:
            return None
        secret = self._seal.open(_context(grant_id), sealed)
        return msgspec.json.decode(secret, type=TokenPair)

    def erase(self, grant_id: str) -> None:
        """Forget the pair of a grant."""
        forgotten = delete(token_pairs).where(token_pairs.c.grant_id == grant_id)
        self._connection.execute(forgotten)


def _context(grant_id: str) -> str:
    return f"grant:{grant_id}"

"""Grants for tests that care for little but their tokens."""

from datetime import UTC, datetime

from connector.domain.grant import Grant
from connector.domain.installation import TokenPair
from connector.domain.store_ports import Stores

CONSENTED_AT = datetime(2026, 11, 1, tzinfo=UTC)


def grant_of(grant_id: str, pair: TokenPair) -> Grant:
    """Return a grant that was consented to on the first of November."""
    return Grant(grant_id, pair, CONSENTED_AT, CONSENTED_AT)


def tokens_of(stores: Stores, grant_id: str) -> TokenPair | None:
    """Return the tokens of a grant, if it is there."""
    grant = stores.grants.get(grant_id)
    return None if grant is None else grant.pair

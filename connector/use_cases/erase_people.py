"""Erases what people are called: whoever Atlassian closed, and whoever asks for it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from connector.domain.care import Erasure
from connector.domain.errors import NotFoundError
from connector.domain.life import Notice, NoticeKind
from connector.domain.store_ports import Begin, Stores


def erase_closed(
    stores: Stores, account_ids: Collection[str], now: datetime
) -> Erasure:
    """Erase accounts that were closed, and write that down for their sites.

    Their names are not kept again until Confluence shows the account as active.
    """
    if not account_ids:
        return Erasure()
    erasure = stores.accounts.erase(account_ids, barred_at=now)
    for account_id, site_ids in sorted(erasure.sites_of.items()):
        notice = Notice(NoticeKind.ACCOUNT_CLOSED, {"account_id": account_id})
        for site_id in sorted(site_ids):
            installation = stores.installations.named(site_id)
            if installation is not None:
                stores.log.add(installation, [notice], now)
    return erasure


@dataclass(frozen=True, slots=True)
class EraseAccount:
    """Erases one account on request; works without any scope or token."""

    begin: Begin

    def __call__(self, account_id: str, now: datetime) -> Erasure:
        """Return in how many places the name stood; raises if nobody is known so."""
        with self.begin() as stores:
            erasure = erase_closed(stores, [account_id], now)
        if account_id not in erasure.sites_of:
            raise NotFoundError(
                f"Nothing that is stored speaks of the account {account_id}.",
                "Give the account id, such as 5b10a2844c20165700ede21g; it stands in "
                "the address of the person's profile.",
            )
        return erasure

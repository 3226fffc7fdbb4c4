"""Encrypts what is stored under the first key, so that older keys can go."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.domain.grant import SealedGrant
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.bury_grant import names_of

BATCH = 200

Batch = Callable[[Stores, str, int], Sequence[SealedGrant]]


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How many grants each key opens, by its place from 0; ``lost`` open with none.

    The secrets of a webhook count as a grant. ``lost`` names the sites of a grant, or
    the grant where it has none, or the webhook.
    """

    grants_of: Mapping[int, int]
    lost: tuple[str, ...] = ()

    def opens(self, place: int) -> int:
        """Return how many grants a key opens."""
        return self.grants_of.get(place, 0)

    @property
    def older(self) -> int:
        """How many grants are under another key than the first."""
        return sum(count for place, count in self.grants_of.items() if place)


@dataclass(frozen=True, slots=True)
class Rotation:
    """Which keys were in use before a rotation, and which are after it."""

    before: KeyUse
    after: KeyUse


class RotateKeys:
    """Encrypts the tokens anew; whoever stops it half-way may begin again."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    def __call__(self) -> Rotation:
        """Return what was in use before and after; what opened is under the first key.

        What the browsers of administrators hold is dropped: they sign in again.
        """
        before = self._walk(
            lambda s, after, n: s.grants.reseal(after, n),
            lambda s, after, n: s.webhooks.reseal(after, n),
            write=True,
        )
        with self._begin() as stores:
            stores.sessions.clear()
        return Rotation(before, self.look())

    def look(self) -> KeyUse:
        """Return which keys are in use; changes nothing."""
        return self._walk(
            lambda s, after, n: s.grants.seals(after, n),
            lambda s, after, n: s.webhooks.seals(after, n),
            write=False,
        )

    def _walk(self, grants: Batch, webhooks: Batch, *, write: bool) -> KeyUse:
        counts: Counter[int] = Counter()
        lost: list[str] = []
        for batch in self._batches(grants, write=write):
            counts.update(sealed.key for sealed in batch if sealed.key is not None)
            lost += [self._named(sealed.id) for sealed in batch if sealed.key is None]
        for batch in self._batches(webhooks, write=write):
            counts.update(sealed.key for sealed in batch if sealed.key is not None)
            lost += [f"webhook {sealed.id}" for sealed in batch if sealed.key is None]
        return KeyUse(dict(sorted(counts.items())), tuple(lost))

    def _batches(
        self, batch_of: Batch, *, write: bool
    ) -> Iterator[Sequence[SealedGrant]]:
        after = ""
        while True:
            with self._begin(write=write) as stores:
                batch = batch_of(stores, after, BATCH)
            if not batch:
                return
            yield batch
            after = batch[-1].id

    def _named(self, grant_id: str) -> str:
        with self._begin(write=False) as stores:
            sites = stores.installations.of_grant(grant_id)
        return names_of(sites) or f"grant {grant_id}"

"""Whatever refreshers do, and in which order: one of them at a time counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.grant import Grant
from connector.domain.installation import TokenPair
from connector.domain.store_ports import Begin

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)
NUMBERS = count()

acts = st.tuples(
    st.sampled_from(["lease", "renew", "release", "bury"]),
    st.integers(0, 2),
    st.integers(0, 70),
)


@dataclass
class Refreshers:
    """Three refreshers of a grant, the time, and who should be in the right."""

    begin: Begin
    grant_id: str
    now: datetime = NOON
    held: dict[int, Grant] = field(default_factory=dict)
    holder: int | None = None
    renewed: list[TokenPair] = field(default_factory=list)

    def act(self, what: str, who: int) -> None:
        """Let a refresher act, and compare what comes of it with what should."""
        if what == "lease":
            self._lease(who)
        elif who in self.held:
            self._end(what, who, self.held.pop(who))

    def _lease(self, who: int) -> None:
        stored = self.stored()
        should_get_it = not stored.is_leased(self.now)
        with self.begin() as stores:
            got = stores.grants.lease(
                self.grant_id,
                stored.generation,
                f"owner-{who}",
                self.now,
                self.now + LEASE,
            )
        assert (got is not None) == should_get_it
        if got:
            self.held[who], self.holder = got, who

    def _end(self, what: str, who: int, grant: Grant) -> None:
        pair = TokenPair(f"by-{who}-{self.now}", "refresh", self.now + LEASE)
        owner = f"owner-{who}"
        with self.begin() as stores:
            counted = {
                "renew": lambda: stores.grants.renew(grant, owner, pair, self.now),
                "release": lambda: stores.grants.release(grant, owner, "503"),
                "bury": lambda: stores.grants.bury(grant, owner, "dead"),
            }[what]()
        assert counted == (self.holder == who)
        if counted:
            self.holder = None
            self.renewed += [pair] if what == "renew" else []

    def stored(self) -> Grant:
        """Return the grant as everybody sees it."""
        with self.begin(write=False) as stores:
            grant = stores.grants.get(self.grant_id)
        assert grant is not None
        return grant


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(acts, max_size=14))
def test_only_the_holder_of_the_lease_counts(
    begin: Begin, history: Sequence[tuple[str, int, int]]
) -> None:
    first = TokenPair("first", "refresh", NOON)
    refreshers = Refreshers(begin, f"grant-{next(NUMBERS)}")
    with begin() as stores:
        stores.grants.save(Grant(refreshers.grant_id, first, NOON, NOON))

    for what, who, seconds in history:
        refreshers.now += timedelta(seconds=seconds)
        refreshers.act(what, who)

    stored = refreshers.stored()
    assert stored.generation == len(refreshers.renewed)
    assert stored.pair == [first, *refreshers.renewed][-1]

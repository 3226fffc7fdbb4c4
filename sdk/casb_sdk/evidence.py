"""The evidence against people: by which paths they get in, and how sure that is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from casb_sdk.confidence import ORPHAN_NOTE, Doubts, rated
from casb_sdk.exposed import Access, Affected, Path
from casb_sdk.footing import Footing
from casb_sdk.model import Audience, Confidence, Level
from casb_sdk.standing import Roster


@dataclass(frozen=True, slots=True)
class Ways:
    """By which operations something is reached, and past what."""

    wanted: frozenset[str]
    is_edit: bool
    is_past_missing: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """What the principals that reach the same profiles have in common."""

    level: Level
    ways: Ways
    affected: Affected | None = None


class Proof(NamedTuple):
    """By which paths something is reached, and how sure that is."""

    paths: tuple[Path, ...]
    confidence: Confidence
    reasons: tuple[str, ...]


class Accesses(dict[Footing, Access]):
    """The access of all people with a footing, written when first asked for."""

    def __init__(self, write: Callable[[Footing], Access]) -> None:
        self._write = write

    def __missing__(self, footing: Footing) -> Access:
        """Write the access of a footing."""
        access = self[footing] = self._write(footing)
        return access


@dataclass(frozen=True, slots=True)
class Evidence:
    """Gathers evidence on one space, once for all people with the same footing."""

    roster: Roster
    doubts: Doubts
    _proofs: dict[Ways, dict[Footing, Proof]] = field(default_factory=dict, repr=False)

    def accesses(self, share: Share) -> Accesses:
        """Return the access of people by their footing, each with that share."""
        proofs = self._proofs.setdefault(share.ways, {})
        return Accesses(partial(self._access, share, proofs))

    def access(self, share: Share, footing: Footing) -> Access:
        """Return the access of all people with a footing."""
        return self._access(share, self._proofs.setdefault(share.ways, {}), footing)

    def _access(
        self, share: Share, proofs: dict[Footing, Proof], footing: Footing
    ) -> Access:
        proof = proofs.get(footing)
        if proof is None:
            proof = proofs[footing] = self._proof(footing, share.ways)
        return Access(
            share.level,
            proof.paths,
            share.affected,
            footing.administers,
            proof.confidence,
            proof.reasons,
            (ORPHAN_NOTE,) if footing.sort.audience is Audience.UNKNOWN else (),
        )

    def _proof(self, footing: Footing, ways: Ways) -> Proof:
        paths = self.roster.paths(footing, ways.wanted)
        reasons = self.doubts.about(
            footing.sort,
            paths,
            is_edit=ways.is_edit,
            is_past_missing=ways.is_past_missing,
        )
        return Proof(paths, rated(reasons), reasons)

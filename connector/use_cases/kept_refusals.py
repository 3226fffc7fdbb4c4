"""Keeps beside a snapshot what Confluence refused, for who judges it again later."""

import json
from collections.abc import Iterable
from dataclasses import replace

from casb_sdk import Level, Refusal, SpaceSnapshot

REFUSED = "refused:"


def with_refusals(
    snapshot: SpaceSnapshot, refusals: Iterable[Refusal]
) -> SpaceSnapshot:
    """Return a snapshot to be kept, with what Confluence refused of it."""
    plain, _ = without_refusals(snapshot)
    told = sorted((r.account_id, r.resource_id, r.level.value) for r in refusals)
    notes = tuple(REFUSED + json.dumps(each) for each in told)
    coverage = replace(plain.coverage, notes=(*plain.coverage.notes, *notes))
    return replace(plain, coverage=coverage) if notes else plain


def without_refusals(
    kept: SpaceSnapshot,
) -> tuple[SpaceSnapshot, frozenset[Refusal]]:
    """Return a kept snapshot as it was judged, and what Confluence refused of it."""
    coverage = kept.coverage
    told = [note for note in coverage.notes if note.startswith(REFUSED)]
    if not told:
        return kept, frozenset()
    notes = tuple(note for note in coverage.notes if note not in set(told))
    plain = replace(kept, coverage=replace(coverage, notes=notes))
    return plain, frozenset(map(_refusal, told))


def _refusal(note: str) -> Refusal:
    account_id, resource_id, level = json.loads(note.removeprefix(REFUSED))
    return Refusal(account_id, resource_id, Level(level))

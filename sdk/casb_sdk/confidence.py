"""How sure the model is of an exposed principal, and why not (access-model 1.9)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from casb_sdk.access import READ_SPACE
from casb_sdk.exposed import ExposedPrincipal, Path, accesses_of
from casb_sdk.model import AnonymousUse, Audience, Confidence
from casb_sdk.people import Sort

UNVERIFIED_ANONYMOUS = "anonymous_access_unverified"
GUEST_VIA_GROUP = "guest_via_group"
SKIPPED_ANCESTOR = "skipped_ancestor"
UNKNOWN_ALONE = "unknown_account"
PRODUCT_ACCESS_UNREAD = "product_access_not_read"
EDIT_FROM_CREATE = "edit_read_from_create"
CUSTOMER = "customer_account"
ORPHAN_NOTE = "likely_orphan_grant"

LOW = frozenset({EDIT_FROM_CREATE, CUSTOMER})


@dataclass(frozen=True, slots=True)
class Doubts:
    """What of the space and the site casts doubt on every verdict."""

    anonymous_use: AnonymousUse
    product_access_is_known: bool
    split_is_assumed: bool

    def about(
        self,
        sort: Sort,
        paths: Collection[Path],
        *,
        is_edit: bool,
        is_past_missing: bool = False,
    ) -> tuple[str, ...]:
        """Return the reasons to trust exposed principals of a sort less."""
        reasons = list(self._about_account(sort))
        if sort.is_guest and all(path.group_id for path in paths):
            reasons.append(GUEST_VIA_GROUP)
        if is_past_missing:
            reasons.append(SKIPPED_ANCESTOR)
        if is_edit and self.split_is_assumed and _is_create_only(paths):
            reasons.append(EDIT_FROM_CREATE)
        return tuple(reasons)

    def _about_account(self, sort: Sort) -> Iterator[str]:
        if sort.audience is Audience.ANONYMOUS:
            if self.anonymous_use is AnonymousUse.UNVERIFIED:
                yield UNVERIFIED_ANONYMOUS
        elif sort.audience is Audience.UNKNOWN:
            yield UNKNOWN_ALONE
        elif sort.audience is Audience.EXTERNAL:
            if not sort.is_guest and not self.product_access_is_known:
                yield PRODUCT_ACCESS_UNREAD
            if sort.account_type == "customer":
                yield CUSTOMER


def rated(reasons: Collection[str]) -> Confidence:
    """Return the confidence that some reasons leave."""
    if LOW.intersection(reasons):
        return Confidence.LOW
    return Confidence.MEDIUM if reasons else Confidence.HIGH


def overall(
    principals: Sequence[ExposedPrincipal],
) -> tuple[Confidence, tuple[str, ...]]:
    """Return the confidence of an exposure: that of its surest principal."""
    accesses = tuple(accesses_of(principals))
    best = max({access.confidence for access in accesses}, key=lambda c: c.rank)
    if best is Confidence.HIGH:
        return best, ()
    reasons = dict.fromkeys(
        reason
        for access in accesses
        if access.confidence is best
        for reason in access.confidence_reasons
    )
    return best, tuple(reasons)


def _is_create_only(paths: Collection[Path]) -> bool:
    written = {f"{p.operation}/{p.target}" for p in paths} - {READ_SPACE}
    return bool(written) and all(name.startswith("create/") for name in written)

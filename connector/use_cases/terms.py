"""By what a scan judges: settings, detectors, and what people decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from casb_sdk import Account, AppKind, Audience, AudiencePolicy
from casb_sdk.audience import app_kind_of, audience_of
from connector.domain.difference import principal_ids
from connector.domain.finding_state import FindingType, TrackedFinding
from connector.domain.policy import DetectorPolicy
from connector.domain.store_ports import Stores
from connector.domain.suppression import Suppressions
from connector.domain.triage import Occasion


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people decided about findings: what is put aside, and how severe it is.

    A scan of hours must not undo what was decided since it began.
    """

    suppressions: Suppressions
    policy: DetectorPolicy


@dataclass(frozen=True, slots=True)
class Terms:
    """By what a scan judges: the settings of the site and the words of detectors.

    ``audience_before`` is the policy of the last scan, if there was one, and ``viewer``
    tells apart who reads.
    """

    site_id: str
    scan_id: str
    audience: AudiencePolicy
    policy: DetectorPolicy
    types: Mapping[str, FindingType]
    now: Callable[[], datetime]
    verify: bool = False
    audience_before: AudiencePolicy | None = None
    viewer: str = ""

    @property
    def is_first(self) -> bool:
        """Return whether the site was never scanned to the end."""
        return self.audience_before is None

    @property
    def enabled(self) -> frozenset[str]:
        """The detectors that run on the site."""
        return self.policy.enabled(self.types.keys())

    def decisions(self, stores: Stores) -> Decisions:
        """Return what people decided, as it stands in the transaction that judges."""
        all_ = stores.suppressions.of_site(self.site_id)
        return Decisions(
            Suppressions.of(all_, self.now()), stores.policies.policy(self.site_id)
        )

    def occasion(self, space_id: str, decisions: Decisions) -> Occasion:
        """Return the occasion on which a space, or the site, is judged."""
        return Occasion(
            self.site_id,
            space_id,
            self.scan_id,
            self.now(),
            self.types,
            decisions.policy,
            decisions.suppressions,
        )

    def retired(self, known: Mapping[str, TrackedFinding]) -> frozenset[str]:
        """Return the detectors that reported something and run no more."""
        return frozenset(t.finding.detector_id for t in known.values()) - self.enabled

    def reclassified(
        self,
        known: Mapping[str, TrackedFinding],
        accounts: Mapping[str, Account],
    ) -> frozenset[str]:
        """Return whom a change of settings put where no finding looks for them."""
        before = self.audience_before
        if before is None or before == self.audience:
            return frozenset()
        ids = {id_ for each in known.values() for id_ in principal_ids(each.finding)}
        present = (accounts[id_] for id_ in ids if id_ in accounts)
        return frozenset(
            account.id
            for account in present
            if _class_of(account, before) != _class_of(account, self.audience)
        )


def _class_of(
    account: Account, policy: AudiencePolicy
) -> tuple[Audience, AppKind | None]:
    audience = audience_of(account, policy)
    is_app = audience is Audience.APP
    return audience, app_kind_of(account, policy) if is_app else None

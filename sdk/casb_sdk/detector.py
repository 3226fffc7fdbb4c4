"""A detector: a rule with its words, asked about each space and each site."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from casb_sdk.audience import AudiencePolicy
from casb_sdk.exposed import ExposedPrincipal
from casb_sdk.exposure import Exposure, Resource
from casb_sdk.finding import Finding, Severity
from casb_sdk.model import Confidence, Level, Site
from casb_sdk.people import People, Principal
from casb_sdk.site import SiteAccess
from casb_sdk.snapshot import SiteSnapshot
from casb_sdk.space import SpaceAccess

ACCESS_SECURITY = "access-security"


@dataclass(frozen=True, slots=True)
class Context:
    """What a detector is given besides the facts: its settings, a clock, a logger."""

    site: Site
    now: datetime
    config: Mapping[str, object] = field(default_factory=dict)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("casb"))


class Detector:
    """Subclass this, fill in the words, answer one or both questions.

    A detector holds no state: the same facts always yield the same findings.
    ``implied_by`` names the detector whose finding on the same resource says
    more (access-model 1.7).
    """

    id: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity]
    category: ClassVar[str] = ACCESS_SECURITY
    rationale: ClassVar[str]
    remediation: ClassVar[str]
    implied_by: ClassVar[str | None] = None

    def check_space(self, space: SpaceAccess, context: Context) -> Iterable[Finding]:
        """Yield what is wrong with one space; called once per space and scan."""
        return ()

    def check_site(self, site: SiteAccess, context: Context) -> Iterable[Finding]:
        """Yield what is wrong with the site; called once, after all its spaces."""
        return ()

    def finding(self, exposure: Exposure) -> Finding:
        """Return an exposure as a finding of this detector."""
        return Finding.of(self.id, exposure)

    def finding_on(
        self,
        resource: Resource,
        *,
        principals: Collection[Principal] = (),
        level: Level = Level.VIEW,
        confidence: Confidence = Confidence.HIGH,
        evidence: Mapping[str, str] | None = None,
    ) -> Finding:
        """Return a finding that comes from no exposure, with evidence of its own."""
        return Finding(
            self.id,
            resource,
            principals=tuple(ExposedPrincipal(p, level) for p in principals),
            level=level,
            confidence=confidence,
            details=evidence or {},
        )

    def detect(
        self, snapshot: SiteSnapshot, policy: AudiencePolicy, context: Context
    ) -> Iterator[Finding]:
        """Yield the findings on a whole site held in memory; for tests and tools."""
        people = People.of(snapshot.directory, policy)
        site = SiteAccess(people)
        for space_snapshot in snapshot.spaces:
            space = SpaceAccess(space_snapshot, people)
            site.add(space)
            yield from self.check_space(space, context)
        yield from self.check_site(site, context)

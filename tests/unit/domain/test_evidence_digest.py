"""The digest of a finding stays the one that earlier versions stored."""

import hashlib
import json

from hypothesis import given

from casb_sdk import Finding
from connector.domain.difference import evidence_digest
from tests.contract.finding_words import any_finding


@given(any_finding)
def test_the_digest_is_of_the_facts_as_json(finding: Finding) -> None:
    facts = (
        sorted(
            (p.principal.audience, p.principal.id, p.level) for p in finding.principals
        ),
        finding.level,
        finding.cause,
        finding.confidence,
        finding.anonymous_use,
    )

    assert (
        evidence_digest(finding)
        == hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    )

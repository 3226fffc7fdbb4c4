"""The access model says exactly what the formulas say, worked out by brute force."""

import pytest
from hypothesis import HealthCheck, given, settings

from casb_sdk.audience import AudiencePolicy
from casb_sdk.snapshot import SiteSnapshot
from sdk.tests.agreement import Model, disagreements
from sdk.tests.sites import seeded_site, sites

SEEDS = range(1, 21)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_model_agrees_with_the_oracle_on_a_seeded_site(seed: int) -> None:
    site, policy = seeded_site(seed)

    assert disagreements(site, policy) == []


@pytest.mark.timeout(300)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sites())
def test_the_model_agrees_with_the_oracle_on_any_site(
    described: tuple[SiteSnapshot, AudiencePolicy],
) -> None:
    site, policy = described

    assert disagreements(site, policy) == []


def test_the_seeded_sites_give_every_detector_something_to_find() -> None:
    found = dict.fromkeys(range(1, 11), 0)
    for seed in SEEDS:
        for number, verdict in Model(*seeded_site(seed)).verdicts().items():
            found[number] += len(verdict)

    assert min(found.values()) >= 10, found

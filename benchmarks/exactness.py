"""B12, the gate: the access model against the brute-force oracle."""

from benchmarks.figure import Aim, Figure, Outcome
from sdk.tests.agreement import disagreements
from sdk.tests.sites import seeded_site

SEEDS = range(1, 21)
ITEMS = 500


def measure() -> Outcome:
    """Count the disagreements on twenty adversarial sites."""
    wrong = [
        f"seed {seed}: {difference}"
        for seed in SEEDS
        for difference in disagreements(*seeded_site(seed, items=ITEMS))
    ]
    for line in wrong[:10]:
        print(line)
    figure = Figure(
        "B12",
        "access model against the brute-force oracle, mismatches",
        f"{len(SEEDS)} seeds",
        len(wrong),
        Aim.EXACTLY,
        0,
    )
    return Outcome((figure,), conditions=f"seeds 1 to 20, {ITEMS} items each")

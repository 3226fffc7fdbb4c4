"""The sites every workload runs on, from the seeded generator."""

from dataclasses import dataclass

from casb_sdk import AudiencePolicy, SiteSnapshot
from casb_sdk.cloud.generator import generate_site

SEED = 7
POLICY = AudiencePolicy(internal_domains=frozenset({"acme.example"}))


@dataclass(frozen=True, slots=True)
class Size:
    """How large a site is."""

    name: str
    spaces: int
    items: int
    users: int
    groups: int

    def site(self, factor: int = 1) -> SiteSnapshot:
        """Generate the site, or one with so many times the content."""
        return generate_site(
            SEED,
            self.items * factor,
            spaces=self.spaces * factor,
            users=self.users,
            groups=self.groups,
        )


XS = Size("XS", 10, 1_000, 500, 50)
M = Size("M", 200, 50_000, 5_000, 500)
L = Size("L", 2_000, 1_000_000, 50_000, 5_000)
SIZES = {size.name: size for size in (XS, M, L)}

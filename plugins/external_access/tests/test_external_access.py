from casb_detector_external_access.detector import ExternalAccess
from casb_sdk import Audience, AudiencePolicy, Level, ResourceType
from casb_sdk.testing import DetectorContract, SiteBuilder

STAFF = Audience.INTERNAL


class TestExternalAccess(DetectorContract):
    detector = ExternalAccess()
    flagged = {
        "a guest who reads a space": (
            SiteBuilder().guest("gus").space("DOCS").allows("gus", Level.VIEW)
        ),
        "a licensed user of another company who reads no space yet": (
            SiteBuilder().outsider("eve")
        ),
        "somebody the operator calls external": (
            SiteBuilder()
            .with_policy(AudiencePolicy(external_ids=frozenset({"ann"})))
            .person("ann")
        ),
        "an outsider with nothing but a personal space": (
            SiteBuilder()
            .outsider("eve")
            .personal_space("eve")
            .allows("eve", Level.ADMIN)
        ),
    }
    clean = {
        "an employee": SiteBuilder().person("ann"),
        "a guest who only gets in where every visitor does": (
            SiteBuilder()
            .guest("gus")
            .space("DOCS")
            .allows(Audience.ANONYMOUS, Level.VIEW)
        ),
        "a deactivated account of another company": SiteBuilder().inactive("leaver"),
        "an account without product access, though a grant is left": (
            SiteBuilder()
            .outsider("eve", licensed=False)
            .space("DOCS")
            .allows("eve", Level.VIEW)
        ),
        "somebody the operator calls internal": (
            SiteBuilder()
            .with_policy(
                AudiencePolicy(
                    internal_domains=frozenset({"acme.example"}),
                    internal_ids=frozenset({"eve"}),
                )
            )
            .outsider("eve")
        ),
        "another company's domain, where no domain is called ours": (
            SiteBuilder().with_policy(AudiencePolicy()).outsider("eve")
        ),
        "an app": SiteBuilder().app("bot").space("DOCS").allows("bot", Level.EDIT),
    }

    def test_says_who_gets_in_and_how_far(self) -> None:
        site = (
            SiteBuilder()
            .outsider("eve")
            .space("DOCS")
            .allows("eve", Level.VIEW)
            .space("HR")
            .allows(STAFF, Level.VIEW)
            .space("SALES")
            .allows("confluence-users", Level.VIEW)
        )

        [finding] = self.detect(site)

        assert finding.resource.type == ResourceType.ACCOUNT
        assert finding.resource.id == "eve"
        assert finding.affected is not None
        assert [space.title for space in finding.affected.sample] == ["DOCS", "SALES"]

    def test_names_the_groups_that_give_the_product(self) -> None:
        [finding] = self.detect(SiteBuilder().outsider("eve"))

        assert finding.details == {"product_groups": "confluence-users"}

    def test_a_guest_has_no_such_group(self) -> None:
        site = SiteBuilder().guest("gus").space("DOCS").allows("gus", Level.VIEW)

        [finding] = self.detect(site)

        assert finding.details == {}

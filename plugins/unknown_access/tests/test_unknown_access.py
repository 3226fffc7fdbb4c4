from casb_detector_unknown_access.detector import UnknownAccess
from casb_sdk import AnonymousUse, Audience, Confidence, Level, ResourceType
from casb_sdk.model import AccessClass
from casb_sdk.testing import DetectorContract, SiteBuilder

ANYBODY, STAFF = Audience.ANONYMOUS, Audience.INTERNAL


def public_space() -> SiteBuilder:
    return SiteBuilder().space("DOCS").allows(ANYBODY, Level.VIEW)


class TestUnknownAccess(DetectorContract):
    detector = UnknownAccess()
    flagged = {
        "visitors may view": public_space(),
        "visitors may edit": SiteBuilder().space("DOCS").allows(ANYBODY, Level.EDIT),
        "a personal space that visitors may view": (
            SiteBuilder()
            .person("ann")
            .personal_space("ann")
            .allows(ANYBODY, Level.VIEW)
        ),
        "an unknown account in a group": (
            SiteBuilder()
            .unknown("ghost")
            .group("readers", "ghost")
            .space("DOCS")
            .allows("readers", Level.VIEW)
        ),
    }
    clean = {
        "a guest in the same place": (
            SiteBuilder()
            .guest("gus")
            .space("DOCS")
            .allows("gus", Level.VIEW)
            .page("FAQ")
        ),
        "an app in the same place": (
            SiteBuilder().app("bot").space("DOCS").allows("bot", Level.VIEW).page("FAQ")
        ),
        "staff may view": SiteBuilder().space("HR").allows(STAFF, Level.VIEW),
        "a right to create without the right to view": (
            SiteBuilder().space("DOCS").allows(ANYBODY, "create/page")
        ),
        "every logged-in user": (
            SiteBuilder().space("DOCS").allows(AccessClass.AUTHENTICATED, Level.VIEW)
        ),
        "a group that is only called anonymous": (
            SiteBuilder()
            .person("ann")
            .group("anonymous", "ann")
            .space("DOCS")
            .allows("anonymous", Level.VIEW)
        ),
        "an unknown account named on a page of a closed space": (
            SiteBuilder()
            .unknown("ghost")
            .space("DOCS")
            .allows(STAFF, Level.VIEW)
            .page("FAQ")
            .restricted_to("ghost")
        ),
    }

    def test_says_who_can_do_what(self) -> None:
        site = public_space().anonymous_reaches(AnonymousUse.AUTHENTICATED_ANY)

        [finding] = self.detect(site)

        [anybody] = finding.principals
        assert anybody.principal.audience is ANYBODY
        assert finding.level is Level.VIEW
        assert finding.resource.type == ResourceType.SPACE
        assert finding.anonymous_use is AnonymousUse.AUTHENTICATED_ANY

    def test_is_less_sure_of_accounts_that_are_probably_deleted(self) -> None:
        site = SiteBuilder().unknown("ghost").space("DOCS").allows("ghost", Level.VIEW)

        [finding] = self.detect(site)

        assert finding.confidence is Confidence.MEDIUM

    def test_is_implied_by_edit_access_to_the_space(self) -> None:
        assert self.detector.implied_by == "unknown-space-edit"

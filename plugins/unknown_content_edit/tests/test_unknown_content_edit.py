from casb_detector_unknown_content_edit.detector import UnknownContentEdit
from casb_sdk import AnonymousUse, Audience, Cause, Level, ResourceType
from casb_sdk.testing import DetectorContract, SiteBuilder

ANYBODY, STAFF = Audience.ANONYMOUS, Audience.INTERNAL


def open_space() -> SiteBuilder:
    return SiteBuilder().space("DOCS").allows(ANYBODY, Level.EDIT)


class TestUnknownContentEdit(DetectorContract):
    detector = UnknownContentEdit()
    flagged = {
        "a page that visitors may edit": open_space().page("FAQ"),
        "a blog post alone": (
            SiteBuilder()
            .space("NEWS")
            .allows(ANYBODY, "read/space", "create/blogpost")
            .page("FAQ")
            .blog("Today")
        ),
        "an account that Confluence does not know": (
            SiteBuilder()
            .unknown("ghost")
            .space("DOCS")
            .allows("ghost", Level.EDIT)
            .page("FAQ")
        ),
        "an account that was looked up and is absent, through a group": (
            SiteBuilder()
            .absent("ghost")
            .group("editors", "ghost")
            .space("DOCS")
            .allows("editors", Level.EDIT)
            .page("FAQ")
        ),
        "edit limits of a parent do not reach its children": (
            open_space()
            .page("Home")
            .restricted_to(STAFF, Level.EDIT)
            .page("FAQ", under="Home")
        ),
    }
    clean = {
        "a guest in the same place": (
            SiteBuilder()
            .guest("gus")
            .space("DOCS")
            .allows("gus", Level.EDIT)
            .page("FAQ")
        ),
        "an app in the same place": (
            SiteBuilder().app("bot").space("DOCS").allows("bot", Level.EDIT).page("FAQ")
        ),
        "a space that may only be viewed": (
            SiteBuilder().space("DOCS").allows(ANYBODY, Level.VIEW).page("FAQ")
        ),
        "a space for staff": (
            SiteBuilder().space("HR").allows(STAFF, Level.EDIT).page("Pay")
        ),
        "a page hidden by its parent": (
            open_space().page("Home").restricted_to(STAFF).page("Pay", under="Home")
        ),
        "a right to create without the right to view": (
            SiteBuilder().space("DOCS").allows(ANYBODY, "create/page").page("FAQ")
        ),
        "creating does not mean editing where the two are told apart": (
            SiteBuilder()
            .space("DOCS")
            .allows(STAFF, Level.EDIT, "update/page")
            .allows(ANYBODY, "read/space", "create/page")
            .page("FAQ")
        ),
        "an archived page": open_space().page("Old", status="archived"),
        "a deleted account": (
            SiteBuilder()
            .closed("leaver")
            .space("DOCS")
            .allows("leaver", Level.EDIT)
            .page("FAQ")
        ),
    }

    def test_says_who_can_do_what(self) -> None:
        site = open_space().anonymous_reaches(AnonymousUse.INTERNET).page("FAQ")

        [finding] = self.detect(site)

        [anybody] = finding.principals
        assert anybody.principal.audience is ANYBODY
        assert finding.level is Level.EDIT
        assert finding.resource.type == ResourceType.SPACE_CONTENT
        assert finding.cause is Cause.SPACE_GRANT
        assert finding.anonymous_use is AnonymousUse.INTERNET
        assert finding.affected is not None
        assert [item.title for item in finding.affected.sample] == ["FAQ"]

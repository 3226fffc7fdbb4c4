from casb_detector_app_content_view.detector import AppContentView
from casb_sdk import AppKind, Audience, Cause, Level, ResourceType
from casb_sdk.testing import DetectorContract, SiteBuilder

STAFF = Audience.INTERNAL


def space_with_app() -> SiteBuilder:
    return SiteBuilder().app("bot").space("DOCS").allows("bot", Level.VIEW)


class TestAppContentView(DetectorContract):
    detector = AppContentView()
    flagged = {
        "an app that may view": space_with_app().page("FAQ"),
        "an app that may edit": (
            SiteBuilder().app("bot").space("DOCS").allows("bot", Level.EDIT).page("FAQ")
        ),
        "an app that administers and may not write pages": (
            SiteBuilder()
            .app("bot")
            .space("DOCS")
            .allows("bot", "read/space", "administer/space")
            .page("FAQ")
        ),
        "an app that a page names": (
            space_with_app().page("FAQ").restricted_to("bot", STAFF)
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
        "a page for staff": space_with_app().page("Pay").restricted_to(STAFF),
        "staff may view": SiteBuilder().space("HR").allows(STAFF, Level.VIEW).page("A"),
        "an app that only gets in where every visitor does": (
            SiteBuilder()
            .app("bot")
            .space("DOCS")
            .allows(Audience.ANONYMOUS, Level.VIEW)
            .page("FAQ")
        ),
        "an app that may create but not view": (
            SiteBuilder()
            .app("bot")
            .space("DOCS")
            .allows("bot", "create/page")
            .page("FAQ")
        ),
        "a space without content": space_with_app(),
    }

    def test_says_who_can_do_what(self) -> None:
        site = (
            space_with_app().page("Home").page("Pay", under="Home").restricted_to(STAFF)
        )

        [finding] = self.detect(site)

        [bot] = finding.principals
        assert bot.principal.id == "bot"
        assert bot.principal.kind is AppKind.THIRD_PARTY
        assert finding.level is Level.VIEW
        assert finding.resource.type == ResourceType.SPACE_CONTENT
        assert finding.cause is Cause.SPACE_GRANT
        assert finding.affected is not None
        assert [item.title for item in finding.affected.sample] == ["Home"]

    def test_is_implied_by_edit_access_to_the_content(self) -> None:
        assert self.detector.implied_by == "app-content-edit"

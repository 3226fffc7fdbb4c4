from casb_detector_app_content_edit.detector import AppContentEdit
from casb_sdk import AppKind, Audience, AudiencePolicy, Cause, Level
from casb_sdk.testing import DetectorContract, SiteBuilder

STAFF = Audience.INTERNAL


def space_with_app() -> SiteBuilder:
    return SiteBuilder().app("bot").space("DOCS").allows("bot", Level.EDIT)


class TestAppContentEdit(DetectorContract):
    detector = AppContentEdit()
    flagged = {
        "an app that may edit": space_with_app().page("FAQ"),
        "an app in a group that a page names": (
            SiteBuilder()
            .app("bot")
            .group("writers", "bot")
            .space("DOCS")
            .allows("bot", Level.EDIT)
            .page("FAQ")
            .restricted_to("writers")
            .restricted_to("writers", Level.EDIT)
        ),
        "an app that calls itself one of Atlassian's": (
            SiteBuilder()
            .with_policy(
                AudiencePolicy(
                    atlassian_app_ids=frozenset({"real"}),
                    atlassian_app_names=frozenset({"Automation"}),
                )
            )
            .app("fake", display_name="Automation")
            .space("DOCS")
            .allows("fake", Level.EDIT)
            .page("FAQ")
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
        "an app that may only view": (
            SiteBuilder().app("bot").space("DOCS").allows("bot", Level.VIEW).page("FAQ")
        ),
        "a page for staff": space_with_app().page("Pay").restricted_to(STAFF),
        "an app that may view the page, which only staff may edit": (
            space_with_app().page("FAQ").restricted_to(STAFF, Level.EDIT)
        ),
        "an app named on a page, without a way into the space": (
            SiteBuilder()
            .app("bot")
            .space("DOCS")
            .allows(STAFF, Level.EDIT)
            .page("FAQ")
            .restricted_to("bot")
            .restricted_to("bot", Level.EDIT)
        ),
        "an app that administers and may not write pages": (
            SiteBuilder()
            .app("bot")
            .space("DOCS")
            .allows("bot", "read/space", "administer/space")
            .page("FAQ")
        ),
        "an app of Atlassian": (
            SiteBuilder()
            .with_policy(AudiencePolicy(atlassian_app_ids=frozenset({"automation"})))
            .app("automation")
            .space("DOCS")
            .allows("automation", Level.EDIT)
            .page("FAQ")
        ),
        "the connector itself": (
            SiteBuilder()
            .with_policy(AudiencePolicy(self_app_ids=frozenset({"casb"})))
            .app("casb")
            .space("DOCS")
            .allows("casb", Level.EDIT)
            .page("FAQ")
        ),
    }

    def test_says_who_can_do_what(self) -> None:
        site = space_with_app().page("FAQ").restricted_to("bot", STAFF, Level.EDIT)

        [finding] = self.detect(site)

        [bot] = finding.principals
        assert bot.principal.id == "bot"
        assert bot.principal.kind is AppKind.THIRD_PARTY
        assert finding.level is Level.EDIT
        assert finding.resource.title == "FAQ"
        assert finding.cause is Cause.RESTRICTION

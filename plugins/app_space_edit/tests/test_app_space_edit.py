from casb_detector_app_space_edit.detector import AppSpaceEdit
from casb_sdk import AppKind, Audience, AudiencePolicy, Level
from casb_sdk.testing import DetectorContract, SiteBuilder

STAFF = Audience.INTERNAL


def policy(*, atlassian: str, called: str) -> AudiencePolicy:
    return AudiencePolicy(
        atlassian_app_ids=frozenset({atlassian}),
        atlassian_app_names=frozenset({called}),
    )


class TestAppSpaceEdit(DetectorContract):
    detector = AppSpaceEdit()
    flagged = {
        "an app that may edit": (
            SiteBuilder().app("bot").space("DOCS").allows("bot", Level.EDIT)
        ),
        "an app that administers and may not write pages": (
            SiteBuilder()
            .app("bot")
            .space("DOCS")
            .allows("bot", "read/space", "administer/space")
        ),
        "an app through a group": (
            SiteBuilder()
            .app("bot")
            .group("atlassian-addons", "bot")
            .space("DOCS")
            .allows("atlassian-addons", Level.EDIT)
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
            SiteBuilder().app("bot").space("DOCS").allows("bot", Level.VIEW)
        ),
        "an app that only gets in where every visitor does": (
            SiteBuilder()
            .app("bot")
            .space("DOCS")
            .allows(Audience.ANONYMOUS, Level.EDIT)
        ),
        "an app of Atlassian that administers": (
            SiteBuilder()
            .with_policy(policy(atlassian="analytics", called="Analytics"))
            .app("analytics", display_name="Analytics")
            .space("DOCS")
            .allows("analytics", Level.ADMIN)
        ),
        "a service account of our own": (
            SiteBuilder()
            .app("robot", domain="serviceaccount.atlassian.com")
            .space("DOCS")
            .allows("robot", Level.EDIT)
        ),
        "a person who is called like an app": (
            SiteBuilder().person("Slack").space("DOCS").allows("Slack", Level.EDIT)
        ),
        "staff may edit": SiteBuilder().space("HR").allows(STAFF, Level.EDIT),
    }

    def test_says_who_can_do_what(self) -> None:
        site = SiteBuilder().app("bot").space("DOCS").allows("bot", Level.ADMIN)

        [finding] = self.detect(site)

        [bot] = finding.principals
        assert bot.principal.id == "bot"
        assert bot.principal.kind is AppKind.THIRD_PARTY
        assert bot.level is Level.ADMIN
        assert finding.resource.key == "DOCS"

    def test_says_when_an_app_borrows_a_name_of_atlassian(self) -> None:
        site = (
            SiteBuilder()
            .with_policy(policy(atlassian="analytics", called="Analytics"))
            .app("fake", display_name="Analytics")
            .space("DOCS")
            .allows("fake", Level.EDIT)
        )

        [finding] = self.detect(site)

        [fake] = finding.principals
        assert fake.principal.name_collision

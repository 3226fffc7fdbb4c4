from casb_detector_external_content_edit.detector import ExternalContentEdit
from casb_sdk import Audience, Cause, Level, ResourceType
from casb_sdk.testing import DetectorContract, SiteBuilder

STAFF = Audience.INTERNAL


def shared_space() -> SiteBuilder:
    return SiteBuilder().guest("gus").space("DOCS").allows("gus", Level.EDIT)


class TestExternalContentEdit(DetectorContract):
    detector = ExternalContentEdit()
    flagged = {
        "a guest who may edit": shared_space().page("FAQ"),
        "a licensed user of another company, through a group": (
            SiteBuilder()
            .outsider("eve")
            .space("DOCS")
            .allows("confluence-users", Level.EDIT)
            .page("FAQ")
        ),
        "a whiteboard": shared_space().whiteboard("Ideas"),
        "a page shared with a guest by name": (
            shared_space().page("FAQ").restricted_to("gus")
        ),
        "a guest whose e-mail is one of ours": (
            SiteBuilder()
            .guest("gus", domain="acme.example")
            .space("DOCS")
            .allows("gus", Level.EDIT)
            .page("FAQ")
        ),
    }
    clean = {
        "an app in the same place": (
            SiteBuilder().app("bot").space("DOCS").allows("bot", Level.EDIT).page("FAQ")
        ),
        "a guest who may only view": (
            SiteBuilder().guest("gus").space("DOCS").allows("gus", Level.VIEW).page("A")
        ),
        "staff may edit": SiteBuilder().space("HR").allows(STAFF, Level.EDIT).page("A"),
        "only staff may edit the page": (
            shared_space().page("FAQ").restricted_to(STAFF, Level.EDIT)
        ),
        "only staff may view the page": shared_space().page("A").restricted_to(STAFF),
        "a guest on the edit list and not on the view list": (
            shared_space()
            .page("FAQ")
            .restricted_to(STAFF)
            .restricted_to("gus", Level.EDIT)
        ),
        "an archived page": shared_space().page("Old", status="archived"),
        "the outsider's own personal space": (
            SiteBuilder()
            .outsider("eve")
            .personal_space("eve")
            .allows("eve", Level.ADMIN)
            .page("Notes")
        ),
        "a licence-less account of another company": (
            SiteBuilder()
            .outsider("eve", licensed=False)
            .space("DOCS")
            .allows("eve", Level.EDIT)
            .page("FAQ")
        ),
    }

    def test_says_who_can_do_what(self) -> None:
        site = shared_space().page("Home").page("FAQ").restricted_to("gus")

        whole_space, one_page = sorted(
            self.detect(site), key=lambda finding: finding.cause, reverse=True
        )

        [gus] = one_page.principals
        assert gus.principal.id == "gus"
        assert gus.principal.is_guest
        assert gus.level is Level.EDIT
        assert one_page.resource.title == "FAQ"
        assert one_page.cause is Cause.RESTRICTION
        assert whole_space.resource.type == ResourceType.SPACE_CONTENT
        assert whole_space.affected is not None
        assert [item.title for item in whole_space.affected.sample] == ["Home"]

    def test_two_outsiders_on_one_page_are_one_finding(self) -> None:
        site = shared_space().guest("gil").allows("gil", Level.EDIT).page("FAQ")

        [finding] = self.detect(site)

        assert {who.principal.id for who in finding.principals} == {"gus", "gil"}

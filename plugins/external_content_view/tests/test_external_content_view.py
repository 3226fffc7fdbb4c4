from casb_detector_external_content_view.detector import ExternalContentView
from casb_sdk import Audience, Cause, Level
from casb_sdk.testing import DetectorContract, SiteBuilder

STAFF = Audience.INTERNAL


def shared_space() -> SiteBuilder:
    return SiteBuilder().guest("gus").space("DOCS").allows("gus", Level.VIEW)


class TestExternalContentView(DetectorContract):
    detector = ExternalContentView()
    flagged = {
        "a guest who may view": shared_space().page("FAQ"),
        "a guest who may edit": (
            SiteBuilder().guest("gus").space("DOCS").allows("gus", Level.EDIT).page("A")
        ),
        "an archived page": shared_space().page("Old", status="archived"),
        "a customer of the help desk": (
            SiteBuilder().customer("cy").space("KB").allows("cy", Level.VIEW).page("A")
        ),
        "a guest named on a page of a space open to visitors": (
            SiteBuilder()
            .guest("gus")
            .space("DOCS")
            .allows(Audience.ANONYMOUS, Level.VIEW)
            .page("FAQ")
            .restricted_to("gus")
        ),
    }
    clean = {
        "an app in the same place": (
            SiteBuilder().app("bot").space("DOCS").allows("bot", Level.VIEW).page("FAQ")
        ),
        "staff may view": SiteBuilder().space("HR").allows(STAFF, Level.VIEW).page("A"),
        "a page for staff": shared_space().page("Pay").restricted_to(STAFF),
        "a page below one for staff": (
            shared_space().page("Home").restricted_to(STAFF).page("Pay", under="Home")
        ),
        "a page below a folder for staff": (
            shared_space()
            .folder("Pay")
            .restricted_to(STAFF)
            .page("Raises", under="Pay")
        ),
        "named on a page, without a way into the space": (
            SiteBuilder()
            .guest("gus")
            .space("DOCS")
            .allows(STAFF, Level.VIEW)
            .page("FAQ")
            .restricted_to("gus")
        ),
        "only the way of every visitor": (
            SiteBuilder()
            .guest("gus")
            .space("DOCS")
            .allows(Audience.ANONYMOUS, Level.VIEW)
            .page("FAQ")
        ),
        "a page in the bin": shared_space().page("Gone", status="trashed"),
    }

    def test_says_who_can_do_what(self) -> None:
        site = (
            shared_space()
            .page("Plans")
            .restricted_to("gus", STAFF)
            .page("Roadmap", under="Plans")
        )

        [finding] = self.detect(site)

        [gus] = finding.principals
        assert gus.principal.id == "gus"
        assert finding.level is Level.VIEW
        assert finding.resource.title == "Plans"
        assert finding.cause is Cause.RESTRICTION
        assert [step.matched_by for step in finding.restriction_chain] == [
            ("user:gus",)
        ]
        assert finding.affected is not None
        assert [i.title for i in finding.affected.sample] == ["Plans", "Roadmap"]

    def test_is_implied_by_edit_access_to_the_content(self) -> None:
        assert self.detector.implied_by == "external-content-edit"

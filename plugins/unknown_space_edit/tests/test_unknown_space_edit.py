from casb_detector_unknown_space_edit.detector import UnknownSpaceEdit
from casb_sdk import Audience, Level, ResourceType, Via
from casb_sdk.testing import DetectorContract, SiteBuilder

ANYBODY, STAFF = Audience.ANONYMOUS, Audience.INTERNAL


class TestUnknownSpaceEdit(DetectorContract):
    detector = UnknownSpaceEdit()
    flagged = {
        "visitors may add pages": (
            SiteBuilder().space("DOCS").allows(ANYBODY, Level.EDIT)
        ),
        "visitors may attach files and nothing else": (
            SiteBuilder()
            .space("DOCS")
            .allows(ANYBODY, "read/space", "create/attachment")
        ),
        "an account that Confluence does not know": (
            SiteBuilder().unknown("ghost").space("DOCS").allows("ghost", Level.EDIT)
        ),
        "visitors hold a role that writes": (
            SiteBuilder()
            .on_roles()
            .role("Collaborator", "read/space", "update/page")
            .space("DOCS")
            .assigns("Collaborator", ANYBODY)
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
        "visitors may view": SiteBuilder().space("DOCS").allows(ANYBODY, Level.VIEW),
        "visitors may comment and delete what is theirs": (
            SiteBuilder()
            .space("DOCS")
            .allows(ANYBODY, "read/space", "create/comment", "delete/space")
        ),
        "visitors may create but not view": (
            SiteBuilder().space("DOCS").allows(ANYBODY, "create/page")
        ),
        "staff may edit": SiteBuilder().space("HR").allows(STAFF, Level.EDIT),
        "an account whose look-up failed": (
            SiteBuilder()
            .undetermined("somebody")
            .space("DOCS")
            .allows("somebody", Level.EDIT)
        ),
    }

    def test_says_who_can_do_what(self) -> None:
        site = SiteBuilder().space("DOCS").allows(ANYBODY, Level.EDIT)

        [finding] = self.detect(site)

        [anybody] = finding.principals
        assert anybody.principal.audience is ANYBODY
        assert anybody.level is Level.EDIT
        assert {f"{p.operation}/{p.target}" for p in anybody.paths} == {
            "create/page",
            "create/blogpost",
        }
        assert {path.via for path in anybody.paths} == {Via.ANONYMOUS}
        assert finding.resource.type == ResourceType.SPACE
        assert finding.resource.key == "DOCS"

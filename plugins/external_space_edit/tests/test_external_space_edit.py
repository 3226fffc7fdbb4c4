from casb_detector_external_space_edit.detector import ExternalSpaceEdit
from casb_sdk import Audience, Level, Via
from casb_sdk.testing import DetectorContract, SiteBuilder

STAFF = Audience.INTERNAL


class TestExternalSpaceEdit(DetectorContract):
    detector = ExternalSpaceEdit()
    flagged = {
        "a guest who may edit": (
            SiteBuilder().guest("gus").space("DOCS").allows("gus", Level.EDIT)
        ),
        "a licensed user of another company, through a group": (
            SiteBuilder()
            .outsider("eve")
            .space("DOCS")
            .allows("confluence-users", Level.EDIT)
        ),
        "a guest who may only delete pages": (
            SiteBuilder()
            .guest("gus")
            .space("DOCS")
            .allows("gus", "read/space", "delete/page")
        ),
        "another one's personal space": (
            SiteBuilder()
            .person("ann")
            .guest("gus")
            .personal_space("ann")
            .allows("gus", Level.EDIT)
        ),
    }
    clean = {
        "an app in the same place": (
            SiteBuilder().app("bot").space("DOCS").allows("bot", Level.EDIT).page("FAQ")
        ),
        "a guest who may only view": (
            SiteBuilder().guest("gus").space("DOCS").allows("gus", Level.VIEW)
        ),
        "staff may edit": SiteBuilder().space("HR").allows(STAFF, Level.EDIT),
        "an outsider who only views, where visitors may edit": (
            SiteBuilder()
            .guest("gus")
            .space("DOCS")
            .allows("gus", Level.VIEW)
            .allows(Audience.ANONYMOUS, Level.EDIT)
        ),
        "the outsider's own personal space": (
            SiteBuilder()
            .outsider("eve")
            .personal_space("eve")
            .allows("eve", Level.ADMIN)
        ),
        "a deactivated outsider": (
            SiteBuilder().inactive("leaver").space("HR").allows("leaver", Level.EDIT)
        ),
    }

    def test_says_who_can_do_what(self) -> None:
        site = (
            SiteBuilder()
            .outsider("eve")
            .group("editors", "eve")
            .space("DOCS")
            .allows("editors", Level.ADMIN)
        )

        [finding] = self.detect(site)

        [eve] = finding.principals
        assert eve.principal.id == "eve"
        assert eve.level is Level.ADMIN
        assert {(path.via, path.group_name) for path in eve.paths} == {
            (Via.GROUP, "editors")
        }
        assert finding.level is Level.ADMIN
        assert finding.can_self_elevate
        assert finding.resource.key == "DOCS"

"""Sites for scans: one that shows every detector something, and how it is mended."""

from casb_sdk import AnonymousUse, Audience, Level
from casb_sdk.testing import SiteBuilder


def people() -> SiteBuilder:
    """Return a site with guests, outsiders, apps, unknowns and staff, and no space."""
    return (
        SiteBuilder()
        .anonymous_reaches(AnonymousUse.INTERNET)
        .person("ann")
        .guest("gus")
        .outsider("olga")
        .app("bot")
        .absent("ghost")
        .group("staff", "ann")
        .group("partners", "gus", "olga")
    )


def leaky() -> SiteBuilder:
    """Return a site on which every detector finds something."""
    return (
        people()
        .space("DOCS")
        .allows(Audience.ANONYMOUS, Level.EDIT)
        .allows("partners", Level.EDIT)
        .allows("staff", Level.ADMIN)
        .homepage("Home")
        .page("Plans", under="Home")
        .page("Salaries", under="Plans")
        .restricted_to("staff")
        .page("Shared", under="Plans")
        .restricted_to("staff", "gus")
        .page("Draft", under="Shared")
        .restricted_to("gus", Level.EDIT)
        .blog("News")
        .space("APPS")
        .allows("bot", Level.EDIT)
        .allows("ghost", Level.EDIT)
        .page("Board")
        .page("Card", under="Board")
        .space("STAFF")
        .allows("staff", Level.EDIT)
        .page("Lunch")
    )


def mended() -> SiteBuilder:
    """Return the same site after somebody mended it: the same content, nobody in."""
    return (
        people()
        .space("DOCS")
        .allows("staff", Level.ADMIN)
        .homepage("Home")
        .page("Plans", under="Home")
        .page("Salaries", under="Plans")
        .restricted_to("staff")
        .page("Shared", under="Plans")
        .restricted_to("staff")
        .page("Draft", under="Shared")
        .blog("News")
        .space("APPS")
        .allows("staff", Level.EDIT)
        .page("Board")
        .page("Card", under="Board")
        .space("STAFF")
        .allows("staff", Level.EDIT)
        .page("Lunch")
    )

"""The people, apps and groups of the demonstration site."""

from collections.abc import Iterable

from casb_sdk.cloud.sites.operation_sets import ROLES
from casb_sdk.model import Account, AnonymousUse, Group, Role, RoleMode, Site
from casb_sdk.snapshot import Directory

SITE = Site(
    cloud_id="ac3e0000-5eed-4000-8000-000000000001",
    url="https://acme.atlassian.example",
    name="acme",
)
INTERNAL_DOMAIN = "acme.example"

MARA = "712020:0a4e7c1d-mara-lindqvist"
PRIYA = "712020:1b9f3d52-priya-raman"
JONAS = "712020:2c7d81e0-jonas-weber"
AIKO = "712020:3d16b4f9-aiko-tanaka"
SAMIR = "712020:4e58a2c7-samir-haddad"
ELENA = "712020:5f02d9b3-elena-petrova"
DIEGO = "712020:60c1f8e4-diego-alvarez"
CHLOE = "712020:71b7ea95-chloe-martin"
HANNAH = "712020:82d30c6a-hannah-schmidt"
RUTH = "712020:93e94f17-ruth-cohen"
OLU = "712020:a4f50b28-olu-adeyemi"
NINA = "712020:b5c61d39-nina-falk"
VICTOR = "712020:c6d72e4a-victor-hale"
FORMER = "557058:d7e83f5b-left-long-ago"
DIAGRAMS = "557058:e8f9406c-diagram-studio"
FORMS = "557058:f9a0517d-form-builder"
AUTOMATION = "557058:f58131cb-b67d-43c7-b30d-6b58d40bd077"
ANALYTICS = "557058:cbc04d7b-be84-46eb-90e4-e567aa5332c6"

EVERYBODY = "a11a0000-0000-4000-8000-0000000000a1"
ADMINS = "a11a0000-0000-4000-8000-0000000000a2"
ORGANISATION = "a11a0000-0000-4000-8000-0000000000a3"
ENGINEERING = "a11a0000-0000-4000-8000-0000000000b1"
PEOPLE_TEAM = "a11a0000-0000-4000-8000-0000000000b2"
PARTNERS = "a11a0000-0000-4000-8000-0000000000b3"
DISSOLVED = "a11a0000-0000-4000-8000-0000000000ff"
"""A group that was deleted; a restriction still names it."""

STAFF = {
    MARA: "Mara Lindqvist",
    PRIYA: "Priya Raman",
    JONAS: "Jonas Weber",
    AIKO: "田中 愛子",
    SAMIR: "Samir Haddad",
    ELENA: "Елена Петрова",
    DIEGO: "Diego Álvarez",
    CHLOE: "Chloé Martin",
}


def demo_directory() -> Directory:
    """Return everybody of the demonstration site."""
    accounts = [*_staff(), *_outsiders(), *_apps()]
    return Directory(
        site=SITE,
        accounts={account.id: account for account in accounts},
        groups={group.id: group for group in _groups()},
        roles={id_: Role(id_, name, operations) for id_, name, operations in ROLES},
        role_mode=RoleMode.TRANSITION,
        anonymous_use=AnonymousUse.INTERNET,
    )


def _staff() -> Iterable[Account]:
    for id_, name in STAFF.items():
        yield Account(id_, name, account_status="active", email_domain=INTERNAL_DOMAIN)
    yield Account(HANNAH, "Hannah Schmidt", account_status="active")
    yield Account(RUTH, "Former user", account_status="closed")
    yield Account(
        OLU, "Olu Adeyemi", account_status="inactive", email_domain=INTERNAL_DOMAIN
    )


def _outsiders() -> Iterable[Account]:
    yield Account(
        NINA,
        "Nina Falk",
        account_status="active",
        email_domain="studio-north.example",
        is_guest=True,
    )
    yield Account(
        VICTOR,
        "Victor Hale",
        account_status="active",
        email_domain="hale-consulting.example",
    )


def _apps() -> Iterable[Account]:
    names = {
        DIAGRAMS: "Diagram Studio",
        FORMS: "Form Builder",
        AUTOMATION: "Automation for Jira",
        ANALYTICS: "Confluence Analytics (System)",
    }
    for id_, name in names.items():
        yield Account(id_, name, account_type="app", account_status="active")


def _groups() -> Iterable[Group]:
    staff = frozenset(STAFF) | {HANNAH, OLU, VICTOR}
    yield Group(EVERYBODY, "confluence-users-acme", frozenset({"user"}), staff)
    yield Group(
        ADMINS,
        "confluence-admins-acme",
        frozenset({"user", "admin"}),
        frozenset({MARA}),
    )
    yield Group(
        ORGANISATION, "org-admins", frozenset({"site-admin"}), frozenset({MARA})
    )
    yield Group(
        ENGINEERING, "engineering", members=frozenset({PRIYA, JONAS, AIKO, SAMIR})
    )
    yield Group(PEOPLE_TEAM, "people-team", members=frozenset({ELENA, CHLOE}))
    yield Group(PARTNERS, "partner-programme", members=frozenset({DIEGO, VICTOR}))

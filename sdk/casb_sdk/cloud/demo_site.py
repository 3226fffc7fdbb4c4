"""A small believable company on whose site all ten problems occur.

Acme has eight spaces and some sixty items. Its help desk lets anybody on the
internet edit; its handbook is open to a contractor and to an app; a guest works on
the new website; an account that left long ago still holds rights in two spaces.
"""

from collections.abc import Iterable
from dataclasses import replace

from casb_sdk.cloud.sites import demo_people as who
from casb_sdk.cloud.sites.operation_sets import ADMIN, COMMENT, EDIT, READ, ROLES
from casb_sdk.cloud.sites.outline import table_of
from casb_sdk.content import Lists
from casb_sdk.model import (
    ANONYMOUS,
    PERSONAL_KEY_PREFIX,
    AccessClass,
    Grant,
    Restriction,
    RoleAssignment,
    Space,
    Subject,
    SubjectType,
)
from casb_sdk.snapshot import SiteSnapshot, SpaceSnapshot

OUTSIDE_EDIT = (*COMMENT, "create/page", "update/page")
ADMIN_ROLE, _, COLLABORATOR_ROLE, VIEWER_ROLE = (role[0] for role in ROLES)
FIRST_ID = 1_048_577
IDS_PER_SPACE = 1_000
FIRST_SPACE_ID = 65_536

HANDBOOK = """
Engineering Handbook
  Onboarding
    First week
    Laptop setup
    オンボーディング手順
  Architecture
    [whiteboard] System map
    Decision records
      Event bus
      Identity provider
  Operations
    On-call rota
    Release calendar
    Incident reviews
      2026-03 payment outage
      2026-07 certificate expiry
    [archived] On-call rota 2023
  [folder] Team notes
    Sprint retrospectives
    [database] Service inventory
[draft] Notes on the new queue
[trashed] Test page, please ignore
[blogpost] We moved to trunk-based development
"""
DOCS = """
Product documentation
  Getting started
  Administration
    Single sign-on
    Audit log
  API reference
  Versionshinweise
[blogpost] Release 4.2 is out
"""
HELP = """
Community help desk
  How do I reset my password?
  Known problems
    Sync stops after an upgrade
    Import of large files
  Tips from users
  [embed] Status page
"""
WEBSITE = """
Website relaunch
  Brief
  Design
    [whiteboard] Moodboard
    Page templates
  Launch plan
    Budget
  Meeting notes
    2026-09-14
"""
PEOPLE = """
People and pay
  Policies
    Travel
    Parental leave
  Salaries 2026
    Pay bands
    Bonus round
  Hiring plan
"""
PARTNER = """
Partner programme
  Price list
  Joint accounts
    Northwind
    Контракты
"""
NOTES = """
Mara's notes
  Reading list
  One to ones
"""
INTRANET = """
Intranet 2019
  Canteen
  Parking
"""


def demo_site() -> SiteSnapshot:
    """Return the demonstration site."""
    return SiteSnapshot(who.demo_directory(), tuple(_spaces()))


def _spaces() -> Iterable[SpaceSnapshot]:
    for number, (key, name, outline, grants) in enumerate(_plain_spaces(), start=1):
        yield _space(number, Space("", key, name), outline, grants)
    docs = Space("", "DOCS", "Product documentation", "knowledge_base")
    yield _space(6, docs, DOCS, [*_house_rules(), *_grants(ANONYMOUS, READ)])
    key = f"{PERSONAL_KEY_PREFIX}{who.MARA}"
    notes = Space("", key, "Mara Lindqvist", "personal", owner_id=who.MARA)
    yield _space(7, notes, NOTES, [*_grants(_user(who.MARA), ADMIN)])
    intranet = Space("", "OLD", "Intranet 2019", status="archived")
    former = _grants(_user(who.FORMER), EDIT)
    yield _space(8, intranet, INTRANET, [*_house_rules(), *former])


def _plain_spaces() -> Iterable[tuple[str, str, str, list[Grant]]]:
    yield "ENG", "Engineering Handbook", HANDBOOK, _handbook_grants()
    open_desk = [*_house_rules(), *_grants(ANONYMOUS, OUTSIDE_EDIT)]
    yield "HELP", "Community help desk", HELP, open_desk
    yield "WEB", "Website relaunch", WEBSITE, _website_grants()
    yield "HR", "People and pay", PEOPLE, _people_grants()
    yield "PARTNER", "Partner programme", PARTNER, []


def _space(
    number: int, space: Space, outline: str, grants: list[Grant]
) -> SpaceSnapshot:
    first = FIRST_ID + number * IDS_PER_SPACE
    whole = replace(space, id=str(FIRST_SPACE_ID + number), homepage_id=str(first))
    content = table_of(outline, first, LISTS)
    held = PARTNER_ROLES if space.key == "PARTNER" else ()
    return SpaceSnapshot(whole, tuple(grants), held, content)


def _house_rules() -> list[Grant]:
    """Return what nearly every space of Acme grants."""
    return [
        *_grants(_group(who.EVERYBODY), EDIT),
        *_grants(_group(who.ADMINS), ADMIN),
        *_grants(_user(who.AUTOMATION), EDIT),
        *_grants(_user(who.ANALYTICS), READ),
    ]


def _handbook_grants() -> list[Grant]:
    return [
        *_house_rules(),
        *_grants(_user(who.DIAGRAMS), EDIT),
        *_grants(_user(who.FORMS), READ),
        *_grants(_user(who.RUTH), EDIT),
    ]


def _website_grants() -> list[Grant]:
    return [
        *_grants(_group(who.ADMINS), ADMIN),
        *_grants(_user(who.CHLOE), ADMIN),
        *_grants(_user(who.NINA), OUTSIDE_EDIT),
        *_grants(_user(who.FORMS), READ),
    ]


def _people_grants() -> list[Grant]:
    return [
        *_grants(_group(who.PEOPLE_TEAM), ADMIN),
        *_grants(_group(who.ADMINS), READ),
        *_grants(_user(who.FORMER), READ),
    ]


def _grants(subject: Subject, operations: Iterable[str]) -> Iterable[Grant]:
    return (Grant(subject, operation) for operation in operations)


def _user(account_id: str) -> Subject:
    return Subject(SubjectType.USER, account_id)


def _group(group_id: str) -> Subject:
    return Subject(SubjectType.GROUP, group_id)


def _only(*names: str) -> Restriction:
    groups = {who.ENGINEERING, who.PEOPLE_TEAM, who.ADMINS, who.DISSOLVED}
    return Restriction(frozenset(names) - groups, frozenset(names) & groups)


LISTS = {
    "Incident reviews": Lists(
        read=_only(who.ENGINEERING, who.ADMINS, who.VICTOR),
        update=_only(who.ENGINEERING),
    ),
    "Release calendar": Lists(update=_only(who.PRIYA, who.ADMINS)),
    "2026-07 certificate expiry": Lists(read=_only(who.ENGINEERING, who.ADMINS)),
    "Budget": Lists(read=_only(who.CHLOE, who.MARA), update=_only(who.CHLOE)),
    "Salaries 2026": Lists(
        read=_only(who.PEOPLE_TEAM, who.MARA), update=_only(who.PEOPLE_TEAM)
    ),
    "Bonus round": Lists(read=_only(who.ELENA, who.MARA, who.DISSOLVED)),
    "Northwind": Lists(update=_only(who.DIEGO)),
}

PARTNER_ROLES = (
    RoleAssignment(_group(who.ADMINS), ADMIN_ROLE),
    RoleAssignment(_group(who.PARTNERS), COLLABORATOR_ROLE),
    RoleAssignment(
        Subject(SubjectType.ACCESS_CLASS, AccessClass.LICENSED), VIEWER_ROLE
    ),
)

"""The people, apps and groups of a generated site."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from casb_sdk.cloud.sites.words import APP_NAMES, DEPARTMENTS, person_name
from casb_sdk.model import Account, Group, Subject, SubjectType

INTERNAL_DOMAIN = "acme.example"
FOREIGN_DOMAINS = ("contoso.example", "studio-north.example", "partners.example")
ATLASSIAN_APPS = {
    "557058:f58131cb-b67d-43c7-b30d-6b58d40bd077": "Automation for Jira",
    "557058:cbc04d7b-be84-46eb-90e4-e567aa5332c6": "Confluence Analytics (System)",
    "5cb4ae0e4b97ab11a18e00c7": "Atlassian Assist",
}
GUESTS = 0.010
OUTSIDERS = 0.004
UNKNOWN = 0.001
CLOSED = 0.008
INACTIVE = 0.012
CUSTOMERS = 0.0005
HIDDEN_EMAIL = 0.03
TEAM_SIZE = 6
TEAM_SPREAD = 1.1
LARGEST_TEAM = 3_000
DISSOLVED_GROUPS = 3


@dataclass(slots=True)
class Crowd:
    """Who there is; ``unknown`` ids and ``dissolved`` groups are in no directory."""

    staff: list[str] = field(default_factory=list)
    guests: list[str] = field(default_factory=list)
    outsiders: list[str] = field(default_factory=list)
    leavers: list[str] = field(default_factory=list)
    apps: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    dissolved: list[str] = field(default_factory=list)
    everybody: str = ""
    admins: str = ""
    accounts: dict[str, Account] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    def add(self, kind: list[str], account: Account) -> None:
        """Take somebody in, as one of a kind."""
        self.accounts[account.id] = account
        kind.append(account.id)


def gather_crowd(rng: random.Random, users: int, groups: int, apps: int) -> Crowd:
    """Return a crowd of so many humans, in so many groups."""
    crowd = Crowd()
    _add_outsiders(crowd, rng, users)
    _add_leavers(crowd, rng, users)
    while len(crowd.accounts) < max(users, len(crowd.accounts) + 3 - len(crowd.staff)):
        hidden = rng.random() < HIDDEN_EMAIL
        domain = "" if hidden else INTERNAL_DOMAIN
        crowd.add(crowd.staff, _human(rng, domain))
    _add_apps(crowd, rng, apps)
    crowd.unknown = [_account_id(rng) for _ in range(_share(users, UNKNOWN, 2))]
    crowd.dissolved = [_uuid(rng) for _ in range(DISSOLVED_GROUPS)]
    for group in _groups(crowd, rng, groups):
        crowd.groups[group.id] = group
    return crowd


def user(account_id: str) -> Subject:
    """Return the subject a grant to a user names."""
    return Subject(SubjectType.USER, account_id)


def group(group_id: str) -> Subject:
    """Return the subject a grant to a group names."""
    return Subject(SubjectType.GROUP, group_id)


def _add_outsiders(crowd: Crowd, rng: random.Random, users: int) -> None:
    for _ in range(_share(users, GUESTS, 1)):
        crowd.add(crowd.guests, _human(rng, rng.choice(FOREIGN_DOMAINS), guest=True))
    for _ in range(_share(users, OUTSIDERS, 1)):
        crowd.add(crowd.outsiders, _human(rng, rng.choice(FOREIGN_DOMAINS)))
    for _ in range(_share(users, CUSTOMERS, 0)):
        id_ = f"qm:{_uuid(rng)}"
        name = person_name(rng)
        crowd.add(crowd.guests, Account(id_, name, account_type="customer"))


def _add_leavers(crowd: Crowd, rng: random.Random, users: int) -> None:
    for _ in range(_share(users, CLOSED, 1)):
        gone = Account(_account_id(rng), "Former user", account_status="closed")
        crowd.add(crowd.leavers, gone)
    for _ in range(_share(users, INACTIVE, 1)):
        crowd.add(crowd.leavers, _human(rng, INTERNAL_DOMAIN, status="inactive"))


def _add_apps(crowd: Crowd, rng: random.Random, count: int) -> None:
    for name in APP_NAMES[:count]:
        id_ = f"557058:{_uuid(rng)}"
        app = Account(id_, name, account_type="app", account_status="active")
        crowd.add(crowd.apps, app)
    for id_, name in ATLASSIAN_APPS.items():
        app = Account(id_, name, account_type="app", account_status="active")
        crowd.add(crowd.apps, app)


def _groups(crowd: Crowd, rng: random.Random, count: int) -> Iterator[Group]:
    licensed = [*crowd.staff, *crowd.outsiders]
    crowd.everybody, crowd.admins = _uuid(rng), _uuid(rng)
    few = frozenset(crowd.staff[: max(1, len(crowd.staff) // 200)])
    product, admin = frozenset({"user"}), frozenset({"user", "admin"})
    yield Group(crowd.everybody, "confluence-users", product, frozenset(licensed))
    yield Group(crowd.admins, "confluence-admins", admin, few)
    yield Group(_uuid(rng), "org-admins", frozenset({"site-admin"}), few)
    apps = frozenset(crowd.apps)
    yield Group(_uuid(rng), "atlassian-addons", members=apps)
    largest = min(LARGEST_TEAM, max(2, len(licensed) // 4))
    for number in range(count - 4):
        size = min(largest, int(TEAM_SIZE * rng.paretovariate(TEAM_SPREAD)))
        id_, name = _uuid(rng), f"{rng.choice(DEPARTMENTS).lower()}-{number}"
        members = frozenset(rng.sample(licensed, min(size, len(licensed))))
        crowd.teams.append(id_)
        yield Group(id_, name, members=members)


def _human(
    rng: random.Random, domain: str, *, guest: bool = False, status: str = "active"
) -> Account:
    return Account(
        _account_id(rng),
        person_name(rng),
        account_status=status,
        email_domain=domain,
        is_guest=guest,
    )


def _share(users: int, share: float, least: int) -> int:
    return max(least, round(users * share))


def _account_id(rng: random.Random) -> str:
    return f"712020:{_uuid(rng)}"


def _uuid(rng: random.Random) -> str:
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"

"""Whose names are kept is reported once a cycle, and who is closed is erased."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from casb_sdk import Directory
from casb_sdk.model import Account
from connector.domain import life
from connector.domain.care import AccountCopy
from connector.domain.errors import (
    AtlassianUnavailableError,
    NotFoundError,
    RefusedError,
    ScopeError,
)
from connector.domain.installation import Installation
from connector.domain.privacy import SCOPE, ReportAnswer
from connector.domain.store_ports import Begin
from connector.use_cases.erase_people import EraseAccount
from connector.use_cases.report_accounts import ReportAccounts
from tests.fakes.atlassian_sites import ACME, BETA, SCOPES
from tests.unit.use_cases.caring import DAY, State, World

WELL = life.Checked(SCOPES | {SCOPE}, 1, account_id="mara")
UNASKED = life.Checked(SCOPES, 1, account_id="mara")


@dataclass
class FakeReports:
    """Knows who was closed and who changed; ``trouble`` is raised at a chunk."""

    closed: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    cycle: timedelta = timedelta(days=7)
    troubles: dict[int, Exception] = field(default_factory=dict)
    chunks: list[list[str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def report(self, access_token: str, copies: Sequence[AccountCopy]) -> ReportAnswer:
        ids = [copy.account_id for copy in copies]
        self.chunks.append(ids)
        self.tokens.append(access_token)
        if trouble := self.troubles.pop(len(self.chunks), None):
            raise trouble
        asked = frozenset(ids)
        return ReportAnswer(self.closed & asked, self.updated & asked, self.cycle)


@pytest.fixture
def caring(begin: Begin) -> World:
    return World(begin)


@pytest.fixture
def reports() -> FakeReports:
    return FakeReports()


def reporting(caring: World, reports: FakeReports) -> ReportAccounts:
    return ReportAccounts(caring.begin, caring.refresh, reports, caring.clock)


def with_people(caring: World, installation: Installation, *ids: str) -> None:
    accounts = {id_: Account(id_, f"Name of {id_}") for id_ in ids}
    site = installation.site
    with caring.begin() as stores:
        directory = Directory(site, accounts=accounts)
        stores.snapshots.save_directory(site.cloud_id, "scan", directory)


def name_of(caring: World, account_id: str) -> str:
    with caring.begin(write=False) as stores:
        directory = stores.snapshots.directory("acme-id")
    assert directory
    return directory.accounts[account_id].display_name


def test_at_most_ninety_are_reported_at_once(
    caring: World, reports: FakeReports
) -> None:
    acme = caring.install(ACME.site, WELL)
    with_people(caring, acme, *(f"id-{n}" for n in range(200)))

    done = reporting(caring, reports)()

    assert [len(chunk) for chunk in reports.chunks] == [90, 90, 20]
    assert (done.sites, done.accounts) == (1, 200)


def test_nobody_is_reported_twice_in_a_cycle(
    caring: World, reports: FakeReports
) -> None:
    with_people(caring, caring.install(ACME.site, WELL), "gus")
    reports.cycle = timedelta(days=3)
    reporting(caring, reports)()

    caring.later(2 * DAY)
    too_early = reporting(caring, reports)().accounts
    caring.later(DAY)
    again = reporting(caring, reports)().accounts

    assert (too_early, again) == (0, 1)


def test_without_the_scope_nothing_leaves(caring: World, reports: FakeReports) -> None:
    with_people(caring, caring.install(ACME.site, UNASKED), "gus")

    assert reporting(caring, reports)().sites == 0
    assert reports.chunks == []


def test_a_site_speaks_of_its_own_people_with_its_own_token(
    caring: World, reports: FakeReports
) -> None:
    with_people(caring, caring.install(ACME.site, WELL), "gus", "both")
    with_people(caring, caring.install(BETA.site, WELL, grant_id="grant-2"), "both")

    reporting(caring, reports)()

    assert reports.chunks == [["gus", "both"]]
    assert reports.tokens == ["grant-1-0-access"]


def test_who_was_closed_is_erased_and_that_is_written_down(
    caring: World, reports: FakeReports
) -> None:
    acme = caring.install(ACME.site, WELL)
    with_people(caring, acme, "gus", "ada")
    reports.closed = frozenset({"gus", "somebody else"})

    done = reporting(caring, reports)()

    assert done.closed == 1
    assert (name_of(caring, "gus"), name_of(caring, "ada")) == ("", "Name of ada")
    assert caring.told(acme)[-1] == "privacy.account_closed"


def test_who_changed_is_forgotten_until_the_next_scan(
    caring: World, reports: FakeReports
) -> None:
    acme = caring.install(ACME.site, WELL)
    with_people(caring, acme, "gus")
    reports.updated = frozenset({"gus"})

    done = reporting(caring, reports)()
    before = name_of(caring, "gus")
    with_people(caring, acme, "gus")

    assert done.updated == 1
    assert (before, name_of(caring, "gus")) == ("", "Name of gus")


def test_what_was_answered_before_an_outage_counts(
    caring: World, reports: FakeReports
) -> None:
    acme = caring.install(ACME.site, WELL)
    with_people(caring, acme, *(f"id-{n:03}" for n in range(100)))
    reports.closed = frozenset({"id-000"})
    reports.troubles[2] = AtlassianUnavailableError("429", retry_after=60)

    with pytest.raises(AtlassianUnavailableError):
        reporting(caring, reports)()
    erased = name_of(caring, "id-000")
    reporting(caring, reports)()

    assert erased == ""
    assert [len(chunk) for chunk in reports.chunks] == [90, 10, 10]


def test_a_token_that_was_revoked_is_refreshed_once(
    caring: World, reports: FakeReports
) -> None:
    with_people(caring, caring.install(ACME.site, WELL), "gus")
    reports.troubles[1] = RefusedError("401")

    reporting(caring, reports)()

    assert reports.tokens == ["grant-1-0-access", "grant-1-1-access"]


def test_one_bad_site_stops_no_other(caring: World, reports: FakeReports) -> None:
    with_people(caring, caring.install(ACME.site, WELL), "gus")
    with_people(caring, caring.install(BETA.site, WELL), "bea")
    reports.troubles[1] = ScopeError("The consent lacks the scope.")

    done = reporting(caring, reports)()

    assert done.accounts == 1
    [failure] = done.failures
    assert failure.startswith("https://acme.atlassian.example: The consent lacks")


def test_a_site_without_a_working_consent_reports_nobody(
    caring: World, reports: FakeReports
) -> None:
    acme = caring.install(ACME.site, WELL, life.GrantDied("Dead."))
    with_people(caring, acme, "gus")

    assert caring.state(acme) is State.REAUTH_REQUIRED
    assert reporting(caring, reports)().sites == 0


def test_a_paused_site_goes_on_reporting(caring: World, reports: FakeReports) -> None:
    with_people(caring, caring.install(ACME.site, WELL, life.Paused()), "gus")

    assert reporting(caring, reports)().accounts == 1


def test_reporting_stops_when_it_is_told_to(
    caring: World, reports: FakeReports
) -> None:
    with_people(caring, caring.install(ACME.site, WELL), *map(str, range(200)))
    left = iter([True, True, False])

    done = reporting(caring, reports)(lambda: next(left))

    assert done.accounts == 90


def test_anybody_is_erased_on_request(caring: World) -> None:
    acme = caring.install(ACME.site, UNASKED)
    with_people(caring, acme, "gus")

    erased = EraseAccount(caring.begin)("gus", caring.now)

    assert erased.places == 1
    assert erased.sites_of == {"gus": frozenset({"acme-id"})}
    assert name_of(caring, "gus") == ""


def test_who_is_unknown_is_said_to_be(caring: World) -> None:
    caring.install(ACME.site, UNASKED)

    with pytest.raises(NotFoundError, match="speaks of the account nobody"):
        EraseAccount(caring.begin)("nobody", caring.now)

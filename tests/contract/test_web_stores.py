from datetime import UTC, datetime, timedelta

import pytest

from casb_sdk import Site
from connector.domain.access import Admin
from connector.domain.errors import SettingError
from connector.domain.installation import Installation
from connector.domain.life import Notice, NoticeKind
from connector.domain.store_ports import Begin
from connector.store.care_tables import web_sessions
from connector.store.database import Database

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def begin(database: Database) -> Begin:
    return database.begin


def content(begin: Begin, key: str, now: datetime = NOW) -> bytes | None:
    with begin(write=False) as stores:
        return stores.sessions.get(key, now)


def test_a_session_is_kept_until_it_expires(begin: Begin) -> None:
    with begin() as stores:
        stores.sessions.add("key", b"first", NOW + HOUR)
        stores.sessions.change("key", b"second", NOW + HOUR)

    assert content(begin, "key") == b"second"
    assert content(begin, "key", NOW + HOUR) is None
    assert content(begin, "another") is None


def test_a_session_that_ended_cannot_be_changed_back(begin: Begin) -> None:
    with begin() as stores:
        stores.sessions.add("key", b"first", NOW + HOUR)
        stores.sessions.drop("key")
        stores.sessions.change("key", b"second", NOW + HOUR)

    assert content(begin, "key") is None


def test_only_expired_sessions_are_forgotten(begin: Begin) -> None:
    with begin() as stores:
        stores.sessions.add("old", b"", NOW)
        stores.sessions.add("young", b"", NOW + HOUR)
        stores.sessions.forget(NOW)

    assert content(begin, "old", NOW - HOUR) is None
    assert content(begin, "young") == b""
    with begin() as stores:
        stores.sessions.clear()
    assert content(begin, "young") is None


def test_what_a_session_holds_opens_for_no_other(
    begin: Begin, database: Database
) -> None:
    with begin() as stores:
        stores.sessions.add("mine", b"admin", NOW + HOUR)
    with database.engines.writer.begin() as connection:
        connection.execute(web_sessions.update().values(id="theirs"))

    with pytest.raises(SettingError):
        content(begin, "theirs")


def test_the_first_to_take_a_name_keeps_it(begin: Begin) -> None:
    with begin() as stores:
        assert stores.admins.add(Admin("admin", "first", NOW))
        assert not stores.admins.add(Admin("admin", "second", NOW))
        stores.admins.change_hash("admin", "third")

    with begin(write=False) as stores:
        assert stores.admins.get("admin") == Admin("admin", "third", NOW)
        assert stores.admins.get("nobody") is None


def test_failures_count_for_a_while_and_for_their_key_alone(begin: Begin) -> None:
    with begin() as stores:
        for minutes in (0, 10, 20):
            at = NOW + timedelta(minutes=minutes)
            stores.admins.count_failure("here", at)
        stores.admins.count_failure("there", NOW + HOUR)

        assert stores.admins.failures("here", NOW - HOUR) == 3
        assert stores.admins.failures("here", NOW) == 2
        stores.admins.forget_failures(NOW)
        assert stores.admins.failures("here", NOW - HOUR) == 2
        stores.admins.forgive("here")
        assert stores.admins.failures("here", NOW - HOUR) == 0
        assert stores.admins.failures("there", NOW) == 1


def test_sites_that_consented_to_an_older_list_are_found(begin: Begin) -> None:
    with begin() as stores:
        for number in (1, 2, 3):
            site = Site(f"site-{number}", f"https://{number}.example")
            stores.installations.save(
                Installation(f"id-{number}", site, "", permissions=number)
            )

        outdated = stores.installations.outdated(3)

    assert [it.id for it in outdated] == ["id-1", "id-2"]


def test_the_log_of_a_site_is_read_from_its_end(begin: Begin) -> None:
    installation = Installation("id", Site("site", "https://site.example"), "")
    with begin() as stores:
        for kind in (NoticeKind.INSTALLED, NoticeKind.DEGRADED, NoticeKind.RECOVERED):
            stores.log.add(installation, [Notice(kind)], NOW)

        latest = stores.log.latest("site", 2)

    kinds = [entry.notice.kind for entry in latest]
    assert kinds == [NoticeKind.RECOVERED, NoticeKind.DEGRADED]

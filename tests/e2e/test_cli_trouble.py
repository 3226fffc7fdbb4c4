"""What can go wrong after a site is connected: one sentence, and nothing is lost."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet

from casb_sdk.cloud import Fault, FaultKind, RunningCloud
from connector.store.database import Database
from tests.e2e.conftest import ACME
from tests.e2e.operator import Operator, accept, findings


def test_the_self_check_finds_nothing_to_do(connected: Operator) -> None:
    ended = connected.casb("doctor", "--json")

    assert ended.code == 0, ended.out
    assert {row["health"] for row in ended.json} == {"ok"}


def test_the_self_check_tells_a_wrong_secret(connected: Operator) -> None:
    ended = connected.casb("doctor", "--json", ATLASSIAN_CLIENT_SECRET="wrong")

    [wrong] = [row for row in ended.json if row["health"] == "failed"]
    assert ended.code == 1
    assert wrong["check"] == "OAuth app"
    assert "CASB_ATLASSIAN_CLIENT_SECRET" in wrong["message"]


def test_the_self_check_tells_keys_that_do_not_fit(connected: Operator) -> None:
    ended = connected.casb(
        "doctor", "--json", TOKEN_KEYS=Fernet.generate_key().decode()
    )

    [wrong] = [row for row in ended.json if row["health"] == "failed"]
    assert wrong["check"] == "tokens"
    assert "CASB_TOKEN_KEYS" in wrong["message"]


def test_a_scan_with_keys_that_do_not_fit_names_them_and_loses_nothing(
    connected: Operator,
) -> None:
    ended = connected.casb("scan", ACME, TOKEN_KEYS=Fernet.generate_key().decode())

    assert ended.code == 2
    assert "CASB_TOKEN_KEYS" in ended.said
    assert "Traceback" not in ended.err
    assert connected.casb("scan", ACME).code == 0


def test_a_scan_without_the_network_says_so_and_loses_nothing(
    connected: Operator,
) -> None:
    before = findings(connected)

    ended = connected.casb("scan", ACME, ATLASSIAN_API_URL="http://127.0.0.1:9")

    assert ended.code == 4
    assert "Traceback" not in ended.err
    assert len(findings(connected)) == len(before)


def test_an_interrupted_scan_hides_no_typo_and_is_told_when_it_goes_on(
    connected: Operator,
) -> None:
    site_id = connected.casb("sites", "show", ACME, "--json").json["cloud_id"]
    database = Database.open(f"sqlite:///{connected.folder / 'casb.db'}")
    with database.begin() as stores:
        stores.ledger.start(site_id, (), datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    database.close()

    typo = connected.casb("scan", ACME, "--space", "NOPE")
    valid = connected.casb("scan", ACME, "--space", "ENG", "--json")

    assert typo.code == 2
    assert f"{ACME} has no space NOPE" in typo.said
    assert valid.code == 0
    assert "The scan of every space that began 20" in valid.said
    assert "is not finished: it goes on to its end, which covers ENG." in valid.said
    assert "not finished" not in typo.said
    assert valid.json["only_spaces"] == []


def test_an_expired_access_token_is_renewed_on_the_way(
    connected: Operator, cloud: RunningCloud
) -> None:
    cloud.oauth.expire_access_tokens()

    assert connected.casb("scan", ACME).code == 0


def test_atlassian_in_trouble_is_waited_for(
    connected: Operator, cloud: RunningCloud
) -> None:
    cloud.faults.add(Fault(FaultKind.RATE_LIMIT, seconds=1, count=1))

    assert connected.casb("scan", ACME).code == 0


def test_a_database_of_a_newer_version_is_left_alone(
    connected: Operator, tmp_path: Path
) -> None:
    source = sqlite3.connect(connected.folder / "casb.db")
    newer = sqlite3.connect(tmp_path / "newer.db")
    source.backup(newer)
    newer.execute("UPDATE schema_version SET version_num = '9999'")
    newer.commit()
    source.close()
    url = f"sqlite:///{tmp_path / 'newer.db'}"

    for verb in (["migrate"], ["sites"], ["scan", ACME], ["findings"]):
        ended = connected.casb(*verb, DATABASE_URL=url)
        assert ended.code == 1
        assert "newer version" in ended.said
    [count] = newer.execute("SELECT count(*) FROM findings").fetchone()
    newer.close()
    assert count > 0


def test_a_dead_consent_asks_for_a_new_one_and_loses_nothing(
    connected: Operator, cloud: RunningCloud
) -> None:
    cloud.oauth.revoke()

    ended = connected.casb("scan", ACME)

    assert ended.code == 3
    assert "casb install" in ended.said
    assert findings(connected)
    assert connected.casb("install", browse=accept).code == 0
    assert connected.casb("scan", ACME).code == 0

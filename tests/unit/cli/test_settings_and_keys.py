from pathlib import Path
from typing import Any, cast

from connector.settings import SETTINGS, load_settings
from tests.unit.cli.conftest import Casb, Ended

SECRETS = {
    "SECRET_KEY": "tr0ub4dor-session",
    "ATLASSIAN_CLIENT_SECRET": "tr0ub4dor-client",
    "ADMIN_PASSWORD": "tr0ub4dor-admin",
    "DATABASE_URL": "postgresql://casb:tr0ub4dor-db@host/casb",
}


def document(ended: Ended) -> dict[str, Any]:
    return cast("dict[str, Any]", ended.json)


def test_every_setting_is_shown_with_its_origin(casb: Casb, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CASB_LOG=json\n")

    shown = document(casb("settings", "--json", CONCURRENCY="3"))

    assert set(shown) == set(SETTINGS)
    assert shown["CASB_CONCURRENCY"] == {"value": "3", "source": "the environment"}
    assert shown["CASB_LOG"] == {"value": "json", "source": ".env"}
    assert shown["CASB_WORK"] == {"value": "local", "source": "default"}
    assert shown["CASB_LOAD_PLUGINS"]["value"] == "all"


def test_secrets_are_masked(casb: Casb) -> None:
    for arguments in (("settings",), ("settings", "--json")):
        ended = casb(*arguments, **SECRETS)
        assert ended.code == 0
        assert "tr0ub4dor" not in ended.out + ended.err

    shown = document(casb("settings", "--json", **SECRETS))
    assert shown["CASB_SECRET_KEY"]["value"] == "********"
    assert shown["CASB_TOKEN_KEYS"]["value"] == ""
    assert shown["CASB_DATABASE_URL"]["value"] == (
        "postgresql+psycopg://casb:********@host/casb"
    )


def test_a_name_that_is_nearly_right_is_pointed_out(casb: Casb) -> None:
    ended = casb("settings", DATABSE_URL="sqlite:///x.db")

    assert ended.code == 0
    assert "Did you mean CASB_DATABASE_URL?" in ended.said


def test_made_keys_are_keys_the_settings_take(casb: Casb, tmp_path: Path) -> None:
    ended = casb("keys", "generate")
    (tmp_path / ".env").write_text(ended.out)

    settings = load_settings({}, tmp_path)

    settings.require("CASB_SECRET_KEY", "CASB_TOKEN_KEYS")
    assert casb("keys", "generate").out != ended.out
    assert set(document(casb("keys", "generate", "--json"))) == {
        "CASB_SECRET_KEY",
        "CASB_TOKEN_KEYS",
    }

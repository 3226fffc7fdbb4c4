from pathlib import Path

import pytest

from connector.domain.errors import SettingError
from connector.settings import SETTINGS, Settings, load_settings

KEY = "bmV2ZXIgdXNlZCBmb3IgYW55dGhpbmcgcmVhbCEhISE="


def loaded(folder: Path, **environment: str) -> Settings:
    return load_settings({f"CASB_{k}": v for k, v in environment.items()}, folder)


def refusal(folder: Path, **environment: str) -> str:
    with pytest.raises(SettingError) as caught:
        loaded(folder, **environment)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_every_setting_has_the_default_that_is_promised(tmp_path: Path) -> None:
    settings = loaded(tmp_path)

    assert settings.database_url == "sqlite:///casb.db"
    assert settings.public_url == "http://localhost:8000"
    assert settings.atlassian_auth_url == "https://auth.atlassian.com"
    assert settings.atlassian_api_url == "https://api.atlassian.com"
    assert settings.scope_profile == "current"
    assert (settings.points_per_hour, settings.concurrency) == (65_000, 4)
    assert (settings.incremental_every, settings.sweep_within) == ("never", "7d")
    assert (settings.scan_every, settings.work, settings.log) == (
        "24h",
        "local",
        "console",
    )
    assert (settings.retention_days, settings.trusted_proxies) == (400, 0)
    assert settings.load_plugins is None
    assert not settings.trace_plugins
    assert not settings.strict_plugins


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CASB_CONCURRENCY=2\nCASB_LOG=json\n")

    settings = loaded(tmp_path, CONCURRENCY="3")

    assert (settings.concurrency, settings.log) == (3, "json")
    assert settings.sources == {
        "CASB_CONCURRENCY": "the environment",
        "CASB_LOG": ".env",
    }


def test_only_what_may_never_happen_can_be_never(tmp_path: Path) -> None:
    settings = loaded(tmp_path, SCAN_EVERY="never", INCREMENTAL_EVERY="1h")

    assert (settings.scan_every, settings.incremental_every) == ("never", "1h")


def test_an_empty_setting_counts_as_not_set(tmp_path: Path) -> None:
    assert loaded(tmp_path, CONCURRENCY="", SECRET_KEY="  ").concurrency == 4


def test_a_dollar_in_the_file_is_a_dollar(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CASB_SECRET_KEY='a${HOME}b'\n")

    assert loaded(tmp_path).secret_key == "a${HOME}b"


def test_a_secret_can_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{KEY}\n")

    settings = loaded(tmp_path, TOKEN_KEYS_FILE=str(tmp_path / "keys"))

    assert settings.token_keys == (KEY,)
    assert settings.sources["CASB_TOKEN_KEYS"] == f"the file {tmp_path / 'keys'}"


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("one")

    said = refusal(tmp_path, SECRET_KEY="two", SECRET_KEY_FILE=str(tmp_path / "key"))

    assert said == (
        "CASB_SECRET_KEY and CASB_SECRET_KEY_FILE are both set. Remove one of them."
    )


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    said = refusal(tmp_path, SECRET_KEY_FILE="/no/such/file")

    assert "CASB_SECRET_KEY_FILE names '/no/such/file'" in said


def test_an_env_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"CASB_LOG=\xff\xfe\n")

    assert str(tmp_path / ".env") in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "must"),
    [
        ("CONCURRENCY", "four", "a whole number from 1 to 10"),
        ("CONCURRENCY", "11", "a whole number from 1 to 10"),
        ("CONCURRENCY", "2.5", "a whole number from 1 to 10"),
        ("POINTS_PER_HOUR", "-1", "a whole number from 1"),
        ("PUBLIC_URL", "localhost:8000", "begins with http:// or https://"),
        ("PUBLIC_URL", "http://host/?a=b", "begins with http:// or https://"),
        ("ATLASSIAN_API_URL", "ftp://x", "begins with http:// or https://"),
        ("SCOPE_PROFILE", "both", "current or reference"),
        ("LOG", "xml", "console or json"),
        ("WORK", "celery", "local"),
        ("SCAN_EVERY", "daily", "a number with s, m, h, d or w"),
        ("SCAN_EVERY", "0h", "a number with s, m, h, d or w"),
        ("INCREMENTAL_EVERY", "1 hour", "such as 24h, or never"),
        ("SWEEP_WITHIN", "never", "such as 24h."),
        ("TRACE_PLUGINS", "perhaps", "0 or 1"),
        ("RETENTION_DAYS", "0", "a whole number from 1"),
    ],
)
def test_a_malformed_setting_is_named_with_what_it_has_to_be(
    tmp_path: Path, name: str, value: str, must: str
) -> None:
    said = refusal(tmp_path, **{name: value})

    assert said.startswith(f"CASB_{name} is {value!r}, but has to be ")
    assert must in said
    assert "it comes from the environment" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_KEYS", "tr0ub4dor"),
        ("TOKEN_KEYS", f"{KEY},tr0ub4dor"),
        ("TOKEN_KEYS", "all"),
        ("TOKEN_KEYS", "kéy"),
        ("DATABASE_URL", "mysql://casb:tr0ub4dor@host/casb"),
        ("DATABASE_URL", "tr0ub4dor"),
    ],
)
def test_a_malformed_secret_is_named_and_never_shown(
    tmp_path: Path, name: str, value: str
) -> None:
    said = refusal(tmp_path, **{name: value})

    assert said.startswith(f"CASB_{name} is malformed")
    assert "tr0ub4dor" not in said
    assert value not in said.split()


def test_secrets_are_not_in_the_text_of_the_settings(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        SECRET_KEY="tr0ub4dor-1",
        TOKEN_KEYS=KEY,
        ATLASSIAN_CLIENT_SECRET="tr0ub4dor-2",
        ADMIN_PASSWORD="tr0ub4dor-3",
        DATABASE_URL="postgresql://casb:tr0ub4dor-4@host/casb",
    )

    assert "tr0ub4dor" not in repr(settings)
    assert KEY not in repr(settings)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_understood_however_it_is_written(
    tmp_path: Path, scheme: str
) -> None:
    settings = loaded(tmp_path, DATABASE_URL=f"{scheme}://casb@host/casb")

    assert settings.database_url == "postgresql+psycopg://casb@host/casb"


def test_plugins_are_all_none_or_named(tmp_path: Path) -> None:
    assert loaded(tmp_path, LOAD_PLUGINS="all").load_plugins is None
    assert loaded(tmp_path, LOAD_PLUGINS="none").load_plugins == ()
    assert loaded(tmp_path, LOAD_PLUGINS="a, b,").load_plugins == ("a", "b")


def test_a_slash_at_the_end_of_an_address_does_not_matter(tmp_path: Path) -> None:
    settings = loaded(tmp_path, PUBLIC_URL="https://casb.example/")

    assert settings.public_url == "https://casb.example"


def test_a_name_nobody_knows_is_kept_for_the_self_check(tmp_path: Path) -> None:
    settings = load_settings({"CASB_DATABSE_URL": "x", "OTHER": "y"}, tmp_path)

    assert settings.unknown == ("CASB_DATABSE_URL",)


def test_what_is_needed_and_missing_is_named_with_the_remedy(tmp_path: Path) -> None:
    settings = loaded(tmp_path, SECRET_KEY="long enough")
    settings.require("CASB_SECRET_KEY")

    with pytest.raises(SettingError) as caught:
        settings.require("CASB_SECRET_KEY", "CASB_TOKEN_KEYS")

    assert str(caught.value) == (
        "CASB_TOKEN_KEYS is not set. Make one with `casb keys generate`."
    )


def test_what_can_be_required_says_how_to_get_it() -> None:
    secrets = ["SECRET_KEY", "TOKEN_KEYS"]
    console = ["ATLASSIAN_CLIENT_ID", "ATLASSIAN_CLIENT_SECRET"]

    assert all(
        SETTINGS[f"CASB_{name}"].metadata["remedy"] for name in secrets + console
    )

from pathlib import Path

import pytest

from connector.domain.errors import SettingError
from connector.manifest_files import IN_REPOSITORY, Manifests

SHIPPED = Manifests.shipped()


def edited(tmp_path: Path, old: str, new: str) -> Manifests:
    (tmp_path / "schema").symlink_to(IN_REPOSITORY / "schema")
    text = (IN_REPOSITORY / "connector.yml").read_text("utf-8")
    assert old in text
    (tmp_path / "connector.yml").write_text(text.replace(old, new), "utf-8")
    return Manifests(tmp_path)


def test_the_scopes_of_a_profile_say_what_they_are_for() -> None:
    needs = SHIPPED.scopes("current")

    assert {"search:confluence", "offline_access"} <= {need.scope for need in needs}
    assert all(need.reason for need in needs)
    assert any(need.is_optional for need in needs)


def test_atlassians_own_apps_are_known_by_account_id() -> None:
    assert "Automation for Jira" in SHIPPED.atlassian_apps().values()


def test_the_shipped_detectors_may_load() -> None:
    allowed = SHIPPED.allowed_plugins()

    assert allowed is not None
    assert "unknown-content-edit" in {entry["id"] for entry in allowed}


def test_an_operator_may_let_any_plugin_load(tmp_path: Path) -> None:
    manifests = edited(tmp_path, "policy: allow-list", "policy: any")

    assert manifests.allowed_plugins() is None


def test_a_malformed_file_is_named_with_the_place(tmp_path: Path) -> None:
    manifests = edited(tmp_path, "policy: allow-list", "policy: perhaps")

    with pytest.raises(SettingError) as caught:
        manifests.allowed_plugins()

    assert str(tmp_path / "connector.yml") in str(caught.value)
    assert "plugins/policy" in str(caught.value)


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    manifests = edited(tmp_path, "policy: allow-list", "policy: [")

    with pytest.raises(SettingError, match=r"connector\.yml cannot be read"):
        manifests.allowed_plugins()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"connector\.yml cannot be read"):
        Manifests(tmp_path).allowed_plugins()

from typing import Any

from tests.unit.cli.conftest import Casb
from tests.unit.detection.conftest import shelf  # noqa: F401
from tests.unit.detection.shelf import Shelf


def failures(casb: Casb) -> dict[str, dict[str, Any]]:
    ended = casb("detectors", "--json")
    assert ended.code == 0
    rows: Any = ended.json
    return {row["distribution"]: row for row in rows if row["state"] == "failed"}


def test_a_plugin_that_is_not_allowed_is_named_with_the_remedy(
    casb: Casb,
    shelf: Shelf,  # noqa: F811
) -> None:
    shelf.install("acme-odd", distribution="casb-detector-acme-odd")

    [(distribution, row)] = failures(casb).items()
    ended = casb("detectors")

    assert distribution == "casb-detector-acme-odd"
    assert row["id"] == "acme-odd"
    assert "allow-list does not name it" in row["reason"]
    assert "manifests/connector.yml" in row["remedy"]
    assert ended.code == 0
    assert "acme-odd (casb-detector-acme-odd 1.0) cannot be used" in ended.said
    assert "unknown-content-edit" in ended.out


def test_a_plugin_that_takes_anothers_id_stops_both_and_no_other(
    casb: Casb,
    shelf: Shelf,  # noqa: F811
) -> None:
    shelf.install("unknown-access", distribution="casb-detector-impostor")

    failed = failures(casb)

    assert set(failed) == {"casb-detector-impostor", "casb-detector-unknown-access"}
    assert "unknown-content-edit" in casb("detectors").out


def test_showing_a_plugin_that_failed_says_why(
    casb: Casb,
    shelf: Shelf,  # noqa: F811
) -> None:
    shelf.install("acme-odd")

    shown = casb("detectors", "show", "acme-odd")
    enabled = casb("detectors", "enable", "acme-odd")

    assert "allow-list does not name it" in " ".join(shown.out.split())
    assert enabled.code == 2
    assert "The detector acme-odd did not load" in enabled.said


def test_a_strict_operator_gets_an_error_instead(
    casb: Casb,
    shelf: Shelf,  # noqa: F811
) -> None:
    shelf.install("acme-odd")

    ended = casb("detectors", STRICT_PLUGINS="1")

    assert ended.code == 2
    assert "acme-odd" in ended.said
    assert "CASB_STRICT_PLUGINS=0" in ended.said


def test_only_the_plugins_that_are_named_load(casb: Casb) -> None:
    rows: Any = casb("detectors", "--json", LOAD_PLUGINS="unknown-access").json

    assert [row["id"] for row in rows] == ["unknown-access"]
    assert casb("detectors", "--json", LOAD_PLUGINS="none").json == []


def test_a_name_no_plugin_has_is_pointed_out(casb: Casb) -> None:
    ended = casb("detectors", LOAD_PLUGINS="unknown-access,unknown-acces")

    assert ended.code == 0
    assert "no installed plugin is called unknown-acces" in ended.said


def test_loading_is_traced_where_that_is_asked_for(casb: Casb) -> None:
    ended = casb("detectors", LOAD_PLUGINS="unknown-access", TRACE_PLUGINS="1")

    assert "plugin loaded: unknown-access" in ended.said


def test_logs_are_json_where_that_is_asked_for(casb: Casb) -> None:
    ended = casb("detectors", LOAD_PLUGINS="nobody", LOG="json")

    assert '"message":"no installed plugin is called nobody"' in ended.err

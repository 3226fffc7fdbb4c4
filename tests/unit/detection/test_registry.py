import sys
from functools import partial
from typing import Any

import pytest

from casb_sdk.registry import Registry, load_registry
from tests.unit.detection.shelf import HONEST, Shelf, package_of


def load(shelf: Shelf, **options: Any) -> Registry:
    return load_registry(shelf.entry_points(), **options)


def made_for(sdk: str) -> partial[None]:
    def change(manifest: dict[str, Any]) -> None:
        manifest["runtime"]["sdk"] = sdk

    return partial(change)


def test_an_installed_plugin_offers_its_detector(shelf: Shelf) -> None:
    shelf.install("acme", version="1.2")

    registry = load(shelf)

    acme = registry.detectors["acme"]
    assert acme.detector.title == "Example"
    assert (acme.distribution, acme.version) == ("casb-detector-acme", "1.2")
    assert acme.manifest.timeout_seconds == 20
    assert registry.failures == ()
    assert registry.warnings == ()


def test_nothing_installed_is_nothing_wrong(shelf: Shelf) -> None:
    assert load(shelf) == Registry()


def test_a_broken_import_is_named_and_stops_no_other(shelf: Shelf) -> None:
    shelf.install("acme", version="1.2", code="import a_module_nobody_has")
    shelf.install("sound")

    registry = load(shelf)

    assert list(registry.detectors) == ["sound"]
    [failure] = registry.failures
    assert failure.entry_point == "acme"
    assert (failure.distribution, failure.version) == ("casb-detector-acme", "1.2")
    assert failure.reason == (
        "ModuleNotFoundError: No module named 'a_module_nobody_has'"
    )
    assert "uninstall" in failure.remedy
    assert failure.detector_ids == ("acme",)


@pytest.mark.parametrize(
    "code", ["raise SystemExit(3)", "def broken(:", "1 / 0", "raise RecursionError"]
)
def test_no_way_of_failing_at_import_stops_the_others(shelf: Shelf, code: str) -> None:
    shelf.install("acme", code=code)
    shelf.install("sound")

    registry = load(shelf)

    assert list(registry.detectors) == ["sound"]
    assert [failure.entry_point for failure in registry.failures] == ["acme"]


def test_an_interrupt_at_import_is_not_swallowed(shelf: Shelf) -> None:
    shelf.install("acme", code="raise KeyboardInterrupt")

    with pytest.raises(KeyboardInterrupt):
        load(shelf)


def test_two_plugins_of_one_name_are_both_refused(shelf: Shelf) -> None:
    shelf.install("acme", distribution="honest-acme")
    shelf.install("acme", distribution="false-acme")
    shelf.install("sound")

    registry = load(shelf)

    assert list(registry.detectors) == ["sound"]
    assert [failure.distribution for failure in registry.failures] == [
        "false-acme",
        "honest-acme",
    ]
    assert "false-acme 1.0" in registry.failures[1].reason
    assert package_of("acme", "honest-acme") not in sys.modules


def test_two_plugins_that_declare_one_detector_are_both_refused(shelf: Shelf) -> None:
    def declare_acme(manifest: dict[str, Any]) -> None:
        manifest["detectors"][0]["id"] = "acme"

    shelf.install("acme")
    shelf.install("other", change=declare_acme)

    registry = load(shelf)

    assert registry.detectors == {}
    assert [failure.entry_point for failure in registry.failures] == ["acme", "other"]
    assert [failure.detector_ids for failure in registry.failures] == [("acme",)] * 2


def test_nothing_of_a_plugin_with_a_bad_manifest_runs(shelf: Shelf) -> None:
    shelf.install("acme", change=lambda manifest: manifest.pop("runtime"))

    [failure] = load(shelf).failures

    assert "detector.yml: top level: 'runtime' is a required property" in failure.reason
    assert package_of("acme") not in sys.modules


def test_a_manifest_must_be_about_the_plugin(shelf: Shelf) -> None:
    def rename(manifest: dict[str, Any]) -> None:
        manifest["plugin"]["id"] = "somebody-else"

    shelf.install("acme", change=rename)

    [failure] = load(shelf).failures

    assert failure.reason == "its manifest calls it 'somebody-else'"


def test_a_plugin_that_lies_about_its_detector_is_refused(shelf: Shelf) -> None:
    shelf.install("acme", code=HONEST.replace("{id}", "unknown-access"))

    registry = load(shelf)

    assert registry.detectors == {}
    [failure] = registry.failures
    assert failure.reason == (
        "its manifest declares ['acme'] and it offers ['unknown-access']"
    )


def test_a_plugin_that_offers_one_detector_twice_is_refused(shelf: Shelf) -> None:
    shelf.install("acme", code=HONEST.replace("[Example()]", "[Example(), Example()]"))

    [failure] = load(shelf).failures

    assert (
        failure.reason
        == "its manifest declares ['acme'] and it offers ['acme', 'acme']"
    )


def test_a_class_is_no_detector(shelf: Shelf) -> None:
    shelf.install("acme", code=HONEST.replace("[Example()]", "[Example]"))

    [failure] = load(shelf).failures

    assert "no instance of Detector" in failure.reason


def test_a_detector_without_words_is_refused(shelf: Shelf) -> None:
    code = HONEST.replace('"Mend it."', '" "').replace("Severity.LOW", '"low"')
    shelf.install("acme", code=code)

    [failure] = load(shelf).failures

    assert failure.reason == "Example lacks remediation, severity"


def test_a_hook_that_nobody_calls_is_refused(shelf: Shelf) -> None:
    hook = "\n@hookimpl\ndef casb_detektors():\n    return []\n"
    shelf.install("acme", code=HONEST + hook)

    [failure] = load(shelf).failures

    assert "unknown hook 'casb_detektors'" in failure.reason


def test_a_hook_that_asks_for_more_than_there_is_is_refused(shelf: Shelf) -> None:
    code = HONEST.replace("casb_detectors()", "casb_detectors(token)")
    shelf.install("acme", code=code)

    [failure] = load(shelf).failures

    assert "token" in failure.reason


def test_a_plugin_for_a_newer_sdk_is_refused_unread(shelf: Shelf) -> None:
    shelf.install("acme", change=made_for(">=2,<3"))

    [failure] = load(shelf, api_version="1.4", api_floor="1.2").failures

    assert (
        failure.reason == "it is made for version <3,>=2 of the SDK's API; this is 1.4"
    )
    assert "casb-sdk" in failure.remedy
    assert package_of("acme") not in sys.modules


@pytest.mark.parametrize("sdk", [">=1.2,<1.4", "==1.3.*", "<1.3", "~=1.3.0"])
def test_a_plugin_for_an_older_sdk_loads_with_a_warning(shelf: Shelf, sdk: str) -> None:
    shelf.install("acme", change=made_for(sdk))

    registry = load(shelf, api_version="1.4", api_floor="1.2")

    assert list(registry.detectors) == ["acme"]
    [warning] = registry.warnings
    assert warning.startswith("acme (casb-detector-acme 1.0) is made for version")


def test_a_plugin_from_below_the_floor_is_refused(shelf: Shelf) -> None:
    shelf.install("acme", change=made_for(">=1.0,<1.2"))

    registry = load(shelf, api_version="1.4", api_floor="1.2")

    assert registry.detectors == {}
    assert len(registry.failures) == 1


def test_only_the_plugins_asked_for_load(shelf: Shelf) -> None:
    shelf.install("acme")
    shelf.install("broken", code="1 / 0")

    registry = load(shelf, only={"acme", "absent"})

    assert list(registry.detectors) == ["acme"]
    assert registry.failures == ()
    assert registry.warnings == ("no installed plugin is called absent",)


def test_a_failure_reads_as_one_line_that_says_what_to_do(shelf: Shelf) -> None:
    shelf.install("acme", code="raise ValueError('two\\nlines')")

    [failure] = load(shelf).failures

    assert str(failure) == (
        "acme (casb-detector-acme 1.0): ValueError: two lines; "
        "upgrade it, install what it lacks, or uninstall it"
    )


def test_a_distribution_without_metadata_stops_no_other(shelf: Shelf) -> None:
    shelf.install("acme")
    (shelf.dist_info("casb-detector-acme") / "METADATA").unlink()
    shelf.install("sound")

    registry = load(shelf)

    assert list(registry.detectors) == ["sound"]
    assert [failure.entry_point for failure in registry.failures] == ["acme"]

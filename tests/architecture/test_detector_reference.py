"""What the reference says of the detectors is what the packages say of themselves."""

import re
from pathlib import Path

import pytest

from casb_sdk.registry import InstalledDetector, load_registry

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference" / "detectors.md").read_text("utf-8")
SECTION = re.compile(r"^## (\S+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = dict(SECTION.findall(REFERENCE))
CONTROL = re.compile(
    r"CIS Controls v8 \d+\.\d+"
    r"|NIST SP 800-53 Rev\. 5 [A-Z]{2}-\d+"
    r"|ISO/IEC 27001:2022 A\.[5-8]\.\d+"
    r"|SOC 2 CC\d\.\d"
    r"|MITRE ATT&CK T\d{4}(\.\d{3})?"
)
DETECTORS = list(load_registry().detectors.values())


def on_one_line(text: str) -> str:
    return " ".join(text.split())


def test_each_installed_detector_has_a_heading_and_no_other() -> None:
    assert set(SECTIONS) == {found.id for found in DETECTORS}


@pytest.mark.parametrize("found", DETECTORS, ids=lambda found: found.id)
def test_a_section_carries_the_words_of_the_detector(found: InstalledDetector) -> None:
    section = on_one_line(SECTIONS[found.id])
    detector = found.detector

    assert f"**{detector.title}** · {detector.severity}" in section
    assert found.distribution in section
    assert on_one_line(detector.rationale) in section
    assert on_one_line(detector.remediation) in section
    assert f" Frameworks : {', '.join(found.declared.frameworks)}." in section
    assert " Condition : " in section


@pytest.mark.parametrize("found", DETECTORS, ids=lambda found: found.id)
def test_a_detector_names_controls_of_frameworks_we_know(
    found: InstalledDetector,
) -> None:
    named = found.declared.frameworks

    assert named
    assert [each for each in named if not CONTROL.fullmatch(each)] == []

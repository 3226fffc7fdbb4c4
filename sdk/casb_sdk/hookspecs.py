"""The extension points a plugin can implement."""

from collections.abc import Iterable, Mapping

import pluggy

from casb_sdk.detector import Detector
from casb_sdk.finding import Finding
from casb_sdk.space import SpaceAccess

PROJECT_NAME = "casb"
ENTRY_POINT_GROUP = "casb.detectors"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)


@hookspec
def casb_detectors() -> Iterable[Detector]:
    """Offer detectors to the connector.

    Called once at start-up, before any scan. Return instances, not classes; the
    connector refuses two detectors with the same ``id``.
    """
    return ()


@hookspec
def casb_enrich_finding(finding: Finding, space: SpaceAccess) -> Mapping[str, str]:
    """Add labels to a finding before it is stored, such as an owning team.

    Called once per finding on a space. Labels of all plugins are merged; on a
    clash the plugin that was registered last wins.
    """
    return {}

"""The test kit for detectors: sites in words, and the tests each detector must pass."""

from casb_sdk.testing.contract import DetectorContract
from casb_sdk.testing.site import SiteBuilder

__all__ = ["DetectorContract", "SiteBuilder"]

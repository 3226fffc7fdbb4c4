"""What the detectors said of a space or a site, and which of them failed."""

from dataclasses import dataclass

from casb_sdk import Finding


@dataclass(frozen=True, slots=True)
class DetectorFailure:
    """A detector that gave no answer; what it reported before stays as it was.

    Distribution and version are empty for one that is not installed.
    """

    detector_id: str
    distribution: str
    version: str
    reason: str

    def __str__(self) -> str:
        """Return one line for logs and for people."""
        whose = f"{self.distribution} {self.version}".strip() or "not installed"
        return f"{self.detector_id} ({whose}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Detection:
    """The findings of the detectors that succeeded, whole, and the failures."""

    findings: tuple[Finding, ...] = ()
    failures: tuple[DetectorFailure, ...] = ()

    @property
    def failed_detectors(self) -> frozenset[str]:
        """The detectors whose silence means nothing."""
        return frozenset(failure.detector_id for failure in self.failures)

"""What verifies single findings: a reader of the site, and the detectors."""

from connector.bootstrap.application import Application
from connector.bootstrap.scanning import interactive_readers
from connector.use_cases.verify_now import VerifyNow


def open_verifier(application: Application) -> VerifyNow:
    """Return what verifies the findings of an application."""
    return VerifyNow(
        begin=application.begin,
        open_reader=interactive_readers(application),
        detectors=application.detectors,
        types=application.finding_types,
        now=application.now,
        shipped_apps=application.shipped_apps(),
    )

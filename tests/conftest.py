from hypothesis import HealthCheck, settings

from tests.fakes.collector import spare_what_stays

# How long an example takes tells how busy the machine is, and nothing of our code.
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what stays for as long as the tests run."""
    spare_what_stays()

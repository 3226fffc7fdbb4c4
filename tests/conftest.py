import gc

from hypothesis import HealthCheck, settings

OBJECTS_BETWEEN_LOOKS = 20_000
"""For the collector of garbage: tests make many objects that are soon let go."""

# How long an example takes tells how busy the machine is, and nothing of our code.
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what stays for as long as the tests run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 10, 10)

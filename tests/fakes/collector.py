"""How Python looks for garbage while tests run."""

import gc

OBJECTS_BETWEEN_LOOKS = 20_000
"""Tests make many objects that are soon let go."""


def spare_what_stays() -> None:
    """Look for garbage in what is made from now on, and less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 10, 10)

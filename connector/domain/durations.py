"""Stretches of time as people write them: ``24h``, ``90m``, ``7d``."""

import re
from datetime import timedelta

SECONDS_OF = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
WRITTEN = re.compile(r"([0-9]{1,9})\s*([smhdw])", re.ASCII)
LONGEST = timedelta(days=3_650)
NEVER = "never"
"""What people write where something is not to happen at all."""


def duration_of(text: str) -> timedelta:
    """Return a written duration; raises ValueError where it is none."""
    written = WRITTEN.fullmatch(text.strip().lower())
    if written is None:
        raise ValueError(f"not a duration: {text!r}")
    duration = timedelta(seconds=int(written[1]) * SECONDS_OF[written[2]])
    if not timedelta(0) < duration <= LONGEST:
        raise ValueError(f"out of bounds: {text!r}")
    return duration

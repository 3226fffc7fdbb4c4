"""Checks everything an operator can get wrong, one thing after the other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connector.domain.errors import CasbError


class Health(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a check found, and what to do about it."""

    health: Health
    message: str
    remedy: str = ""


Found = Diagnosis | Sequence[Diagnosis]
Probe = Callable[[], Found]


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at; ``probe`` may raise what the product itself would.

    It returns what it found, one or several things.
    """

    name: str
    probe: Probe


class Diagnose:
    """Runs the checks; one that fails stops no other."""

    def __init__(self, checks: Iterable[Check]) -> None:
        self._checks = tuple(checks)

    def __call__(self) -> Iterator[tuple[str, Diagnosis]]:
        """Yield the name of each check and what it found."""
        for check in self._checks:
            try:
                found = check.probe()
            except CasbError as error:
                found = failed(error.message, error.remedy)
            for each in (found,) if isinstance(found, Diagnosis) else found:
                yield check.name, each


def ok(message: str) -> Diagnosis:
    """Return that all is well."""
    return Diagnosis(Health.OK, message)


def warning(message: str, remedy: str) -> Diagnosis:
    """Return that something deserves a look."""
    return Diagnosis(Health.WARNING, message, remedy)


def failed(message: str, remedy: str) -> Diagnosis:
    """Return that something does not work."""
    return Diagnosis(Health.FAILED, message, remedy)

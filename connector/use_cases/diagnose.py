"""Checks everything an operator can get wrong, one thing after the other."""

from collections.abc import Callable, Iterable, Iterator
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


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at; ``probe`` may raise what the product itself would."""

    name: str
    probe: Callable[[], Diagnosis]


class Diagnose:
    """Runs the checks; one that fails stops no other."""

    def __init__(self, checks: Iterable[Check]) -> None:
        self._checks = tuple(checks)

    def __call__(self) -> Iterator[tuple[str, Diagnosis]]:
        """Yield the name of each check and what it found."""
        for check in self._checks:
            try:
                yield check.name, check.probe()
            except CasbError as error:
                yield check.name, failed(error.message, error.remedy)


def ok(message: str) -> Diagnosis:
    """Return that all is well."""
    return Diagnosis(Health.OK, message)


def warning(message: str, remedy: str) -> Diagnosis:
    """Return that something deserves a look."""
    return Diagnosis(Health.WARNING, message, remedy)


def failed(message: str, remedy: str) -> Diagnosis:
    """Return that something does not work."""
    return Diagnosis(Health.FAILED, message, remedy)

"""Detectors that behave, and detectors that misbehave in one way each."""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from packaging.specifiers import SpecifierSet

from casb_sdk import (
    Context,
    Detector,
    Finding,
    Resource,
    Severity,
    SiteAccess,
    SpaceAccess,
)
from casb_sdk.manifest import DeclaredDetector, DetectorManifest, Publisher
from casb_sdk.registry import InstalledDetector

SETTINGS: Mapping[str, object] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"days": {"type": "integer", "default": 30}},
}


class Example(Detector):
    title = "Example"
    severity = Severity.LOW
    rationale = "It is wrong."
    remediation = "Mend it."


class Honest(Example):
    """Reports the space, and the site."""

    id = "honest"

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        yield self.finding_on(Resource("space", space.space.id))

    def check_site(self, site: SiteAccess, context: Context) -> Iterator[Finding]:
        yield self.finding_on(Resource("account", "eve"))


class Raising(Honest):
    """Reports something, then fails."""

    id = "raising"
    error: BaseException = ValueError("two\nlines")

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        yield from super().check_space(space, context)
        raise self.error


class Endless(Example):
    """Never stops reporting."""

    id = "endless"

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        number = 0
        while True:
            yield self.finding_on(Resource("page", str(number)))
            number += 1


class Forging(Example):
    """Reports in the name of another detector."""

    id = "forging"

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        yield Finding("honest", Resource("space", "1"))


class Silent(Example):
    """Forgets to report."""

    id = "silent"

    def check_space(self, space: SpaceAccess, context: Context) -> Iterable[Finding]:
        return cast("Iterable[Finding]", None)


class Babbling(Example):
    """Reports things that are no findings."""

    id = "babbling"

    def check_space(self, space: SpaceAccess, context: Context) -> Iterable[Finding]:
        return cast("list[Finding]", ["a page is open"])


class Curious(Example):
    """Keeps the context it was given."""

    id = "curious"

    def __init__(self) -> None:
        self.given: list[Context] = []

    def check_space(self, space: SpaceAccess, context: Context) -> Iterable[Finding]:
        self.given.append(context)
        return ()


class Clock:
    """Tells a time that moves on by itself, or by hand."""

    def __init__(self, *, step: float = 0) -> None:
        self.seconds = 0.0
        self.step = step

    def __call__(self) -> float:
        self.seconds += self.step
        return self.seconds


class Slow(Honest):
    """Takes its time, and only then reports."""

    id = "slow"

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        self._clock.seconds += self._seconds
        return super().check_space(space, context)


class Idle(Slow):
    """Takes its time, and reports nothing."""

    id = "idle"

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        super().check_space(space, context)
        return iter(())


class Thorough(Honest):
    """Looks at what takes long to work out."""

    id = "thorough"

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        assert space.unjudged == frozenset()
        return super().check_space(space, context)


def installed(detector: Detector) -> InstalledDetector:
    declared = DeclaredDetector(
        detector.id, "acme.detector", ("space",), Severity.LOW, SETTINGS
    )
    manifest = DetectorManifest(
        id=detector.id,
        name="Example",
        description="Flags examples.",
        publisher=Publisher("Example Ltd"),
        python=SpecifierSet(),
        sdk=SpecifierSet(),
        timeout_seconds=20,
        memory_mb=256,
        detectors=(declared,),
        data=frozenset(),
        scopes=frozenset(),
        is_verified=True,
    )
    return InstalledDetector(detector, declared, manifest, f"acme-{detector.id}", "1.2")

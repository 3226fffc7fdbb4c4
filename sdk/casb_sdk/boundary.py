"""A boundary: the place where an access starts, and all that is reached from there."""

from dataclasses import dataclass, field

from casb_sdk.profiles import Profile


@dataclass(frozen=True, slots=True)
class Boundary:
    """An anchor, and the profiles whose access starts there."""

    anchor: int
    parts: list[tuple[int, Profile]] = field(default_factory=list)

    @property
    def everybody(self) -> int:
        """The bits of all who reach something at this anchor."""
        mask = 0
        for part, _ in self.parts:
            mask |= part
        return mask

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles alone."""
        return tuple(profile for _, profile in self.parts)

    def shared(self) -> list[tuple[int, list[Profile]]]:
        """Return the bits of those who reach the same profiles, and which these are."""
        groups = [(self.everybody, list[Profile]())]
        for mask, profile in self.parts:
            untouched = [(who & ~mask, own) for who, own in groups if who & ~mask]
            # A list is copied only where its people part ways.
            reached = [
                (who & mask, [*own] if who & ~mask else own)
                for who, own in groups
                if who & mask
            ]
            for _, own in reached:
                own.append(profile)
            groups = reached + untouched
        return groups

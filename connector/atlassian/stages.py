"""The stages in which the content of a shard is read, and where a reader left off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec import DecodeError, Struct
from msgspec.json import Decoder, encode

from casb_sdk import Space
from connector.atlassian.capabilities import Query
from connector.atlassian.chunks import chunks
from connector.atlassian.leftovers import PAGE, POST, Listing
from connector.atlassian.paging import FIRST, Position

ARCHIVED = "archived"
CURRENT = "current"
SEARCH = "search"
SPACES_PER_LISTING = 100


@dataclass(frozen=True, slots=True)
class Stage:
    """A listing to walk; the search stage has no v2 listing.

    ``unless_searched`` names a type whose listing is only wanted where search does
    not list it. A stage that is ``alone`` searches one space of a shard that could
    not be searched as a whole.
    """

    name: str
    spaces: Sequence[Space]
    listing: Listing | None = None
    unless_searched: str = ""
    alone: bool = False

    def is_wanted(self, searched: Sequence[str], *, apart: bool) -> bool:
        """Return whether to walk the stage, given the types search lists.

        ``apart`` says that the shard has to be searched space by space.
        """
        return self.unless_searched not in searched and (apart or not self.alone)


class Resume(Struct, frozen=True):
    """Where a reader left off: a stage, a position in it and the query it asked."""

    stage: str = SEARCH
    cursor: str = ""
    start: int = 0
    query: Query | None = None

    @classmethod
    def of(cls, stage: Stage, at: Position, query: Query | None = None) -> "Resume":
        """Return a place in a stage."""
        return cls(stage.name, at.cursor, at.start, query)

    @classmethod
    def from_text(cls, text: str | None) -> "Resume":
        """Read a place; one that cannot be read is the beginning."""
        if not text:
            return cls()
        try:
            return _DECODER.decode(text)
        except DecodeError:
            return cls()

    @property
    def text(self) -> str:
        """The place as text to keep."""
        return encode(self).decode()

    @property
    def at(self) -> Position:
        """The position in the stage."""
        return Position(self.cursor, self.start) if self.cursor or self.start else FIRST


_DECODER = Decoder(Resume)


def stages_of(spaces: Sequence[Space]) -> tuple[Stage, ...]:
    """Return the stages for some spaces, in the order they are walked."""
    archived = tuple(space for space in spaces if space.status == ARCHIVED)
    current = tuple(space for space in spaces if space.status != ARCHIVED)
    searched = _searched(current) if current else ()
    return (*searched, *_beside_search(current), *_in_archived(archived))


def _searched(spaces: Sequence[Space]) -> Iterator[Stage]:
    yield Stage(SEARCH, spaces)
    if len(spaces) > 1:
        for number, space in enumerate(spaces):
            yield Stage(f"{SEARCH}-{number}", (space,), alone=True)


def _beside_search(spaces: Sequence[Space]) -> Iterator[Stage]:
    for part, chunk in enumerate(chunks(spaces, SPACES_PER_LISTING)):
        for name, type_, status, unless in (
            ("archived-pages", PAGE, ARCHIVED, ""),
            ("pages", PAGE, CURRENT, PAGE),
            ("posts", POST, CURRENT, POST),
        ):
            listing = Listing(type_, chunk, (status,))
            yield Stage(f"{name}-{part}", chunk, listing, unless)


def _in_archived(spaces: Sequence[Space]) -> Iterator[Stage]:
    for part, chunk in enumerate(chunks(spaces, SPACES_PER_LISTING)):
        pages = Listing(PAGE, chunk, (CURRENT, ARCHIVED), is_only_source=True)
        posts = Listing(POST, chunk, (CURRENT,), is_only_source=True)
        yield Stage(f"old-pages-{part}", chunk, pages)
        yield Stage(f"old-posts-{part}", chunk, posts)

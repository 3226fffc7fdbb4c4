"""What a site's search puts up with: learnt from its answers, kept between scans."""

import re
from collections.abc import Sequence

from msgspec import DecodeError, Struct
from msgspec.json import Decoder, encode
from msgspec.structs import replace

from casb_sdk import Space
from connector.atlassian.failures import NETWORK, SCOPE, CallFailedError, Nature

CONTENT_TYPES = ("page", "blogpost", "whiteboard", "database", "embed", "folder")
BASIC_TYPES = ("page", "blogpost")
LARGEST_PAGE = 1000
SMALLEST_PAGE = 25
BAD_REQUEST = 400
ACCEPTED_TYPES = re.compile(r"expected one of\s*:?\s*\[([^\]]*)\]", re.IGNORECASE)
REFUSED_TYPE = re.compile(r"value for type, got\s*:\s*([^\s,]+)", re.IGNORECASE)
NOT_ABOUT_SIZE = frozenset({NETWORK, SCOPE, "429", "shape"})


class Query(Struct, frozen=True):
    """How content is asked for; a walk keeps the one it began with."""

    limit: int = LARGEST_PAGE
    types: tuple[str, ...] = CONTENT_TYPES
    is_ordered: bool = True

    def cql(self, spaces: Sequence[Space]) -> str:
        """Return the query for the content of some spaces."""
        keys = ",".join(quoted(space.key) for space in spaces)
        types = ",".join(self.types)
        order = " order by id" if self.is_ordered else ""
        return f"space in ({keys}) and type in ({types}){order}"

    def with_types(self, types: Sequence[str]) -> "Query | None":
        """Return the query with fewer types, None if there are not fewer."""
        left = tuple(type_ for type_ in self.types if type_ in types)
        return replace(self, types=left) if left and left != self.types else None

    def smaller(self, size: int) -> "Query | None":
        """Return the query with half the page size, None at the smallest."""
        if self.limit <= SMALLEST_PAGE:
            return None
        at_once = min(self.limit, size or self.limit)
        return replace(self, limit=max(SMALLEST_PAGE, at_once // 2))


class SearchCapabilities(Struct, frozen=True):
    """The query that works on a site; ``page_size`` is the most it gave at once.

    ``is_proven`` is false until a search was answered.
    """

    query: Query = Query()
    page_size: int = 0
    is_proven: bool = False

    @property
    def refused_types(self) -> tuple[str, ...]:
        """The content types that search does not list."""
        return tuple(t for t in CONTENT_TYPES if t not in self.query.types)

    @classmethod
    def from_text(cls, text: str) -> "SearchCapabilities":
        """Read what was kept; what cannot be read is learnt anew."""
        try:
            return _DECODER.decode(text)
        except DecodeError:
            return cls()

    def to_text(self) -> str:
        """Return the capabilities as text to keep."""
        return encode(self).decode()

    def after_page(self, query: Query, echoed: int, shown: int) -> "SearchCapabilities":
        """Return what an answered query teaches; ``shown`` only if more follows."""
        limit = echoed if SMALLEST_PAGE <= echoed < query.limit else query.limit
        borne = Query(
            min(limit, self.query.limit),
            tuple(type_ for type_ in self.query.types if type_ in query.types),
            self.query.is_ordered and query.is_ordered,
        )
        learnt = SearchCapabilities(borne, max(self.page_size, shown), is_proven=True)
        return self if learnt == self else learnt

    def easier_than(self, query: Query, error: CallFailedError) -> Query | None:
        """Return a query to try after one that failed, None if none may help.

        It is only taken for what the site bears once it was answered.
        """
        if error.status == BAD_REQUEST:
            return _easier(query, error.text, self.page_size)
        if error.nature is Nature.PASSING and error.reason not in NOT_ABOUT_SIZE:
            return query.smaller(self.page_size)
        return None


_DECODER = Decoder(SearchCapabilities)


def quoted(text: str) -> str:
    """Return a value for CQL; nothing in it can end the quotation."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _easier(query: Query, text: str, page_size: int) -> Query | None:
    """Return a query without what a refusal may be about, the likeliest first."""
    if fewer := query.with_types(_types_left(query, text)):
        return fewer
    if "limit" in text.lower() and (smaller := query.smaller(page_size)):
        return smaller
    if query.is_ordered:
        return replace(query, is_ordered=False)
    return query.with_types(BASIC_TYPES)


def _types_left(query: Query, text: str) -> Sequence[str]:
    """Return the types a refusal does not speak against."""
    if accepted := ACCEPTED_TYPES.search(text):
        return [part.strip() for part in accepted[1].split(",")]
    if refused := REFUSED_TYPE.search(text):
        return [type_ for type_ in query.types if type_ != refused[1]]
    return query.types

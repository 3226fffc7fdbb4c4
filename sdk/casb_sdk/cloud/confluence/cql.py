"""The part of CQL the simulated search understands."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from casb_sdk.cloud.refusals import v1_bad_request

TOKEN = re.compile(r'"([^"]*)"|\'([^\']*)\'|([(),]|[<>!]=|[=<>~])|([^\s(),=<>!~"\']+)')
DATE_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
COMPARISONS = frozenset({">=", ">", "<=", "<"})


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a query; what stood in quotes is never a keyword."""

    text: str
    quoted: bool = False

    def says(self, word: str) -> bool:
        """Return whether this is a keyword or an operator."""
        return not self.quoted and self.text.lower() == word


@dataclass(frozen=True, slots=True)
class Cql:
    """A parsed query; ``None`` means that a field was not asked about.

    ``modified`` holds (comparison, seconds) pairs, ``order`` a field and whether
    it descends.
    """

    spaces: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    modified: tuple[tuple[str, float], ...] = ()
    order: tuple[str, bool] = ("", False)


END = Token("")
LISTED_FIELDS: dict[str, Callable[[Cql, tuple[str, ...]], Cql]] = {
    "space": lambda query, values: replace(query, spaces=values),
    "type": lambda query, values: replace(query, types=values),
    "id": lambda query, values: replace(query, ids=values),
}


def parse_cql(text: str) -> Cql:
    """Return a query parsed, or refuse it as Confluence does."""
    tokens = list(_tokens(text))
    if not tokens:
        raise v1_bad_request("Could not parse cql : ")
    reader = _Reader(tokens, text)
    query = Cql()
    if not reader.at("order"):
        query = reader.clause(query)
        while reader.skip("and"):
            query = reader.clause(query)
    if reader.skip("order"):
        query = reader.order(query)
    if not reader.is_done:
        raise reader.error()
    return query


class _Reader:
    """Reads the tokens of a query from left to right."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        self._tokens = tokens
        self._text = text
        self._next = 0

    @property
    def is_done(self) -> bool:
        return self._next >= len(self._tokens)

    def at(self, word: str) -> bool:
        return not self.is_done and self._tokens[self._next].says(word)

    def skip(self, word: str) -> bool:
        found = self.at(word)
        self._next += found
        return found

    def take(self) -> Token:
        token = END if self.is_done else self._tokens[self._next]
        self._next += 1
        return token

    def error(self) -> Exception:
        return v1_bad_request(f"Could not parse cql : {self._text}")

    def clause(self, query: Cql) -> Cql:
        field = self.take().text.lower()
        operator = self.take().text.lower()
        if field in LISTED_FIELDS and operator in {"=", "in"}:
            values = self._values() if operator == "in" else (self._value(),)
            return LISTED_FIELDS[field](query, values)
        if field == "lastmodified" and operator in COMPARISONS:
            moment = _moment(self._value())
            return replace(query, modified=(*query.modified, (operator, moment)))
        raise self.error()

    def order(self, query: Cql) -> Cql:
        if not self.skip("by"):
            raise self.error()
        field = self.take().text.lower()
        descends = self.skip("desc")
        self.skip("asc")
        return replace(query, order=(field, descends))

    def _values(self) -> tuple[str, ...]:
        if not self.skip("("):
            raise self.error()
        values = [self._value()]
        while self.skip(","):
            values.append(self._value())
        if not self.skip(")"):
            raise self.error()
        return tuple(values)

    def _value(self) -> str:
        token = self.take()
        if not token.quoted and (token.text in {"", "(", ")", ","}):
            raise self.error()
        return token.text


def _tokens(text: str) -> Iterator[Token]:
    for match in TOKEN.finditer(text):
        double, single, symbol, word = match.groups()
        quoted = double if double is not None else single
        if quoted is not None:
            yield Token(quoted, quoted=True)
        else:
            yield Token(symbol or word)


def _moment(text: str) -> float:
    for pattern in DATE_FORMATS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    raise v1_bad_request(f"Unparseable date: {text}")

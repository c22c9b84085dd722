"""What our tree of a question is in OpenSearch's own queries.

The server cuts streams into overlapping pairs of characters, breaks included, each at the next position: a phrase of
two characters or more stands in a stream exactly when its pairs stand in it one behind the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from indexing import text
from indexing.query import FUZZY_FROM, Code, EngineQuery, Filter, Node, OfType, Phrase, Tolerant, least_matching

#: Added to the score of exact hits. Other scores are scaled to stay below it (at most 200 bigrams of at most 31 each).
EXACT = 1024.0
_SCALE = 0.02
_FACETS = {"document_type": 500, "centre": 5000, "category": 50, "year": 300}

_Query = dict[str, Any]


def body(asked: EngineQuery) -> tuple[dict[str, Any], bool]:
    """Return the search but for its page, and whether the scores of exact hits are lifted (else every hit is exact)."""
    query, tiered = _Builder(asked).whole()
    # Ties go to the newer paper; the id makes the order whole, so that pages fit together.
    order: list[dict[str, str]] = [{"date": "desc"}, {"id": "desc"}]
    wanted: dict[str, Any] = {
        "query": query,
        "sort": [{"_score": "desc"}, *order] if asked.wanted.parts else order,
        "track_total_hits": True,
        # The id is read from the order; nothing else is stored.
        "stored_fields": "_none_",
    }
    if asked.facets:
        wanted["aggs"] = {name: {"terms": {"field": name, "size": size}} for name, size in _FACETS.items()}
    return wanted, tiered


class _Builder:
    """Turns our tree into queries. Every node has a query that matches and one that matches exactly."""

    def __init__(self, asked: EngineQuery) -> None:
        self._asked = asked
        self._loose = asked.loose

    def whole(self) -> tuple[_Query, bool]:
        wanted = self._asked.wanted
        nodes = [self._node(node) for node in wanted.parts]
        tiered = any(near is not exact for near, exact in nodes)
        should = [_scaled(favour) for favour in self._favours(wanted.parts)]
        if tiered:
            should.append(_constant({"bool": {"filter": [exact for _, exact in nodes]}}, EXACT))
        clauses = {
            # Who may not know of a paper neither finds nor counts it: hits and facets come out of one query.
            "filter": [_within(self._asked.units), *_filters(self._asked.filter)],
            "must": [_scaled(near) for near, _ in nodes],
            "must_not": [self._node(node)[1] for node in wanted.without],
            "should": should,
        }
        return {"bool": {name: clause for name, clause in clauses.items() if clause}}, tiered

    def _or_private(self, open_query: _Query, private: _Query) -> _Query:
        # Personal numbers stand in fields of their own; nobody finds them outside the units of the right.
        units = self._asked.personal_units & self._asked.units
        if not units:
            return open_query
        return _any([open_query, {"bool": {"must": [private], "filter": [_within(units)]}}])

    def _favours(self, nodes: tuple[Node, ...]) -> Iterator[_Query]:
        # What a paper is called, and whose it is, weighs more than a mention inside it.
        for node in nodes:
            if isinstance(node, Tolerant) or (isinstance(node, Phrase) and node.field == "body"):
                yield _constant(_phrase("name", node.stream), 6.0)
                yield _constant(_phrase("title", node.stream), 4.0)
            elif isinstance(node, Code):
                yield _constant(_term("account", node.value), 6.0)
                yield _constant(_term("codes", node.value), 4.0)

    def _node(self, node: Node) -> tuple[_Query, _Query]:
        if isinstance(node, Tolerant):
            return self._tolerant(node.stream)
        if isinstance(node, Code):
            return self._code(node.value)
        if isinstance(node, Phrase):
            exact = self._body(node.stream) if node.field == "body" else _phrase(node.field, node.stream)
        elif isinstance(node, OfType):
            exact = _term("document_type", node.code)
        else:
            exact = _prefix("account", node.value)
        return exact, exact

    def _body(self, stream: str) -> _Query:
        found = _phrase("body", stream)
        return self._or_private(found, _phrase("private", stream)) if text.has_digit(stream) else found

    def _tolerant(self, stream: str) -> tuple[_Query, _Query]:
        exact = self._body(stream)
        pieces = text.pieces(stream)
        if not pieces or (pieces == [stream] and len(stream) == 2):
            return exact, exact
        near = {"bool": {"must": [self._near(piece) for piece in pieces]}}
        # A phrase may be cut inside a number, and then its piece of the number is no code.
        plain = not any(text.is_code(piece) for piece in pieces)
        return near if plain else _any([near, exact]), exact

    def _near(self, piece: str) -> _Query:
        if text.is_code(piece):
            return self._near_code(piece)
        grams = sorted(set(text.bigrams(piece)))
        least = min(least_matching(piece, loose=self._loose), len(grams))
        return _any([_term("body", gram) for gram in grams], least=least)

    def _near_code(self, value: str) -> _Query:
        ask = _fuzzy if self._loose and len(value) >= FUZZY_FROM else _term
        return self._or_private(ask("codes", value), ask("private_codes", value))

    def _code(self, value: str) -> tuple[_Query, _Query]:
        ways = [_term("codes", value), _term("account", value)]
        private = _term("private_codes", value)
        if len(value) >= 4:
            ways += [_prefix("account", value), _prefix("codes", value)]
            private = _prefix("private_codes", value)
        exact = _constant(self._or_private(_any(ways), private), 1.0)
        if not self._loose or len(value) < FUZZY_FROM:
            return exact, exact
        return _any([exact, self._near_code(value)]), exact


def _phrase(field: str, stream: str) -> _Query:
    # One character is no pair: it begins one wherever it stands, as every run is followed by a break.
    return _prefix(field, stream) if len(stream) == 1 else {"match_phrase": {field: {"query": stream}}}


def _filters(wanted: Filter) -> Iterator[_Query]:
    for name in ("document_type", "category", "business_type"):
        if value := getattr(wanted, name):
            yield _term(name, value)
    first, last = wanted.days()
    if first or last:
        days = {"gte": first, "lte": last}
        yield {"range": {"date": {name: day for name, day in days.items() if day}}}


def _within(units: frozenset[int]) -> _Query:
    return {"terms": {"centre": [str(unit) for unit in sorted(units)]}}


def _term(field: str, value: str) -> _Query:
    return {"term": {field: {"value": value}}}


def _prefix(field: str, value: str) -> _Query:
    return {"prefix": {field: {"value": value}}}


def _fuzzy(field: str, value: str) -> _Query:
    # All neighbours count the same, and none is left out because there are many.
    return {"fuzzy": {field: {"value": value, "fuzziness": 1, "rewrite": "constant_score"}}}


def _any(ways: list[_Query], *, least: int = 1) -> _Query:
    return {"bool": {"should": ways, "minimum_should_match": least}}


def _constant(query: _Query, score: float) -> _Query:
    return {"constant_score": {"filter": query, "boost": score}}


def _scaled(query: _Query) -> _Query:
    return {"bool": {"must": [query], "boost": _SCALE}}

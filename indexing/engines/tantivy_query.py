"""What our tree of a question is in Tantivy's own queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tantivy import FieldType, Occur, Query

from indexing import text
from indexing.query import FUZZY_FROM, Code, EngineQuery, Filter, Node, OfType, Phrase, Prefix, Tolerant, least_matching

#: Added to the score of exact hits. Other scores are scaled to stay below it (at most 200 bigrams of at most 31 each).
EXACT = 1024.0
_SCALE = 0.02


class Builder:
    """Turns our tree into Tantivy queries. Every node has a query that matches and one that matches exactly."""

    def __init__(self, schema: Any, asked: EngineQuery) -> None:
        self._schema = schema
        self._asked = asked
        self._loose = asked.loose

    def whole(self) -> tuple[Any, bool]:
        """Return the query, and whether the scores of exact hits are lifted (else every hit is exact)."""
        query = self._asked
        clauses = [(Occur.Must, part) for part in self._limits(query)]
        clauses += [(Occur.MustNot, self._node(node)[1]) for node in query.wanted.without]
        nodes = [self._node(node) for node in query.wanted.parts]
        tiered = any(near is not exact for near, exact in nodes)
        clauses += [(Occur.Must, Query.boost_query(near, _SCALE)) for near, _ in nodes]
        clauses += [(Occur.Should, Query.boost_query(q, _SCALE)) for q in self._favours(query.wanted.parts)]
        if tiered:
            exact = Query.boolean_query([(Occur.Must, exact) for _, exact in nodes])
            clauses.append((Occur.Should, Query.const_score_query(exact, EXACT)))
        return Query.boolean_query(clauses), tiered

    def _limits(self, query: EngineQuery) -> Iterator[Any]:
        yield self._within(query.units)
        for limit in self._filters(query.filter):
            yield Query.const_score_query(limit, 0.0)

    def _within(self, units: frozenset[int]) -> Any:
        centres = Query.term_set_query(self._schema, "centre", [str(unit) for unit in sorted(units)])
        return Query.const_score_query(centres, 0.0)

    def _or_private(self, open_query: Any, private: Any) -> Any:
        # Personal numbers stand in fields of their own; nobody finds them outside the units of the right.
        units = self._asked.personal_units & self._asked.units
        if not units:
            return open_query
        permitted = Query.boolean_query([(Occur.Must, private), (Occur.Must, self._within(units))])
        return Query.boolean_query([(Occur.Should, open_query), (Occur.Should, permitted)])

    def _filters(self, wanted: Filter) -> Iterator[Any]:
        for name in ("document_type", "category", "business_type"):
            if value := getattr(wanted, name):
                yield self._term(name, value)
        if wanted.date_from or wanted.date_to:
            first, last = wanted.days()
            yield Query.range_query(self._schema, "date", FieldType.Integer, first, last)

    def _favours(self, nodes: tuple[Node, ...]) -> Iterator[Any]:
        # What a paper is called, and whose it is, weighs more than a mention inside it.
        for node in nodes:
            if isinstance(node, Tolerant) or (isinstance(node, Phrase) and node.field == "body"):
                yield Query.const_score_query(self._phrase(node.stream, "name"), 6.0)
                yield Query.const_score_query(self._phrase(node.stream, "title"), 4.0)
            elif isinstance(node, Code):
                yield Query.const_score_query(self._term("account", node.value), 6.0)
                yield Query.const_score_query(self._term("codes", node.value), 4.0)

    def _node(self, node: Node) -> tuple[Any, Any]:
        if isinstance(node, Tolerant):
            return self._tolerant(node.stream)
        if isinstance(node, Code):
            return self._code(node.value)
        if isinstance(node, Phrase):
            exact = self._body(node.stream) if node.field == "body" else self._phrase(node.stream, node.field)
        elif isinstance(node, OfType):
            exact = self._term("document_type", node.code)
        else:
            exact = self._prefix("account", node)
        return exact, exact

    def _body(self, stream: str) -> Any:
        found = self._phrase(stream, "body")
        return self._or_private(found, self._phrase(stream, "private")) if text.has_digit(stream) else found

    def _tolerant(self, stream: str) -> tuple[Any, Any]:
        exact = self._body(stream)
        pieces = text.pieces(stream)
        if not pieces or (pieces == [stream] and len(stream) == 2):
            return exact, exact
        near = Query.boolean_query([(Occur.Must, self._near(piece)) for piece in pieces])
        # A phrase may be cut inside a number, and then its piece of the number is no code.
        plain = not any(text.is_code(piece) for piece in pieces)
        return near if plain else Query.boolean_query([(Occur.Should, near), (Occur.Should, exact)]), exact

    def _near(self, piece: str) -> Any:
        if text.is_code(piece):
            return self._near_code(piece)
        grams = text.bigrams(piece)
        if len(grams) == 1:
            return self._term("body", grams[0])
        least = least_matching(piece, loose=self._loose)
        return Query.boolean_query(
            [(Occur.Should, self._term("body", gram)) for gram in grams],
            minimum_number_should_match=min(least, len(set(grams))),
        )

    def _near_code(self, value: str) -> Any:
        if not self._loose or len(value) < FUZZY_FROM:
            return self._or_private(self._term("codes", value), self._term("private_codes", value))
        near, private = (
            Query.fuzzy_term_query(self._schema, name, value, distance=1) for name in ("codes", "private_codes")
        )
        return self._or_private(near, private)

    def _code(self, value: str) -> tuple[Any, Any]:
        ways = [self._term("codes", value), self._term("account", value)]
        if len(value) >= 4:
            ways += [self._prefix("account", Prefix(value)), self._prefix("codes", Prefix(value))]
        found = self._or_private(
            Query.boolean_query([(Occur.Should, way) for way in ways]),
            self._prefix("private_codes", Prefix(value)) if len(value) >= 4 else self._term("private_codes", value),
        )
        exact = Query.const_score_query(found, 1.0)
        if not self._loose or len(value) < FUZZY_FROM:
            return exact, exact
        return Query.boolean_query([(Occur.Should, exact), (Occur.Should, self._near_code(value))]), exact

    def _phrase(self, stream: str, field: str) -> Any:
        pairs, alone = text.phrase_cover(stream)
        cover: list[str | tuple[int, str]] = [*pairs]
        if alone is not None:
            return self._phrase_to_one(stream, cover, alone, field)
        if len(pairs) == 1:
            return self._term(field, pairs[0][1])
        return Query.phrase_query(self._schema, field, cover)

    def _phrase_to_one(self, stream: str, cover: list[str | tuple[int, str]], alone: str, field: str) -> Any:
        # The character stands alone only in the question; in the text it may begin a bigram.
        if not cover:
            return Query.regex_query(self._schema, field, alone + ".?")
        patterns = [*cover, (text.cover_length(stream), alone + ".?")]
        return Query.regex_phrase_query(self._schema, field, patterns)

    def _prefix(self, field: str, prefix: Prefix) -> Any:
        return Query.regex_query(self._schema, field, prefix.value + ".*")

    def _term(self, field: str, value: str) -> Any:
        return Query.term_query(self._schema, field, value)

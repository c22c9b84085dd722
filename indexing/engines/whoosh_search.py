"""Answering a question on Whoosh with sets of document numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import reduce
from typing import Any

from whoosh import query
from whoosh.reading import TermNotFound

from indexing import text
from indexing.engine import EngineHit, EngineResult, Facets
from indexing.query import FUZZY_FROM, Code, EngineQuery, Node, OfType, Phrase, Prefix, Tolerant, least_matching

_FACETS = ("document_type", "centre", "category", "year")

Found = set[int]


class Search:
    """One question, answered with sets of document numbers of one searcher."""

    def __init__(self, searcher: Any, asked: EngineQuery, streams: dict[int, dict[str, str]]) -> None:
        self._reader = searcher.reader()
        self._searcher = searcher
        self._asked = asked
        #: Streams read before, by document number; as long as the searcher lives they stay true.
        self._streams = streams

    def page(self) -> EngineResult:
        """Return the page that was asked for."""
        wanted = self._asked.wanted
        allowed = self._allowed()
        if not allowed:
            return EngineResult(0, ())
        for node in wanted.without:
            allowed -= self._node(node, allowed)[1]
        found, exact = set(allowed), set(allowed)
        for node in wanted.parts:
            near, sure = self._node(node, found)
            found, exact = found & near, exact & sure
        dates = self._reader.column_reader("date")
        ranked = sorted(found, key=lambda n: (n in exact, self._favour(n), dates[n], n), reverse=True)
        shown = ranked[self._asked.offset : self._asked.offset + self._asked.limit]
        hits = tuple(EngineHit(int(self._reader.stored_fields(n)["key"]), n in exact) for n in shown)
        return EngineResult(len(found), hits, self._facets(found) if self._asked.facets and found else {})

    def _allowed(self) -> Found:
        wanted = self._asked.filter
        allowed = self._any("centre", [str(unit) for unit in self._asked.units])
        for name in ("document_type", "category", "business_type"):
            if value := getattr(wanted, name):
                allowed &= self._having(name, value)
        if wanted.date_from or wanted.date_to:
            first, last = wanted.days()
            allowed &= set(self._searcher.docs_for_query(query.NumericRange("date", first, last)))
        return allowed

    def _favour(self, number: int) -> int:
        nodes = [n.stream for n in self._asked.wanted.parts if isinstance(n, Tolerant | Phrase)]
        if not nodes:
            return 0
        streams = self._stream(number)
        return sum((stream in streams["name"]) + (stream in streams["title"]) for stream in nodes)

    def _facets(self, found: Found) -> Facets:
        columns = {name: self._reader.column_reader(name) for name in _FACETS}
        return {name: dict(Counter(str(column[n]) for n in found)) for name, column in columns.items()}

    def _node(self, node: Node, within: Found) -> tuple[Found, Found]:
        if isinstance(node, Tolerant):
            exact = self._body(node.stream, within)
            return exact | (self._near(node.stream) & within), exact
        if isinstance(node, Code):
            exact = self._code(node.value)
            fuzzy = self._asked.loose and len(node.value) >= FUZZY_FROM
            return exact | self._fuzzy(node.value) if fuzzy else exact, exact
        if isinstance(node, Phrase):
            whole = node.field == "body"
            exact = self._body(node.stream, within) if whole else self._phrase(node.stream, node.field, within)
        elif isinstance(node, OfType):
            exact = self._having("document_type", node.code)
        else:
            exact = self._beginning("account", node)
        return exact, exact

    def _personal(self) -> Found:
        return self._any("centre", [str(unit) for unit in self._asked.personal_units & self._asked.units])

    def _body(self, stream: str, within: Found) -> Found:
        found = self._phrase(stream, "body", within)
        if text.has_digit(stream) and self._asked.personal_units:
            found |= self._phrase(stream, "private", within & self._personal())
        return found

    def _phrase(self, stream: str, field: str, within: Found) -> Found:
        grams = "private_grams" if field == "private" else "grams"
        pairs, alone = text.phrase_cover(stream)
        candidates = [self._having(grams, gram) for _, gram in pairs]
        if alone is not None:
            candidates.append(self._any(grams, self._expand(grams, alone)))
        found = reduce(set.intersection, sorted(candidates, key=len), set(within))
        return {n for n in found if stream in self._stream(n)[field]}

    def _near(self, stream: str) -> Found:
        pieces = text.pieces(stream)
        return reduce(set.intersection, (self._near_piece(piece) for piece in pieces)) if pieces else set()

    def _near_piece(self, piece: str) -> Found:
        if text.is_code(piece):
            fuzzy = self._asked.loose and len(piece) >= FUZZY_FROM
            return self._fuzzy(piece) if fuzzy else self._codes([piece], [piece])
        grams = set(text.bigrams(piece))
        least = min(least_matching(piece, loose=self._asked.loose), len(grams))
        held = Counter(n for gram in grams for n in self._having("grams", gram))
        return {n for n, count in held.items() if count >= least}

    def _code(self, value: str) -> Found:
        found = self._having("account", value)
        if len(value) < 4:
            return found | self._codes([value], [value])
        found |= self._beginning("account", Prefix(value))
        return found | self._codes(self._expand("codes", value), self._expand("private_codes", value))

    def _fuzzy(self, value: str) -> Found:
        near, private = (self._reader.terms_within(field, value, 1) for field in ("codes", "private_codes"))
        return self._codes([self._text(term) for term in near], [self._text(term) for term in private])

    def _codes(self, values: Iterable[str], private: Iterable[str]) -> Found:
        found = self._any("codes", values)
        if self._asked.personal_units:
            found |= self._any("private_codes", private) & self._personal()
        return found

    def _beginning(self, field: str, prefix: Prefix) -> Found:
        return self._any(field, self._expand(field, prefix.value))

    def _expand(self, field: str, prefix: str) -> list[str]:
        return [self._text(term) for term in self._reader.expand_prefix(field, prefix)]

    def _any(self, field: str, values: Iterable[str]) -> Found:
        found: Found = set()
        for value in values:
            found |= self._having(field, value)
        return found

    def _having(self, field: str, value: str) -> Found:
        try:
            postings = self._reader.postings(field, value)
        except TermNotFound:
            return set()
        return set(postings.all_ids())

    def _stream(self, number: int) -> dict[str, str]:
        if number not in self._streams:
            self._streams[number] = self._reader.stored_fields(number)["streams"]
        return self._streams[number]

    @staticmethod
    def _text(term: Any) -> str:
        return term.decode() if isinstance(term, bytes) else str(term)

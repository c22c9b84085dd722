"""Cut a piece of a page around what was looked for, and say which parts of it match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexing import text
from indexing.query import Code, Node, Phrase, Prefix, Tolerant

_BEFORE, _LENGTH = 30, 120

#: A part of a snippet and whether it matches; never HTML.
Segment = tuple[str, bool]


@dataclass(frozen=True)
class Snippet:
    """A piece of a page; `page` counts from 1."""

    segments: tuple[Segment, ...]
    page: int


def streams_of(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Return the streams that a hit of these nodes shows in its text."""
    found: list[str] = []
    for node in nodes:
        if isinstance(node, Tolerant) or (isinstance(node, Phrase) and node.field == "body"):
            found.append(node.stream)
        elif isinstance(node, Code | Prefix):
            found.append(node.value)
    return tuple(found)


def cut(pages: Sequence[tuple[int, str]], streams: Sequence[str]) -> Snippet | None:
    """Return the best piece of `pages` (number and text): where most of `streams` stands, else most of its bigrams.

    None when no page says any of it, for example because only the name of the household does.
    """
    best: tuple[tuple[int, int], int, str] | None = None
    for number, page in pages:
        weight = _weight(text.stream(page), streams)
        if weight > (0, 0) and (best is None or weight > best[0]):
            best = weight, number, page
            if weight[0] == len(streams):
                # A paper may have thousands of pages; the first that says it all will do.
                break
    return _around(best[2], streams, best[1]) if best else None


def _weight(page: str, streams: Sequence[str]) -> tuple[int, int]:
    return sum(stream in page for stream in streams), sum(gram in page for gram in _grams(streams))


def _grams(streams: Sequence[str]) -> set[str]:
    # A digit pair stands on every page and says nothing about where a number was misread.
    return {
        gram for stream in streams for run in stream.split() for gram in text.bigrams(run) if not text.is_code(gram)
    }


def _around(page: str, streams: Sequence[str], number: int) -> Snippet:
    known = text.mapped(page)
    spans = [span for stream in streams for span in _places(known, stream)]
    if not spans:
        spans = [span for gram in sorted(_grams(streams)) for span in _places(known, gram)]
    marks = _merged(sorted(spans))
    start = max(0, _densest(marks) - _BEFORE)
    end = min(len(page), start + _LENGTH)
    return Snippet(tuple(_segments(page, start, end, marks)), number)


def _places(known: text.Mapped, stream: str) -> Iterator[tuple[int, int]]:
    at = known.stream.find(stream)
    while at >= 0:
        yield known.span(at, at + len(stream))
        at = known.stream.find(stream, at + 1)


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    marks: list[tuple[int, int]] = []
    for start, end in spans:
        if marks and start <= marks[-1][1]:
            marks[-1] = marks[-1][0], max(end, marks[-1][1])
        else:
            marks.append((start, end))
    return marks


def _densest(marks: Sequence[tuple[int, int]]) -> int:
    """Return where the piece begins to which most marked characters belong."""

    def marked_from(first: int) -> int:
        return sum(
            min(end, first + _LENGTH - _BEFORE) - start
            for start, end in marks
            if first <= start < first + _LENGTH - _BEFORE
        )

    return max((start for start, _ in marks), key=lambda start: (marked_from(start), -start), default=0)


def _segments(page: str, start: int, end: int, marks: Sequence[tuple[int, int]]) -> Iterator[Segment]:
    if start > 0:
        yield "…", False
    at = start
    for first, last in marks:
        first, last = max(first, at), min(last, end)
        if first >= last:
            continue
        if first > at:
            yield _shown(page[at:first]), False
        yield _shown(page[first:last]), True
        at = last
    if at < end:
        yield _shown(page[at:end]), False
    if end < len(page):
        yield "…", False


def _shown(piece: str) -> str:
    return "".join(c if c.isprintable() else " " for c in piece)

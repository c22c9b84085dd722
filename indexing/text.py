"""Normalise Chinese text and cut it into what an index holds; every engine and every query uses this one module.

A text becomes a *stream*: its runs of letters and digits, folded and parted by single spaces. Everything that is not
a letter or a digit parts runs, and which sign it was does not matter. A quoted phrase is found in a document exactly
when the stream of the phrase is a substring of the stream of the document: engines only make that fast.

An index holds the stream as character bigrams with positions (`tokens`). Codes ([a-z0-9]+) are kept a second time as
whole words, because a number is looked up as a number and its dictionary has to stay small for prefix and fuzzy search.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import add

from archive_service import hanzi

#: Raised by every change of what `stream`, `tokens` or `codes` give; an index made with another one must be rebuilt.
VERSION = 2

#: Stands after the last token of a run. It keeps phrases that skip every second bigram from jumping over a break.
BREAK = "|"

_CJK = "\u3005\u3007\u3400-\u9fff\U00020000-\U000323af"
_RUN = re.compile(r"[^\W_]+")
_CODE = re.compile(r"[a-z0-9]+")
_PIECES = re.compile(r"[a-z0-9]+|[^a-z0-9\s]+")
# Readers put gaps between characters, and lines end anywhere. Two white characters are still a gap, more are a column.
_GAP = re.compile(rf"(?<=[{_CJK}0-9])\s{{1,2}}(?=[{_CJK}0-9])")
_NUMBER_ROW = re.compile(r"[a-z0-9]+(?:(?<=[0-9])\s{1,2}(?=[0-9])[a-z0-9]+)*")
_OVER_BREAK, _APART = re.compile(rf"\{BREAK} \{BREAK}."), f" {BREAK}"
_MOST_JOINED = 4
_LONGEST_CODE = 64


class _Fold(dict[int, str]):
    """Folds one character at a time, so that a part of a text folds exactly as it does within the whole."""

    def __missing__(self, code: int) -> str:
        folded = hanzi.alike(unicodedata.normalize("NFKC", chr(code)).lower())
        self[code] = folded
        return folded


_FOLD = _Fold()


# The papers of a household repeat its name and address, and every part of a paper is asked for more than once.
@lru_cache(maxsize=1024)
def fold(text: str) -> str:
    """Return `text` half-width, in lower case and in simplified characters."""
    return text.translate(_FOLD)


@lru_cache(maxsize=1024)
def stream(text: str) -> str:
    """Return the runs of letters and digits of `text`, folded, gaps of OCR closed, parted by single spaces."""
    return " ".join(_RUN.findall(_GAP.sub("", fold(text))))


def tokens(text_stream: str) -> str:
    """Return the index tokens of a stream, parted by spaces; their order is their position.

    A run of n characters takes n + 1 positions: n - 1 bigrams, its last character alone, and the break.
    """
    if not text_stream:
        return ""
    # Pairs of neighbours over the whole stream at once; a pair that begins with a break is no token.
    marked = text_stream.replace(" ", BREAK) + BREAK
    pairs = " ".join(map(add, marked, marked[1:]))
    return f"{_OVER_BREAK.sub(_APART, pairs)[:-1]}{_APART}"


def bigrams(run: str) -> list[str]:
    """Return the bigrams of a run in order; none for a run of one."""
    return [run[i : i + 2] for i in range(len(run) - 1)]


@lru_cache(maxsize=1024)
def codes(text: str) -> frozenset[str]:
    """Return the numbers and Latin words of `text`.

    Numbers parted by a gap are given apart and joined (up to four), because nobody can tell whether a gap on a scan
    is a column or a slip of the reader.
    """
    found: set[str] = set()
    for row in _NUMBER_ROW.findall(fold(text)):
        parts = row.split()
        if len(parts) == 1:
            found.add(row)
            continue
        for first in range(len(parts)):
            for last in range(first + 1, min(first + _MOST_JOINED, len(parts)) + 1):
                found.add("".join(parts[first:last]))
    return frozenset(code for code in found if len(code) <= _LONGEST_CODE)


def is_code(run: str) -> bool:
    """Say whether a run of a stream is a number or a Latin word as a whole."""
    return _CODE.fullmatch(run) is not None


def has_digit(text_stream: str) -> bool:
    """Say whether a stream holds a digit."""
    return any("0" <= letter <= "9" for letter in text_stream)


def split_codes(run: str) -> list[str]:
    """Part a run where codes and other letters meet: 容量100千伏安 gives 容量, 100, 千伏安."""
    return _PIECES.findall(run)


def pieces(text_stream: str) -> list[str]:
    """Return the codes and the runs of other letters of a stream that can be looked for by themselves."""
    return [piece for run in text_stream.split() for piece in split_codes(run) if is_code(piece) or len(piece) > 1]


def phrase_cover(phrase_stream: str) -> tuple[list[tuple[int, str]], str | None]:
    """Return the fewest (position, token) pairs that pin down a phrase, and its last character if that stands alone.

    A last run of one character may be the start of a longer run, so it is no token; it follows the last pair at the
    position where its own token would be (see `cover_length`).
    """
    runs = phrase_stream.split()
    pairs: list[tuple[int, str]] = []
    start = 0
    for run in runs[:-1]:
        pairs.extend(_every_second(run, start))
        pairs.append((start + len(run) - 1, run[-1]))
        start += len(run) + 1
    last = runs[-1]
    if len(last) == 1:
        return pairs, last
    pairs.extend(_every_second(last, start))
    return pairs, None


def cover_length(phrase_stream: str) -> int:
    """Return the position of the last run of a phrase, counted from its first token."""
    return sum(len(run) + 1 for run in phrase_stream.split()[:-1])


def _every_second(run: str, start: int) -> Iterator[tuple[int, str]]:
    last = len(run) - 2
    for at in range(0, last + 1, 2):
        yield start + at, run[at : at + 2]
    if last > 0 and last % 2 == 1:
        yield start + last, run[last:]


@dataclass(frozen=True)
class Mapped:
    """A stream together with where each of its characters stands in the text it came from."""

    text: str
    stream: str
    #: For every character of the stream, the index in `text`; a break points at what follows it.
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the part of the text, end exclusive, that `stream[start:end]` came from."""
        return self.places[start], self.places[end - 1] + 1


def mapped(text: str) -> Mapped:
    """Return the stream of `text` with the places of its characters, for cutting snippets."""
    folded: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        for letter in _FOLD[ord(character)]:
            folded.append(letter)
            origin.append(index)
    whole = "".join(folded)
    kept = [True] * len(whole)
    for gap in _GAP.finditer(whole):
        kept[gap.start() : gap.end()] = [False] * (gap.end() - gap.start())
    places = [origin[i] for i, keep in enumerate(kept) if keep]
    closed = "".join(letter for letter, keep in zip(whole, kept, strict=True) if keep)
    return _without_signs(text, closed, places)


def _without_signs(text: str, closed: str, places: list[int]) -> Mapped:
    letters: list[str] = []
    at: list[int] = []
    for run in _RUN.finditer(closed):
        if letters:
            letters.append(" ")
            at.append(places[run.start()])
        letters.append(run.group())
        at.extend(places[run.start() : run.end()])
    return Mapped(text, "".join(letters), tuple(at))

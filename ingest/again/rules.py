"""Whether a new reading of a page may take the place of the old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.lines import TextLine

#: Readings whose confidence differs by no more than this are equally good: what is newer is taken.
_EQUAL = 0.002
#: A new reading with less than this share of the characters has lost something, however sure it is of the rest.
_NOT_LESS = 0.9


@dataclass(frozen=True)
class Choice:
    """Whether the new reading is taken, and why, as a word for the trail: better, less-sure or less-text."""

    take: bool
    why: str


def choose(before: Sequence[TextLine], after: Sequence[TextLine]) -> Choice:
    """Say whether the reading `after` may replace `before`; confidence of both on the same scale."""
    if not before:
        return Choice(True, "better")
    if _characters(after) < _NOT_LESS * _characters(before):
        return Choice(False, "less-text")
    if confidence(after) < confidence(before) - _EQUAL:
        return Choice(False, "less-sure")
    return Choice(True, "better")


def confidence(lines: Sequence[TextLine]) -> float:
    """Return the mean confidence of lines by their length, 0 without any."""
    characters = _characters(lines)
    return sum(len(line.text) * line.confidence for line in lines) / characters if characters else 0.0


def _characters(lines: Sequence[TextLine]) -> int:
    # What hardly anybody could read counts for nothing: noise is no text that could be lost.
    return sum(len(line.text) for line in lines if line.confidence >= 0.5)

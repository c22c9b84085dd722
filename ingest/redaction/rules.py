"""Where a page image has to be black so that no personal number can be read in it: pure, lines in, boxes out.

What is recognised may stand a little beside of what is seen, so everything is taken generously: a whole number with the
digits that masked text would show, a margin around it, and the whole line where nobody can tell where in it a number
stands, or whether the reader saw all of its digits. Source: docs/decisions/0010.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from archive_service import masking
from ingest.lines import Box, TextLine, page_text

#: A line read with less confidence than this may hold other digits than those that were read.
TRUSTED = 0.85
#: So many digits in such a line may be a personal number.
SUSPECT_DIGITS = 6
#: Margin around a number: half-width characters to each side, share of the line's height above and below.
_ASIDE, _ABOVE = 2, 0.25
#: Least width of a half-width character: a share of the line's height, and of its mean width in the line.
_NARROWEST, _OF_MEAN = 0.4, 0.85


def boxes(lines: Sequence[TextLine], fields: Iterable[Box] = ()) -> tuple[Box, ...]:
    """Return what to black out on a page with these lines; `fields` are boxes of personal values known otherwise."""
    found = [box for line, spans in _with_spans(lines) for box in _of_line(line, spans)]
    return tuple(dict.fromkeys([*found, *(_around(box) for box in fields)]))


def masked(lines: Sequence[TextLine]) -> tuple[TextLine, ...]:
    """Return the lines with personal numbers hidden in their text, also those that stand in two of them."""
    whole = page_text(lines)
    hidden, at, found = masking.text(whole), 0, []
    for line in lines:
        at = whole.index(line.text, at)
        end = at + len(line.text)
        alone = masking.text(line.text)
        both = "".join(
            masking.MASK if masking.MASK in pair else pair[0] for pair in zip(hidden[at:end], alone, strict=True)
        )
        found.append(replace(line, text=both))
        at = end
    return tuple(found)


def scaled(found: Iterable[Box], across: float, down: float) -> tuple[Box, ...]:
    """Return boxes for a picture of another size, rounded outwards."""
    return tuple(
        (int(x0 * across), int(y0 * down), int(-(-x1 * across // 1)), int(-(-y1 * down // 1)))
        for x0, y0, x1, y1 in found
    )


def _with_spans(lines: Sequence[TextLine]) -> Iterator[tuple[TextLine, list[tuple[int, int]]]]:
    """Give each line with the stretches of its text that belong to a personal number.

    A number is looked for in the line alone and in the whole text: it may stand in two cells, or be one only because of
    the words in the cell before it.
    """
    whole = page_text(lines)
    told, at = masking.spans(whole), 0
    for line in lines:
        at = whole.index(line.text, at)
        end = at + len(line.text)
        shared = [(max(a, at) - at, min(b, end) - at) for a, b in told if a < end and b > at]
        yield line, sorted({*masking.spans(line.text), *shared})
        at = end


def _of_line(line: TextLine, spans: Sequence[tuple[int, int]]) -> Iterator[Box]:
    digits = masking.digit_count(line.text)
    if line.confidence < TRUSTED and digits >= SUSPECT_DIGITS:
        yield _around(line.box)
    else:
        for start, end in spans:
            yield _share(line, start, end)


def _share(line: TextLine, start: int, end: int) -> Box:
    """Return the part of a line's box in which the characters from `start` to `end` can stand, with the margin.

    Readers keep no gaps, so a number may stand further along a line than its text tells: what stands before it takes
    at least its narrowest width, and so does what stands behind it, and anywhere between the two it may be.
    """
    x0, y0, x1, y1 = line.box
    upright = y1 - y0 > 1.8 * (x1 - x0)
    length, height = (y1 - y0, x1 - x0) if upright else (x1 - x0, y1 - y0)
    least = min(_NARROWEST * height, _OF_MEAN * length / max(1, _width(line.text)))
    first = int(least * (_width(line.text[:start]) - _ASIDE))
    last = length - int(least * (_width(line.text[end:]) - _ASIDE))
    margin = int(height * _ABOVE) + 1
    if upright:
        return x0 - margin, y0 + first, x1 + margin, y0 + last
    return x0 + first, y0 - margin, x0 + last, y1 + margin


def _around(box: Box) -> Box:
    x0, y0, x1, y1 = box
    margin = int(min(x1 - x0, y1 - y0) * _ABOVE) + 1
    return x0 - margin, y0 - margin, x1 + margin, y1 + margin


def _width(text: str) -> int:
    """Return the width of a text in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)

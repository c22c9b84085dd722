"""Look for seals and signatures on a page that was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archive_service.completeness.marks import SURE
from ingest.lines import Box, TextLine
from ingest.marks import labels, loose, seals, signing
from ingest.marks.paint import Paint, paint
from ingest.marks.values import Kind, Mark, PageMarks
from ingest.ocr import images
from ingest.ocr.engine import Pixels
from ingest.ocr.reading import PageReading

#: Nothing that is narrower can bear a seal or a signature.
_LEAST_SIDE_PX = 200
_MOST_NEAR = 4


def with_marks(read: PageReading) -> PageReading:
    """Return a page as it was read, with the seals and signatures on it."""
    if read.blank:
        return replace(read, marks=PageMarks())
    pixels = read.kept if read.kept is not None else images.decode(read.image)
    return replace(read, marks=find(pixels, read.lines))


def find(pixels: Pixels, lines: Sequence[TextLine]) -> PageMarks:
    """Return the seals, stamps and signatures on an upright page, and the places where somebody is to sign.

    `lines` are those read on it, with boxes in pixels of `pixels`.
    """
    if min(pixels.shape[:2]) < _LEAST_SIDE_PX:
        return PageMarks()
    small = paint(pixels)
    stamped = [_with_words(mark, lines) for mark in seals.seals(small)]
    places = signing.places(pixels, lines, stamped, colour=small.colour)
    signed = signing.signatures(places)
    taken = [mark.box for mark in stamped] + [place.area for place in places]
    written = loose.loose(small, lines, taken)
    return PageMarks(
        marks=(*stamped, *signed, *(_with_words(mark, lines) for mark in written)),
        places=tuple(places),
        colour=small.colour,
        red=_other_red(small, stamped),
    )


def _other_red(small: Paint, marks: Sequence[Mark]) -> float:
    """Return the share of the page that is red without its stamps of words, which are known for what they are."""
    left = small.red.copy()
    for mark in marks:
        if mark.kind is Kind.TEXT_STAMP and mark.confidence >= SURE:
            x0, y0, x1, y1 = (round(edge * small.scale) for edge in mark.box)
            left[max(0, y0 - 4) : y1 + 5, max(0, x0 - 4) : x1 + 5] = 0
    return float(left.mean())


def _with_words(mark: Mark, lines: Sequence[TextLine]) -> Mark:
    """Say what was read inside a mark and which labels stand around it, nearest first."""
    x0, y0, x1, y1 = mark.box
    reach = 0.6 * max(x1 - x0, y1 - y0)
    inside = [line for line in lines if mark.kind is Kind.SEAL and _middle_in(line.box, mark.box)]
    near = [(_apart(line.box, mark.box), line) for line in labels.around(lines)]
    close = sorted((one for one in near if one[0] <= reach), key=lambda one: one[0])
    return replace(
        mark,
        text=" ".join(line.text for line in inside)[:80],
        near=tuple(line.text[:40] for _, line in close[:_MOST_NEAR]),
    )


def _middle_in(box: Box, area: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return area[0] <= x <= area[2] and area[1] <= y <= area[3]


def _apart(box: Box, other: Box) -> float:
    """Return how far a line lies from the middle of a mark: nought where it runs through it."""
    x, y = (other[0] + other[2]) / 2, (other[1] + other[3]) / 2
    across = max(box[0] - x, 0, x - box[2])
    down = max(box[1] - y, 0, y - box[3])
    return float((across**2 + down**2) ** 0.5)

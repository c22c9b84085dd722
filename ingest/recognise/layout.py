"""Where lines of a page stand to each other, and labels mended that were read in pieces."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.recognise.labels import vocabulary
from ingest.recognise.pages import Line, Page, union

#: Height in pixels of the bands into which a page is cut for finding neighbours.
_BAND_PX = 48
#: Of labels broken into rows: signs of a part, and parts.
_LONGEST_PART = 9
_MOST_PARTS = 6
#: Two signs above each other may be a label that was read as one line.
_SHORTEST_DOWN = 3
_CJK = re.compile(r"[\u4e00-\u9fff]")


class Neighbours:
    """Finds the lines near a line without looking at all of them: a page may be made to hold thousands."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._bands: dict[int, list[int]] = {}
        for index, line in enumerate(lines):
            for band in range(line.box[1] // _BAND_PX, line.box[3] // _BAND_PX + 1):
                self._bands.setdefault(band, []).append(index)

    def near(self, line: Line, reach: float = 0.0) -> list[int]:
        """Return the places of the lines that come within `reach` pixels above or below `line`, in order."""
        first, last = int(line.box[1] - reach) // _BAND_PX, int(line.box[3] + reach) // _BAND_PX
        return sorted({index for band in range(first, last + 1) for index in self._bands.get(band, ())})


def right_of(line: Line, other: Line) -> bool:
    """Say whether `other` begins to the right of `line`; readers let boxes overlap by up to a character."""
    return other.box[0] >= line.box[2] - 0.9 * line.height and 2 * other.box[0] > line.box[0] + line.box[2]


def beside(line: Line, other: Line) -> bool:
    """Say whether two lines stand in one row."""
    overlap = min(line.box[3], other.box[3]) - max(line.box[1], other.box[1])
    return overlap > 0.4 * min(line.height, other.height)


def aligned(line: Line, other: Line) -> bool:
    """Say whether two lines may be of one cell, set to the left or centred."""
    centres = abs((line.box[0] + line.box[2]) - (other.box[0] + other.box[2])) / 2
    return abs(other.box[0] - line.box[0]) < 1.2 * line.size or centres < 0.6 * line.size


def whole(page: Page) -> list[Line]:
    """Return the lines of a page with labels mended whose characters stand so far apart that each was read alone."""
    words = vocabulary()
    merged: list[Line] = []
    for row in page.rows:
        kept: list[Line] = []
        for line in row:
            if kept and len(kept[-1].compact) <= 3 and _CJK.match(kept[-1].compact):
                both = kept[-1].compact + line.compact
                longer = (both[:end] for end in range(len(kept[-1].compact) + 1, len(both) + 1))
                if kept[-1].compact not in words.known and any(part in words.known for part in longer):
                    text = f"{kept[-1].text} {line.text}"
                    box = union([kept[-1].box, line.box])
                    kept[-1] = Line(text, both, box, min(kept[-1].confidence, line.confidence))
                    continue
            kept.append(line)
        merged += kept
    return merged


def stacked(lines: list[Line]) -> list[Line]:
    """Return `lines` with labels mended that a narrow cell broke into rows: 统一社会信用代 over 码, or sign by sign."""
    known = vocabulary().known
    dropped: set[int] = set()
    mended = list(lines)
    neighbours = Neighbours(lines)
    for index, line in enumerate(lines):
        if index in dropped or not _CJK.match(_plain(line)) or len(_plain(line)) > _LONGEST_PART:
            continue
        chain = [index]
        for count in range(2, _MOST_PARTS + 1):
            below = _next_below(lines, neighbours, chain[-1], dropped)
            if below is None or len(_plain(lines[below])) > _LONGEST_PART:
                break
            chain.append(below)
            parts = [lines[i] for i in chain]
            if "".join(map(_plain, parts)) not in known or (_plain(line) in known and len(_plain(parts[-1])) > 2):
                continue
            text, compact = "".join(part.text for part in parts), "".join(part.compact for part in parts)
            box = union([part.box for part in parts])
            mended[index] = Line(text, compact, box, min(part.confidence for part in parts))
            dropped.update(chain[1:count])
    return [line for i, line in enumerate(mended) if i not in dropped]


def _plain(line: Line) -> str:
    return line.compact.strip("():")


def _next_below(lines: list[Line], neighbours: Neighbours, index: int, dropped: set[int]) -> int | None:
    """Return the nearest line that may go on with line `index` in the next row of its cell."""
    line = lines[index]
    fitting = [
        (lines[i].middle, i)
        for i in neighbours.near(line, 2 * line.size)
        if i not in dropped
        and 0.6 * line.size < lines[i].middle - line.middle < 1.8 * line.size
        and aligned(line, lines[i])
    ]
    return min(fitting)[1] if fitting else None


def row_numbers(lines: list[Line]) -> list[int]:
    """Return for each line the number of its row, from the top."""
    numbers: list[int] = []
    for index, line in enumerate(lines):
        same = index and beside(lines[index - 1], line)
        numbers.append(numbers[-1] + (0 if same else 1) if numbers else 0)
    return numbers


def runs_down(line: Line) -> bool:
    """Say whether a line is written downwards and no label, as heads at the side of a table are; no value is so."""
    if line.compact in vocabulary().known:
        return False
    width, height = line.box[2] - line.box[0], line.box[3] - line.box[1]
    return len(line.compact) >= _SHORTEST_DOWN and height > width and height > 1.5 * len(line.compact) * width / 2

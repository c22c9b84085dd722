"""From characters with places to lines in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float64]
_Box = tuple[float, float, float, float]

#: A gap wider than this many heights of the text parts two lines that stand side by side: cells of a table.
_PART = 1.2
#: A gap wider than this is a space between two words.
_SPACE = 0.3


@dataclass
class _Run:
    """Characters that follow each other on one baseline."""

    text: str
    #: What the ink covers, and the cells of the font.
    box: _Box
    cell: _Box
    #: A space was seen after the last character.
    spaced: bool = field(default=False)

    @property
    def height(self) -> float:
        return self.cell[3] - self.cell[1]


def joined(chars: Sequence[str], tight: Boxes, loose: Boxes, size: tuple[int, int]) -> list[dict[str, Any]]:
    """Return [{text, box}] in reading order, row by row from the left, boxes in pixels of an image of `size`.

    `tight` and `loose` are shares of the page; characters outside the page are left out.
    """
    scale = np.array([size[0], size[1], size[0], size[1]], np.float64)
    runs: list[_Run] = []
    for char, box, cell in zip(chars, (tight * scale).tolist(), (loose * scale).tolist(), strict=True):
        if char.isspace():
            if runs:
                runs[-1].spaced = True
        elif char.isprintable() and _inside(cell, size):
            _append(runs, char, tuple(box), tuple(cell))
    return [{"text": run.text, "box": _pixels(run.box, size)} for run in _in_order(runs) if run.text.strip()]


def _append(runs: list[_Run], char: str, box: _Box, cell: _Box) -> None:
    if box[2] <= box[0] or box[3] <= box[1]:
        box = cell
    if runs and _continues(runs[-1], cell):
        _join(runs[-1], _Run(char, box, cell))
    else:
        runs.append(_Run(char, box, cell))


def _continues(run: _Run, cell: _Box) -> bool:
    height = min(run.height, cell[3] - cell[1])
    gap = cell[0] - run.cell[2]
    return _overlap(run.cell, cell) > 0.5 * height and -0.6 * run.height < gap < _PART * max(run.height, height)


def _join(left: _Run, right: _Run) -> None:
    gap = right.cell[0] - left.cell[2]
    if _wants_space(left, right.text[0], gap):
        left.text += " "
    left.text += right.text
    left.box, left.cell = _union(left.box, right.box), _union(left.cell, right.cell)
    left.spaced = right.spaced


def _wants_space(left: _Run, char: str, gap: float) -> bool:
    """Chinese is written without spaces, whatever the gaps; words of letters and digits are parted by them."""
    if not (left.spaced or gap > _SPACE * left.height):
        return False
    return left.text[-1] < "\u2e80" and char < "\u2e80"


def _in_order(runs: list[_Run]) -> list[_Run]:
    """Put runs into rows, rows from top to bottom, each from left to right; join what belongs to one line."""
    ordered: list[_Run] = []
    for row in _rows(runs):
        row.sort(key=lambda run: run.cell[0])
        start = len(ordered)
        for run in row:
            if len(ordered) > start and _continues(ordered[-1], run.cell):
                _join(ordered[-1], run)
            else:
                ordered.append(run)
    return ordered


def _rows(runs: list[_Run]) -> list[list[_Run]]:
    rows: list[list[_Run]] = []
    for run in sorted(runs, key=lambda run: run.cell[1] + run.cell[3]):
        first = rows[-1][0] if rows else None
        if first and _overlap(first.cell, run.cell) > 0.5 * min(first.height, run.height):
            rows[-1].append(run)
        else:
            rows.append([run])
    return rows


def _overlap(one: _Box, other: _Box) -> float:
    return min(one[3], other[3]) - max(one[1], other[1])


def _union(one: _Box, other: _Box) -> _Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _inside(cell: Sequence[float], size: tuple[int, int]) -> bool:
    x, y = (cell[0] + cell[2]) / 2, (cell[1] + cell[3]) / 2
    return 0 <= x <= size[0] and 0 <= y <= size[1]


def _pixels(box: _Box, size: tuple[int, int]) -> list[int]:
    x0, y0 = max(0, int(box[0])), max(0, int(box[1]))
    return [x0, y0, max(x0 + 1, min(size[0], int(box[2]) + 1)), max(y0 + 1, min(size[1], int(box[3]) + 1))]

"""From characters with places to lines in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float64]
Grey = npt.NDArray[np.uint8]
_Box = tuple[float, float, float, float]

#: A gap wider than this many heights of the text parts two lines that stand side by side: cells of a table.
_PART = 1.2
#: A gap wider than this is a space between two words.
_SPACE = 0.3
#: So many characters below each other are a column; fewer may be cells of a table.
_LEAST_DOWN = 3
#: How dark a ruled line between two cells is at least.
_RULE = 170


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


def joined(chars: Sequence[str], tight: Boxes, loose: Boxes, paper: Grey) -> list[dict[str, Any]]:
    """Return [{text, box}] in reading order, row by row from the left, boxes in pixels of the picture `paper`.

    Chinese that is written downwards comes behind the rows, column by column from the right.

    `tight` and `loose` are shares of the page; characters outside the page are left out.
    """
    height, width = paper.shape
    scale = np.array([width, height, width, height], np.float64)
    runs: list[_Run] = []
    for char, box, cell in zip(chars, (tight * scale).tolist(), (loose * scale).tolist(), strict=True):
        if char.isspace():
            if runs:
                runs[-1].spaced = True
        elif char.isprintable() and _inside(cell, (width, height)):
            has_ink = box[2] > box[0] and box[3] > box[1]
            _append(runs, _Run(char, tuple(box if has_ink else cell), tuple(cell)), paper)
    columns, rows = _columns(runs, paper)
    ordered = [*_in_order(rows, paper), *columns]
    return [{"text": run.text, "box": _pixels(run.box, (width, height))} for run in ordered if run.text.strip()]


def _append(runs: list[_Run], run: _Run, paper: Grey) -> None:
    if runs and _continues(runs[-1], run, paper):
        _join(runs[-1], run)
    else:
        runs.append(run)


def _continues(left: _Run, right: _Run, paper: Grey) -> bool:
    height = min(left.height, right.height)
    gap = right.cell[0] - left.cell[2]
    beside = -0.6 * left.height < gap < _PART * max(left.height, right.height)
    return beside and _overlap(left.cell, right.cell) > 0.5 * height and not _rule_between(left, right, paper)


def _rule_between(left: _Run, right: _Run, paper: Grey) -> bool:
    """Say whether a ruled line parts the two: a dark column in the gap, higher than the text."""
    x0, x1 = round(left.box[2]) + 1, round(right.box[0]) - 1
    if x1 - x0 < 2:
        return False
    y0, y1 = min(left.cell[1], right.cell[1]), max(left.cell[3], right.cell[3])
    beyond = (y1 - y0) / 8
    gap = paper[max(0, int(y0 - beyond)) : int(y1 + beyond) + 1, x0:x1]
    return bool(gap.size and (gap.max(axis=0) < _RULE).any())


def _join(left: _Run, right: _Run) -> None:
    gap = right.cell[0] - left.cell[2]
    if _wants_space(left, right.text[0], gap):
        left.text += " "
    left.text += right.text
    left.box, left.cell = _union(left.box, right.box), _union(left.cell, right.cell)
    left.spaced = right.spaced


def _columns(runs: list[_Run], paper: Grey) -> tuple[list[_Run], list[_Run]]:
    """Return what is written downwards, from the right to the left, and the other runs in their order."""
    stacks: list[list[_Run]] = []
    for run in runs:
        if stacks and _goes_down(stacks[-1][-1], run, paper):
            stacks[-1].append(run)
        else:
            stacks.append([run])
    columns = [_stacked(stack) for stack in stacks if len(stack) >= _LEAST_DOWN]
    columns.sort(key=lambda run: -run.cell[2])
    return columns, [run for stack in stacks if len(stack) < _LEAST_DOWN for run in stack]


def _goes_down(above: _Run, below: _Run, paper: Grey) -> bool:
    """Say whether a Chinese character stands right below another of its size, with no ruled line between."""
    if len(above.text) != 1 or len(below.text) != 1 or min(above.text, below.text) < "\u2e80":
        return False
    size = min(above.height, below.height)
    gap = below.cell[1] - above.cell[3]
    aside = abs(below.cell[0] + below.cell[2] - above.cell[0] - above.cell[2]) / 2
    if not (-0.4 * size < gap < 0.6 * size and aside < 0.25 * size and max(above.height, below.height) < 1.3 * size):
        return False
    between = paper[round(above.box[3]) + 1 : round(below.box[1]) - 1, round(above.cell[0]) : round(above.cell[2]) + 1]
    return not (between.size and (between.max(axis=1) < _RULE).any())


def _stacked(stack: list[_Run]) -> _Run:
    made = _Run("".join(run.text for run in stack), stack[0].box, stack[0].cell)
    for run in stack[1:]:
        made.box, made.cell = _union(made.box, run.box), _union(made.cell, run.cell)
    return made


def _wants_space(left: _Run, char: str, gap: float) -> bool:
    """Chinese is written without spaces, whatever the gaps; words of letters and digits are parted by them."""
    if not (left.spaced or gap > _SPACE * left.height):
        return False
    return left.text[-1] < "\u2e80" and char < "\u2e80"


def _in_order(runs: list[_Run], paper: Grey) -> list[_Run]:
    """Put runs into rows, rows from top to bottom, each from left to right; join what belongs to one line."""
    ordered: list[_Run] = []
    for row in _rows(runs):
        row.sort(key=lambda run: run.cell[0])
        start = len(ordered)
        for run in row:
            if len(ordered) > start and _continues(ordered[-1], run, paper):
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

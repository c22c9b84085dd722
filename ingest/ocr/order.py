"""Reading order: rows from top to bottom, lines of a row from left to right; or columns from the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.lines import TextLine

#: Lines whose middles are nearer than this share of the lower one's height stand in one row.
_SAME_ROW = 0.5
#: Share of the characters in tall lines from which a page is written in columns.
_MOSTLY = 0.7


def in_reading_order(lines: Iterable[TextLine]) -> list[TextLine]:
    """Sort the lines of a level page by row and then by column; columns of vertical writing from right to left."""
    lines = list(lines)
    if _is_vertical(lines):
        return _by_column(lines)
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=_middle):
        row = next((row for row in reversed(rows[-3:]) if _joins(row, line)), None)
        if row is None:
            rows.append([line])
        else:
            row.append(line)
    rows.sort(key=lambda row: sum(_middle(line) for line in row) / len(row))
    return [line for row in rows for line in sorted(row, key=lambda line: line.box[0])]


def _is_vertical(lines: Sequence[TextLine]) -> bool:
    words = [line for line in lines if len(line.text) >= 3]
    tall = sum(len(line.text) for line in words if line.height > 2 * (line.box[2] - line.box[0]))
    return tall > _MOSTLY * sum(len(line.text) for line in lines)


def _by_column(lines: Sequence[TextLine]) -> list[TextLine]:
    columns: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: -(line.box[0] + line.box[2])):
        if columns and _shared_width(columns[-1][0], line) > 0.5 * _narrower(columns[-1][0], line):
            columns[-1].append(line)
        else:
            columns.append([line])
    return [line for column in columns for line in sorted(column, key=lambda line: line.box[1])]


def _middle(line: TextLine) -> float:
    return (line.box[1] + line.box[3]) / 2


def _joins(row: list[TextLine], line: TextLine) -> bool:
    # Lines above one another never share a row, however close they are.
    if any(_shared_width(line, other) > 0.3 * _narrower(line, other) for other in row):
        return False
    last = row[-1]
    return abs(_middle(line) - _middle(last)) < _SAME_ROW * min(line.height, last.height)


def _shared_width(a: TextLine, b: TextLine) -> int:
    return min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])


def _narrower(a: TextLine, b: TextLine) -> int:
    return max(1, min(a.box[2] - a.box[0], b.box[2] - b.box[0]))

"""The texts that may be the value of a label: in its line, in the cell to the right, below."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.lines import Box
from ingest.recognise.labels import Span, part_box, spans, vocabulary
from ingest.recognise.layout import Neighbours, aligned, beside, right_of, row_numbers, runs_down, stacked, whole
from ingest.recognise.pages import Line, Page, union

_NUMBER = re.compile(r"\d")
_TITLE_SIZE = 1.4  # times an ordinary line
_NEAR_BELOW = 2.8  # characters
#: A value below its label may be indented by so many characters.
_INDENT = 2.5
_FEWEST_COLUMNS = 3
#: A column that begins within so many characters behind a line lets it no room to go on.
_COLUMN_GAP = 4
_FAR_RIGHT = 0.55  # share of the page width


@dataclass(frozen=True)
class Piece:
    """A part of a page's text that may be a value."""

    text: str
    box: Box
    confidence: float
    #: How sure it is that this text belongs to the label.
    quality: float


@dataclass(frozen=True)
class Labelled:
    """A label on a page with the texts that may be its value, best first."""

    label: str
    remark: str
    row: int
    pieces: tuple[Piece, ...]
    #: Label before this one in the same row, if any.
    left_of: str | None


class _Sheet:
    """The lines of a page with their labels."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.lines = [line for line in stacked(whole(page)) if not runs_down(line)]
        # Titles are full of words that are labels elsewhere.
        large = _TITLE_SIZE * page.body_height
        self.by_line = [[] if line.height >= large and _is_title(line) else spans(line.text) for line in self.lines]
        self.right_edge = max((line.box[2] for line in self.lines), default=0)
        self._neighbours = Neighbours(self.lines)

    def piece(self, index: int, quality: float) -> Piece:
        """Return a whole line as a piece."""
        line = self.lines[index]
        return Piece(line.text, line.box, line.confidence, quality)

    def near(self, line: Line, reach: float = 0.0) -> list[tuple[int, Line]]:
        """Return the lines within `reach` pixels above or below `line` with their places."""
        return [(i, self.lines[i]) for i in self._neighbours.near(line, reach)]


def labelled(page: Page) -> list[Labelled]:
    """Return every label of `page` with the texts that may be its value."""
    if "labelled" not in page.memo:
        page.memo["labelled"] = _labelled(page)
    found: list[Labelled] = page.memo["labelled"]
    return found


def _labelled(page: Page) -> list[Labelled]:
    sheet = _Sheet(page)
    by_line = sheet.by_line
    rows = row_numbers(sheet.lines)
    found = []
    for index in range(len(sheet.lines)):
        for place, span in enumerate(by_line[index]):
            following = by_line[index][place + 1] if place + 1 < len(by_line[index]) else None
            pieces = tuple(_pieces(sheet, index, span, following))
            before = by_line[index][place - 1].label if place else _label_left(sheet, index)
            found.append(Labelled(span.label, span.remark, rows[index], pieces, before))
    return found


def _is_title(line: Line) -> bool:
    return ":" not in line.text and line.compact.strip("()") not in vocabulary().known


def _pieces(sheet: _Sheet, index: int, span: Span, following: Span | None) -> Iterator[Piece]:
    line = sheet.lines[index]
    start, end = span.end, following.start if following else len(line.text)
    if line.text[start : start + 1] == ")" and line.text[span.start - 1 : span.start] == "(":
        start += 1
    text = line.text[start:end]
    lead = len(text) - len(text.lstrip(" :;.、_-—=·"))
    start, text = start + lead, text.strip(" :;、_-—=·")
    text = text.lstrip(".")
    if text:
        yield Piece(text, part_box(line, start, start + len(text)), line.confidence, span.quality)
        if following is None:
            more = _below_in_cell(sheet, index, start)
            if more:
                yield _sum(
                    [Piece(text, part_box(line, start, len(line.text)), line.confidence, span.quality * 0.97), *more]
                )
            beyond = _right(sheet, index) if text[0].isdigit() else []
            if beyond:
                # "合计: 15 台    887 千瓦": what the label asks for may stand further right.
                own = Piece(text, part_box(line, start, len(line.text)), line.confidence, span.quality * 0.85)
                yield _sum([own, *(sheet.piece(i, span.quality * 0.85) for i in beyond)], " ")
        return
    if following is not None:
        return
    below = _under_head(sheet, index)
    if below is not None:
        yield sheet.piece(below, span.quality * 0.9)
        return
    right = _right(sheet, index)
    if right:
        yield from _cell(sheet, index, right, span.quality * 0.97)
    below = _below(sheet, index)
    if below is not None:
        other = sheet.lines[below]
        rest = [i for i in _column(sheet, index, below) if sheet.lines[i].middle > other.middle][:1]
        if rest and len(sheet.lines[rest[0]].compact) < 0.5 * len(other.compact):
            # A number too long for its column goes on in a second, shorter line.
            whole = [sheet.piece(i, span.quality * 0.85) for i in (below, *rest)]
            yield _sum(whole)
        yield Piece(other.text, other.box, other.confidence, span.quality * (0.7 if right else 0.88))


def _cell(sheet: _Sheet, index: int, right: list[int], quality: float) -> Iterator[Piece]:
    """Yield the texts of the cell to the right: its first line, the lines of the row joined, all its lines."""
    first = sheet.lines[right[0]]
    cut = sheet.by_line[right[0]][0].start if sheet.by_line[right[0]] else len(first.text)
    text = first.text[:cut].strip()
    single = Piece(text, part_box(first, 0, cut), first.confidence, quality)
    column = _column(sheet, index, right[0])
    if len(column) > 1:
        yield _sum([sheet.piece(i, quality * 0.98) for i in column])
    yield single
    if len(right) > 1:
        yield _sum(
            [sheet.piece(i, quality * 0.95) for i in right],
            " ",
        )


def _right(sheet: _Sheet, index: int) -> list[int]:
    """Return the lines to the right up to the next label, none if the next thing there is a label."""
    line = sheet.lines[index]
    neighbours = [
        (other.box[0], i)
        for i, other in sheet.near(line)
        if i != index and right_of(line, other) and beside(line, other)
    ]
    found: list[int] = []
    edge = line.box[2]
    for x0, i in sorted(neighbours):
        if sheet.by_line[i] and sheet.by_line[i][0].start == 0:
            break
        if x0 - edge > _FAR_RIGHT * sheet.page.width:
            break
        found.append(i)
        edge = sheet.lines[i].box[2]
        if sheet.by_line[i]:
            break
    reach = min(neighbours)[0] if neighbours else sheet.page.width
    return _straddling(sheet, index, reach) or found


def _straddling(sheet: _Sheet, index: int, limit: int) -> list[int]:
    """Return the upper line of a cell with two lines left of `limit`, when the label is between them in height."""
    label = sheet.lines[index]
    near = [
        (i, other)
        for i, other in sheet.near(label, 2 * label.size)
        if i != index
        and right_of(label, other)
        and other.box[0] < limit
        and abs(other.middle - label.middle) < 1.3 * label.size
        and not sheet.by_line[i]
    ]
    pairs = [
        (above.box[0], i)
        for i, above in near
        for j, below in near
        if above.middle < label.middle < below.middle
        and i != j
        and aligned(above, below)
        and abs((above.middle + below.middle) / 2 - label.middle) < 0.4 * label.size
    ]
    return [min(pairs)[1]] if pairs else []


def _column(sheet: _Sheet, index: int, first: int) -> list[int]:
    """Return the lines of the cell that `first` is in, from the top: aligned with it, close, without own labels."""
    cell = [first]
    for step in (1, -1):
        while True:
            last = sheet.lines[cell[-1] if step == 1 else cell[0]]
            near = [
                i
                for i, other in sheet.near(last, 2 * last.size)
                if i not in cell
                and i != index
                and aligned(last, other)
                and 0 <= step * (other.middle - last.middle) < 1.75 * last.size
                and step * (other.middle - last.middle) > 0.5 * last.size
                and not sheet.by_line[i]
                and not _has_own_label(sheet, i, index)
            ]
            if not near or (step == -1 and not _has_more_above(sheet, index, cell)):
                break
            nearest = min(near, key=lambda i: abs(sheet.lines[i].middle - last.middle))
            cell = [*cell, nearest] if step == 1 else [nearest, *cell]
            if len(cell) > 4:
                break
    return cell


def _has_more_above(sheet: _Sheet, index: int, cell: list[int]) -> bool:
    """Say whether the cell goes on upwards: a label stands in the middle of its row, so as much is above as below."""
    label = sheet.lines[index]
    top = sheet.lines[cell[0]]
    if label.middle <= top.middle - 0.2 * top.size:
        return True
    above = sum(sheet.lines[i].middle < label.middle - 0.3 * label.size for i in cell)
    below = sum(sheet.lines[i].middle > label.middle + 0.3 * label.size for i in cell)
    return above < below


def _has_own_label(sheet: _Sheet, index: int, label: int) -> bool:
    """Say whether a label of another row than that of `label` stands to the left in the row of a line."""
    line = sheet.lines[index]
    return any(
        i != label
        and sheet.by_line[i]
        and other.box[2] <= line.box[0] + line.size
        and beside(line, other)
        and not beside(sheet.lines[label], other)
        and other.box[0] < line.box[0]
        for i, other in sheet.near(line)
    )


def _below_in_cell(sheet: _Sheet, index: int, start: int) -> list[Piece]:
    """Return the lines that go on below a value that shares its line with the label."""
    line = sheet.lines[index]
    value = part_box(line, start, len(line.text))
    for i, other in sheet.near(line, 2 * line.size):
        gap = other.middle - line.middle
        aligned = min(abs(other.box[0] - value[0]), abs(other.box[0] - line.box[0])) < 1.6 * line.size
        full = line.box[2] > 0.8 * sheet.right_edge or _next_column_near(sheet, index)
        if i != index and 0.6 * line.size < gap < 1.9 * line.size and aligned and full and not sheet.by_line[i]:
            return [] if _has_own_label(sheet, i, index) else [Piece(other.text, other.box, other.confidence, 0.9)]
    return []


def _next_column_near(sheet: _Sheet, index: int) -> bool:
    """Say whether the next column begins so close behind a line that the line had to be broken."""
    line = sheet.lines[index]
    return any(
        right_of(line, other) and beside(line, other) and other.box[0] - line.box[2] < _COLUMN_GAP * line.size
        for i, other in sheet.near(line)
        if i != index
    )


def _below(sheet: _Sheet, index: int) -> int | None:
    line = sheet.lines[index]
    best: tuple[float, int] | None = None
    for i, other in sheet.near(line, (_NEAR_BELOW + 1) * line.size):
        drop = other.box[1] - line.box[3]
        if i == index or not -0.5 * line.height <= drop <= _NEAR_BELOW * line.size:
            continue
        shared = min(line.box[2], other.box[2]) - max(line.box[0], other.box[0])
        indented = 0 <= other.box[0] - line.box[0] < _INDENT * line.size
        if (indented or shared > 0.4 * min(line.box[2] - line.box[0], other.box[2] - other.box[0])) and (
            best is None or drop < best[0]
        ):
            best = (drop, i)
    return best[1] if best and not sheet.by_line[best[1]] else None


def _under_head(sheet: _Sheet, index: int) -> int | None:
    """Return the line in the same place of the next row, where label `index` is among the heads of a table's columns.

    A head may be narrower than its column and stand beside the value: then only the count tells which value is its.
    """
    line = sheet.lines[index]
    heads = sorted((other.box[0], i) for i, other in sheet.near(line) if beside(line, other))
    if len(heads) < _FEWEST_COLUMNS or any(_NUMBER.search(sheet.lines[i].compact) for _, i in heads):
        return None
    below = [(other.middle, i) for i, other in sheet.near(line, _NEAR_BELOW * line.size) if other.box[1] >= line.middle]
    if not below:
        return None
    first = sheet.lines[min(below)[1]]
    row = sorted((other.box[0], i) for i, other in sheet.near(first) if beside(first, other))
    numbers = sum(_NUMBER.search(sheet.lines[i].compact) is not None for _, i in row)
    if len(row) != len(heads) or any(sheet.by_line[i] for _, i in row) or 3 * numbers < len(row):
        return None
    return row[[i for _, i in heads].index(index)][1]


def _label_left(sheet: _Sheet, index: int) -> str | None:
    line = sheet.lines[index]
    left = [
        (other.box[2], sheet.by_line[i][-1].label)
        for i, other in sheet.near(line)
        if sheet.by_line[i] and other.box[2] <= line.box[0] + line.size and i != index and beside(line, other)
    ]
    return max(left)[1] if left else None


def _sum(pieces: list[Piece], joint: str = "") -> Piece:
    return Piece(
        joint.join(piece.text for piece in pieces),
        union([piece.box for piece in pieces]),
        min(piece.confidence for piece in pieces),
        min(piece.quality for piece in pieces),
    )

"""Lines of text with their places on a page: what every reader yields and everything later works on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: x0, y0, x1, y1 in pixels of the upright page image, from the top left.
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class TextLine:
    """One line of a page as read, with its place and how sure the reader is, 0 to 1."""

    text: str
    box: Box
    confidence: float

    @property
    def height(self) -> int:
        """Height of the line in pixels."""
        return self.box[3] - self.box[1]


@dataclass(frozen=True)
class PageText:
    """One page as read: its lines in reading order and the size of its upright image in pixels."""

    page_no: int
    lines: tuple[TextLine, ...]
    width_px: int
    height_px: int

    @property
    def text(self) -> str:
        """The whole text, one line a row of the page."""
        return page_text(self.lines)


def to_json(lines: Iterable[TextLine]) -> bytes:
    """Return `lines` as UTF-8 JSON for the object store."""
    rows = [{"text": line.text, "box": list(line.box), "confidence": round(line.confidence, 4)} for line in lines]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def from_json(data: bytes) -> tuple[TextLine, ...]:
    """Return the lines that `to_json` wrote."""
    return tuple(TextLine(r["text"], tuple(r["box"]), r["confidence"]) for r in json.loads(data))


def page_text(lines: Sequence[TextLine]) -> str:
    """Join `lines` in their order; lines that stand side by side share a row, parted by a space."""
    rows: list[list[TextLine]] = []
    for line in lines:
        if rows and _side_by_side(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return "\n".join(" ".join(line.text for line in row) for row in rows)


def _side_by_side(left: TextLine, right: TextLine) -> bool:
    overlap = min(left.box[3], right.box[3]) - max(left.box[1], right.box[1])
    return right.box[0] >= left.box[2] and overlap > 0.5 * min(left.height, right.height)

"""Find the labels of forms on a page and the text that each of them is the label of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from ingest.lines import Box
from ingest.recognise.pages import Line, Page, union

#: So short that they also begin ordinary words and sentences; only a colon, a space or the end of the line may follow.
_SHORT = 2
#: Short labels that do stand before their value without a space, at the start of a line.
_JOINABLE = frozenset({"户号", "户名", "表号", "姓名", "住址", "住所", "名称", "坐落", "性别", "民族"})
_SENTENCE_STARTS = "应在的与和及对为按可须必不有将之所向由如若因是或以于等其均已未需且并提承同自负依各使保委申确认"
_CJK = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]")
_TITLE_SIZE = 1.4
#: Quality of a label that runs into its value without colon or space.
_JOINED = 0.85
_NEAR_BELOW = 2.8  # line heights
_FAR_RIGHT = 0.55  # share of the page width


@dataclass(frozen=True)
class Span:
    """A label in a line: from `start` to `end`, the latter behind its colon."""

    label: str
    start: int
    end: int
    #: A remark in brackets behind the label, such as a unit or "盖章".
    remark: str
    #: How sure it is that this is a label and not part of a sentence.
    quality: float


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
    line_index: int
    row: int
    pieces: tuple[Piece, ...]
    #: Label before this one in the same row, if any.
    left_of: str | None


@dataclass(frozen=True)
class Vocabulary:
    """All labels, ready for searching."""

    pattern: re.Pattern[str]
    known: frozenset[str]
    data: Mapping[str, Any]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """Return the labels of `labels.yaml`."""
    text = files("ingest.recognise").joinpath("labels.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    known = set(data["stops"])
    known |= {label for entry in data["fields"].values() for label in entry["labels"]}
    known |= {label for entries in data["types"].values() for labels in entries.values() for label in labels}
    known |= {label for labels in data["dates"].values() for label in labels}
    ordered = sorted(known, key=lambda label: (-len(label), label))
    spaced = (r"\s*".join(re.escape(sign) for sign in label) for label in ordered)
    pattern = re.compile(rf"({'|'.join(spaced)})\s*(\([^()]{{0,16}}\)?)?\s*(:)?")
    return Vocabulary(pattern, frozenset(known), data)


def spans(text: str) -> list[Span]:
    """Return the labels in the line `text`, from the left."""
    found: list[Span] = []
    position = 0
    pattern = vocabulary().pattern
    while hit := pattern.search(text, position):
        quality = _quality(text, hit, found)
        if quality:
            label = re.sub(r"\s", "", hit[1])
            found.append(Span(label, hit.start(), hit.end(), hit[2] or "", quality))
            position = hit.end()
        else:
            position = hit.start() + 1
    return found


def labelled(page: Page) -> list[Labelled]:
    """Return every label of `page` with the texts that may be its value."""
    if "labelled" not in page.memo:
        page.memo["labelled"] = _labelled(page)
    found: list[Labelled] = page.memo["labelled"]
    return found


def _labelled(page: Page) -> list[Labelled]:
    lines = _stacked(_whole(page))
    # Titles are full of words that are labels elsewhere.
    large = _TITLE_SIZE * page.body_height
    by_line = [[] if line.height >= large and _is_title(line) else spans(line.text) for line in lines]
    rows = _row_numbers(lines)
    found = []
    for index in range(len(lines)):
        for place, span in enumerate(by_line[index]):
            following = by_line[index][place + 1] if place + 1 < len(by_line[index]) else None
            pieces = tuple(_pieces(page, lines, by_line, index, span, following))
            before = by_line[index][place - 1].label if place else _label_left(lines, by_line, index)
            found.append(Labelled(span.label, span.remark, index, rows[index], pieces, before))
    return found


def _is_title(line: Line) -> bool:
    return ":" not in line.text and line.compact not in vocabulary().known


def part_box(line: Line, start: int, end: int) -> Box:
    """Return the box of the characters from `start` to `end` of a line, by their share of its width."""
    widths = [2.0 if _wide(sign) else 1.0 for sign in line.text]
    total = sum(widths) or 1.0
    left, right = sum(widths[:start]) / total, sum(widths[:end]) / total
    x0, y0, x1, y1 = line.box
    return (round(x0 + left * (x1 - x0)), y0, max(round(x0 + right * (x1 - x0)), x0 + 1), y1)


def _wide(sign: str) -> bool:
    return ord(sign) >= 0x2E80


def _quality(text: str, hit: re.Match[str], before: list[Span]) -> float:
    """Say how sure it is that `hit` is a label: what stands before and behind it decides."""
    label = re.sub(r"\s", "", hit[1])
    previous = text[hit.start() - 1] if hit.start() else ""
    after = text[hit.end()] if hit.end() < len(text) else ""
    spaced = hit[0] != hit[0].rstrip() or not after or text[hit.end() - 1 : hit.end()].isspace()
    article = re.search(r"第[一二三四五六七八九十百\d]+[条款章]$", text[: hit.start()])
    if previous and _WORD.match(previous) and not article:
        if not hit[3] or len(label) <= _SHORT:
            return 0.0
        return 0.9 if before or len(label) >= 4 else 0.0
    if hit[3] or hit[0].strip() == text.strip():
        return 1.0
    if spaced or hit[2]:
        return 0.97
    if len(label) <= _SHORT and hit.start() > 0:
        return 0.0
    if len(label) <= _SHORT and label not in _JOINABLE:
        return 0.0
    if _CJK.match(after):
        sentence = after in _SENTENCE_STARTS or re.search(r"[。,;]", text[hit.end() :]) is not None
        return 0.0 if sentence or label[-1] in "人方" else _JOINED
    return 0.9


def _pieces(
    page: Page, lines: list[Line], by_line: list[list[Span]], index: int, span: Span, following: Span | None
) -> Iterator[Piece]:
    line = lines[index]
    start, end = span.end, following.start if following else len(line.text)
    text = line.text[start:end]
    lead = len(text) - len(text.lstrip(" :;.、_-—=·"))
    start, text = start + lead, text.strip(" :;、_-—=·")
    text = text.lstrip(".")
    if text:
        yield Piece(text, part_box(line, start, start + len(text)), line.confidence, span.quality)
        if following is None:
            more = _below_in_cell(page, lines, by_line, index, start)
            if more:
                yield _sum(
                    [Piece(text, part_box(line, start, len(line.text)), line.confidence, span.quality * 0.97), *more]
                )
        return
    if following is not None:
        return
    right = _right(page, lines, by_line, index)
    if right:
        yield from _cell(page, lines, by_line, index, right, span.quality * 0.97)
    below = _below(lines, by_line, index)
    if below is not None:
        other = lines[below]
        rest = [i for i in _column(lines, by_line, index, below) if lines[i].middle > other.middle][:1]
        if rest and len(lines[rest[0]].compact) < 0.5 * len(other.compact):
            # A number too long for its column goes on in a second, shorter line.
            whole = [
                Piece(lines[i].text, lines[i].box, lines[i].confidence, span.quality * 0.85) for i in (below, *rest)
            ]
            yield _sum(whole)
        yield Piece(other.text, other.box, other.confidence, span.quality * (0.7 if right else 0.88))


def _cell(
    page: Page, lines: list[Line], by_line: list[list[Span]], index: int, right: list[int], quality: float
) -> Iterator[Piece]:
    """Yield the texts of the cell to the right: its first line, the lines of the row joined, all its lines."""
    first = lines[right[0]]
    cut = by_line[right[0]][0].start if by_line[right[0]] else len(first.text)
    text = first.text[:cut].strip()
    single = Piece(text, part_box(first, 0, cut), first.confidence, quality)
    column = _column(lines, by_line, index, right[0])
    if len(column) > 1:
        yield _sum([Piece(lines[i].text, lines[i].box, lines[i].confidence, quality * 0.98) for i in column])
    yield single
    if len(right) > 1:
        yield _sum([Piece(lines[i].text, lines[i].box, lines[i].confidence, quality * 0.95) for i in right], " ")


def _right(page: Page, lines: list[Line], by_line: list[list[Span]], index: int) -> list[int]:
    """Return the lines to the right up to the next label, none if the next thing there is a label."""
    line = lines[index]
    beside = [
        (other.box[0], i)
        for i, other in enumerate(lines)
        if i != index and _right_of(line, other) and _beside(line, other)
    ]
    found: list[int] = []
    edge = line.box[2]
    for x0, i in sorted(beside):
        if by_line[i] and by_line[i][0].start == 0:
            break
        if x0 - edge > _FAR_RIGHT * page.width:
            break
        found.append(i)
        edge = lines[i].box[2]
        if by_line[i]:
            break
    return found or _straddling(lines, by_line, index, min(beside)[0] if beside else page.width)


def _straddling(lines: list[Line], by_line: list[list[Span]], index: int, limit: int) -> list[int]:
    """Return the upper line of a cell with two lines left of `limit`, when the label is between them in height."""
    label = lines[index]
    near = [
        (i, other)
        for i, other in enumerate(lines)
        if i != index
        and _right_of(label, other)
        and other.box[0] < limit
        and abs(other.middle - label.middle) < 1.3 * label.size
        and not by_line[i]
    ]
    pairs = [
        (above.box[0], i)
        for i, above in near
        for j, below in near
        if above.middle < label.middle < below.middle
        and i != j
        and _aligned(above, below)
        and abs((above.middle + below.middle) / 2 - label.middle) < 0.4 * label.size
    ]
    return [min(pairs)[1]] if pairs else []


def _right_of(line: Line, other: Line) -> bool:
    """Say whether `other` begins to the right of `line`; readers let boxes overlap by up to a character."""
    return other.box[0] >= line.box[2] - 0.9 * line.height and 2 * other.box[0] > line.box[0] + line.box[2]


def _beside(line: Line, other: Line) -> bool:
    overlap = min(line.box[3], other.box[3]) - max(line.box[1], other.box[1])
    return overlap > 0.4 * min(line.height, other.height)


def _column(lines: list[Line], by_line: list[list[Span]], index: int, first: int) -> list[int]:
    """Return the lines of the cell that `first` is in, from the top: aligned with it, close, without own labels."""
    cell = [first]
    for step in (1, -1):
        while True:
            last = lines[cell[-1] if step == 1 else cell[0]]
            near = [
                i
                for i, other in enumerate(lines)
                if i not in cell
                and i != index
                and _aligned(last, other)
                and 0 <= step * (other.middle - last.middle) < 1.75 * last.size
                and step * (other.middle - last.middle) > 0.5 * last.size
                and not by_line[i]
                and not _has_own_label(lines, by_line, i, index)
            ]
            if not near or (step == -1 and lines[index].middle > last.middle - 0.2 * last.size):
                break
            nearest = min(near, key=lambda i: abs(lines[i].middle - last.middle))
            cell = [*cell, nearest] if step == 1 else [nearest, *cell]
            if len(cell) > 4:
                break
    return cell


def _aligned(line: Line, other: Line) -> bool:
    """Say whether two lines may be of one cell, set to the left or centred."""
    centres = abs((line.box[0] + line.box[2]) - (other.box[0] + other.box[2])) / 2
    return abs(other.box[0] - line.box[0]) < 1.2 * line.size or centres < 0.6 * line.size


def _has_own_label(lines: list[Line], by_line: list[list[Span]], index: int, label: int) -> bool:
    """Say whether another label than `label` stands to the left in the row of a line."""
    line = lines[index]
    return any(
        i != label
        and by_line[i]
        and other.box[2] <= line.box[0] + line.size
        and _beside(line, other)
        and other.box[0] < line.box[0]
        for i, other in enumerate(lines)
    )


def _below_in_cell(page: Page, lines: list[Line], by_line: list[list[Span]], index: int, start: int) -> list[Piece]:
    """Return the lines that go on below a value that shares its line with the label."""
    line = lines[index]
    value = part_box(line, start, len(line.text))
    for i, other in enumerate(lines):
        gap = other.middle - line.middle
        aligned = min(abs(other.box[0] - value[0]), abs(other.box[0] - line.box[0])) < 1.6 * line.size
        full = line.box[2] > 0.8 * max(one.box[2] for one in lines)
        if i != index and 0.6 * line.size < gap < 1.9 * line.size and aligned and full and not by_line[i]:
            return (
                []
                if _has_own_label(lines, by_line, i, index)
                else [Piece(other.text, other.box, other.confidence, 0.9)]
            )
    return []


def _below(lines: list[Line], by_line: list[list[Span]], index: int) -> int | None:
    line = lines[index]
    best: tuple[float, int] | None = None
    for i, other in enumerate(lines):
        drop = other.box[1] - line.box[3]
        if i == index or not -0.5 * line.height <= drop <= _NEAR_BELOW * line.size:
            continue
        shared = min(line.box[2], other.box[2]) - max(line.box[0], other.box[0])
        if shared > 0.4 * min(line.box[2] - line.box[0], other.box[2] - other.box[0]) and (
            best is None or drop < best[0]
        ):
            best = (drop, i)
    return best[1] if best and not by_line[best[1]] else None


def _label_left(lines: list[Line], by_line: list[list[Span]], index: int) -> str | None:
    line = lines[index]
    left = [
        (other.box[2], by_line[i][-1].label)
        for i, other in enumerate(lines)
        if by_line[i] and other.box[2] <= line.box[0] + line.size and i != index and _beside(line, other)
    ]
    return max(left)[1] if left else None


def _whole(page: Page) -> list[Line]:
    """Return the lines of a page with labels mended whose characters stand so far apart that each was read alone."""
    known = vocabulary().known
    merged: list[Line] = []
    for row in page.rows:
        kept: list[Line] = []
        for line in row:
            if kept and len(kept[-1].compact) <= 3 and _CJK.match(kept[-1].compact):
                both = kept[-1].compact + line.compact
                if kept[-1].compact not in known and any(
                    both.startswith(label) for label in known if len(label) > len(kept[-1].compact)
                ):
                    text = f"{kept[-1].text} {line.text}"
                    box = union([kept[-1].box, line.box])
                    kept[-1] = Line(text, both, box, min(kept[-1].confidence, line.confidence))
                    continue
            kept.append(line)
        merged += kept
    return merged


def _stacked(lines: list[Line]) -> list[Line]:
    """Return `lines` with labels mended that a narrow cell broke into two rows, such as 统一社会信用代 over 码."""
    known = vocabulary().known
    dropped: set[int] = set()
    mended = list(lines)
    for index, line in enumerate(lines):
        if not 2 <= len(line.compact) <= 9 or line.compact in known or not _CJK.match(line.compact):
            continue
        for i, other in enumerate(lines):
            drop = other.middle - line.middle
            fits = 0.6 * line.size < drop < 1.8 * line.size and _aligned(line, other)
            if i not in dropped and fits and line.compact + other.compact.rstrip(":") in known:
                text = line.text + other.text
                box = union([line.box, other.box])
                mended[index] = Line(text, line.compact + other.compact, box, min(line.confidence, other.confidence))
                dropped.add(i)
                break
    return [line for i, line in enumerate(mended) if i not in dropped]


def _row_numbers(lines: list[Line]) -> list[int]:
    numbers: list[int] = []
    for index, line in enumerate(lines):
        same = index and _beside(lines[index - 1], line)
        numbers.append(numbers[-1] + (0 if same else 1) if numbers else 0)
    return numbers


def _sum(pieces: list[Piece], joint: str = "") -> Piece:
    return Piece(
        joint.join(piece.text for piece in pieces),
        union([piece.box for piece in pieces]),
        min(piece.confidence for piece in pieces),
        min(piece.quality for piece in pieces),
    )

"""Tesseract, for those who want their own: a program of the system, called once a page."""

from __future__ import annotations

import os
from typing import Any

import cv2
import pytesseract

from ingest.lines import Box, TextLine
from ingest.ocr.cleanup import ink, lift
from ingest.ocr.engine import EngineUnavailable, Pixels, missing

#: Chinese first; Latin letters and numbers from the English data.
LANGUAGES = ("chi_sim", "eng")
#: Noise shrinks away at 200 dpi; at 300 this engine reads worse and takes longer.
_BEST_DPI = 200
#: Whole page with columns; then one column, if the first reading is poor.
_LAYOUTS = (3, 4)
_READS_WELL = 0.7
_TIMEOUT_S = 120
_ADVICE = "安装办法：apt install tesseract-ocr tesseract-ocr-chi-sim，或把 ARCHIVE_OCR_ENGINE 改为 rapidocr。"

#: What a reading follows from besides the program; kept with each page.
SETTINGS = f"dpi={_BEST_DPI} psm={','.join(map(str, _LAYOUTS))} well={_READS_WELL}"

_Word = tuple[str, Box, float]


class TesseractEngine:
    """The program found on the search path, with Chinese and English language data."""

    def __init__(self) -> None:
        """Look for the program; raises EngineUnavailable, saying what to install, if something is missing."""
        # Read by the program: its own threads would fight with the worker processes for the same cores.
        os.environ.setdefault("OMP_THREAD_LIMIT", "1")
        try:
            self.name = f"tesseract {pytesseract.get_tesseract_version()} {'+'.join(LANGUAGES)}"
            held = set(pytesseract.get_languages())
        except (OSError, pytesseract.TesseractError, SystemExit) as e:
            raise missing(f"没有找到 Tesseract 程序。{_ADVICE}") from e
        self.settings = SETTINGS
        lacking = [language for language in LANGUAGES if language not in held]
        if lacking:
            raise missing(f"Tesseract 缺少语言数据 {'、'.join(lacking)}。{_ADVICE}", languages=lacking)

    def read(self, image: Pixels, *, dpi: int) -> list[TextLine]:
        """Return the lines of an upright page, boxes in its pixels."""
        scale = _BEST_DPI / dpi if dpi > _BEST_DPI else 1.0
        grey = lift(ink(image))
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
        best: list[TextLine] = []
        for layout in _LAYOUTS:
            lines = _lines(_data(small, layout, round(dpi * scale)), scale)
            best = max(best, lines, key=_worth)
            if _worth(lines) >= _READS_WELL * sum(len(line.text) for line in lines) > 0:
                break
        return best


def _data(image: Any, layout: int, dpi: int) -> dict[str, list[Any]]:
    try:
        data: dict[str, list[Any]] = pytesseract.image_to_data(
            image,
            lang="+".join(LANGUAGES),
            config=f"--psm {layout} --dpi {dpi}",
            timeout=_TIMEOUT_S,
            output_type=pytesseract.Output.DICT,
        )
    except (OSError, RuntimeError) as e:
        # Its own errors are RuntimeErrors, and so is the one for a page that took too long.
        advice = "Tesseract 没有读完这一页。系统会重试；仍不成功时请改用 rapidocr 引擎。"
        raise EngineUnavailable("ocr.gave-up", advice) from e
    return data


def _worth(lines: list[TextLine]) -> float:
    return sum(len(line.text) * line.confidence for line in lines)


def _lines(data: dict[str, list[Any]], scale: float) -> list[TextLine]:
    rows: dict[tuple[int, int, int], list[_Word]] = {}
    for i, text in enumerate(data["text"]):
        if not text.strip() or float(data["conf"][i]) < 0:
            continue
        left, top, width, height = (int(data[side][i]) for side in ("left", "top", "width", "height"))
        row = (data["block_num"][i], data["par_num"][i], data["line_num"][i])
        box = (left, top, left + width, top + height)
        rows.setdefault(row, []).append((text.strip(), box, float(data["conf"][i]) / 100))
    return [_join(words, scale) for row in rows.values() for words in _cells(row)]


def _cells(row: list[_Word]) -> list[list[_Word]]:
    """Part the words of a row where the gap is wider than two characters: there a table has its ruling."""
    height = sorted(box[3] - box[1] for _, box, _ in row)[len(row) // 2]
    cells = [[row[0]]]
    for word in row[1:]:
        if word[1][0] - cells[-1][-1][1][2] > 2 * height:
            cells.append([word])
        else:
            cells[-1].append(word)
    return cells


def _join(words: list[_Word], scale: float) -> TextLine:
    text = words[0][0]
    for word, _, _ in words[1:]:
        # Chinese is written without spaces; Latin words and numbers keep theirs.
        text += (" " if text[-1].isascii() and word[0].isascii() else "") + word
    boxes = [box for _, box, _ in words]
    edges = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
    characters = sum(len(word) for word, _, _ in words)
    confidence = sum(len(word) * sure for word, _, sure in words) / characters
    x0, y0, x1, y1 = (round(edge / scale) for edge in edges)
    return TextLine(text, (x0, y0, x1, y1), confidence)

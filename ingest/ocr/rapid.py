"""RapidOCR: finds lines with one network and reads them with another, both from the installed wheel.

Where time goes decides the shape of this module. Finding lines costs most, so it looks at the page from
afar first and comes closer only if the lines are small (`_closer`), and looks again in another light only
if ink was left over (`overlooked`). Pages and lines are filled up to one of few shapes, because each new
shape makes the runtime compile again and keep the result. Lines are read one at a time: on one thread a
batch of them takes no less time, only more memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.lines import Box, TextLine
from ingest.ocr import canvas, models
from ingest.ocr.canvas import Quads
from ingest.ocr.cleanup import RED, has_red_ink, ink, lift, redness
from ingest.ocr.engine import Pixels
from ingest.ocr.evidence import NOTHING, Reading, ReadLine, decode, of_line
from ingest.ocr.models import Runtime
from ingest.ocr.overlooked import lift_locally, overlooked

#: Long side at which the page is first looked at, pixels.
COARSE_PX = 1280
#: Long side above which a page is shrunk before reading, pixels: A3 at 270 dpi. It bounds the memory.
LARGEST_PX = 4400
#: A line lower than this in the coarse picture may hide others like it.
LOWEST_LINE_PX = 15.0
#: How often the page is looked at from nearer.
_APPROACHES = 2
#: Readings below this are not text but noise, seals and scribbles.
_LEAST_SCORE = 0.5
#: A line read worse than this is tried the other way up as well.
_UNCERTAIN = 0.75
#: A page with more lines than this is not looked at a second time: it hides nothing, and each line costs.
_MOST_TO_DOUBT = 1000
#: A strip longer than so many times its width is read in pieces of that shape, which share this part of themselves.
_STRIP, _SHARED = 4.0, 0.125
#: Pieces of the longest strip; what is longer is hardly paper, and shrunk.
_MOST_PIECES = 12
_LINE_PX = 48
_WIDTHS: tuple[int, ...] = (96, 160, 240, 320, 400, 480, *range(640, 1281, 160), 1600, 1920, 2560, 3200)


@dataclass(frozen=True)
class _Piece:
    """A part of a strip, from `start` to `end`, that answers for the lines in the middle of it, pixels."""

    start: int
    end: int
    first: float
    last: float


#: What a reading follows from besides the engine; kept with each page.
SETTINGS = f"coarse={COARSE_PX} largest={LARGEST_PX} lowest={LOWEST_LINE_PX:g} least={_LEAST_SCORE}"


class RapidEngine:
    """The networks, loaded once a process and run on one thread: more processes, not more threads."""

    def __init__(self, runtime: Runtime = "auto") -> None:
        self.runtime = models.runtime(runtime)
        models.check(models.RAPID)
        self._find, self._read = _networks(self.runtime)
        self._signs: list[str] = self._read.postprocess_op.character
        self.name = name(self.runtime)
        self.settings = SETTINGS

    def read(self, image: Pixels, *, dpi: int) -> list[TextLine]:
        """Return the lines of an upright page, boxes in its pixels; the resolution is judged from the lines found."""
        height, width = image.shape[:2]
        longest, across = max(height, width), min(height, width)
        if longest <= max(LARGEST_PX, _STRIP * across) or longest > _MOST_PIECES * _STRIP * across:
            return self._at_most(image)
        return [line for piece in _pieces(longest, across) for line in self._piece(image, piece)]

    def _piece(self, image: Pixels, piece: _Piece) -> list[TextLine]:
        """Read a piece of a strip and return the lines that it answers for, in pixels of the strip."""
        lies = image.shape[1] > image.shape[0]
        part = image[:, piece.start : piece.end] if lies else image[piece.start : piece.end]
        shift = (piece.start, 0) if lies else (0, piece.start)
        lines = [_shifted(line, shift) for line in self._at_most(np.ascontiguousarray(part))]
        middles = [(line.box[0] + line.box[2] if lies else line.box[1] + line.box[3]) / 2 for line in lines]
        return [line for line, middle in zip(lines, middles, strict=True) if piece.first <= middle < piece.last]

    def _at_most(self, image: Pixels) -> list[TextLine]:
        scale = max(1.0, max(image.shape[:2]) / LARGEST_PX)
        if scale > 1:
            image = cast(Pixels, cv2.resize(image, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA))
        return [_grown(line, scale) for line in self._best_lines(image)]

    def _best_lines(self, image: Pixels) -> list[TextLine]:
        inked = ink(image)
        grey = lift(inked)
        lines, quads = self._pass(grey, inked)
        red = redness(image) > RED if has_red_ink(image) else None
        if len(quads) <= _MOST_TO_DOUBT and overlooked(grey, list(quads), red):
            again, _ = self._pass(lift_locally(grey), inked)
            lines = max(lines, again, key=_worth)
        return lines

    def _pass(self, grey: Pixels, inked: Pixels) -> tuple[list[TextLine], Quads]:
        """Read `grey`; `inked` is the page before its ink was darkened, which says how faint it is."""
        bgr = cast(Pixels, cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
        quads = self._lines(bgr)
        crops = [_cut(bgr, quad) for quad in quads]
        readings = self._texts(crops)
        self._try_other_way_up(crops, readings)
        lines: list[TextLine] = [
            _line(reading, quad, inked)
            for quad, reading in zip(quads, readings, strict=True)
            if reading.score >= _LEAST_SCORE and reading.text.strip()
        ]
        return lines, quads

    def _lines(self, bgr: Pixels) -> Quads:
        scale = min(1.0, COARSE_PX / max(bgr.shape[:2]))
        quads = self._look(canvas.whole(bgr, COARSE_PX))
        # From afar neighbouring lines look like one high one; from nearer it may show that they are lower still.
        for _ in range(_APPROACHES):
            closer = _closer(quads, scale)
            if closer < 1.1 * scale:
                break
            quads = canvas.without_doubles(np.concatenate([self._look(band) for band in canvas.bands(bgr, closer)]))
            scale = closer
            if not len(quads):
                break
        return quads

    def _look(self, view: canvas.View) -> Quads:
        heat = self._find.session(view.blob)
        quads, _ = self._find.postprocess_op(heat, view.blob.shape[2:])
        return view.on_page(np.asarray(quads, np.float32).reshape(-1, 4, 2))

    def _texts(self, crops: list[Pixels]) -> list[Reading]:
        readings = [NOTHING] * len(crops)
        for width, i in sorted((_class(crop), i) for i, crop in enumerate(crops)):
            blob = _fit(crops[i], width)
            readings[i] = decode(self._read.session(blob)[0], self._signs)
        return readings

    def _try_other_way_up(self, crops: list[Pixels], readings: list[Reading]) -> None:
        """Mend single lines that stand on their head; a whole page that does is left for the reader to turn."""
        doubtful = [i for i, reading in enumerate(readings) if reading.score < _UNCERTAIN and _wide(crops[i])]
        if not doubtful or len(doubtful) > max(4, 0.3 * len(crops)):
            return
        turned = self._texts([cast(Pixels, cv2.rotate(crops[i], cv2.ROTATE_180)) for i in doubtful])
        for i, reading in zip(doubtful, turned, strict=True):
            if reading.score > max(readings[i].score + 0.15, 0.8) and len(reading.text) > 1:
                readings[i] = reading


def name(runtime: Runtime = "auto") -> str:
    """Return what the engine is called on this machine, without loading it; raises EngineUnavailable."""
    return f"rapidocr {version('rapidocr')} {models.runtime(runtime)} {models.together(models.RAPID)}"


def _networks(runtime: str) -> tuple[Any, Any]:
    from rapidocr import EngineType, RapidOCR
    from rapidocr.ch_ppocr_det import TextDetector
    from rapidocr.ch_ppocr_rec import TextRecognizer

    params: dict[str, Any] = {"Global.log_level": "error", "Global.model_root_dir": str(models.FINDS.path.parent)}
    for part, model in (("Det", models.FINDS), ("Cls", models.TURNS_LINES), ("Rec", models.READS)):
        params |= {f"{part}.engine_type": EngineType(runtime), f"{part}.model_path": str(model.path)}
    params |= {
        "EngineConfig.openvino.inference_num_threads": 1,
        "EngineConfig.openvino.num_streams": 1,
        # With pinning on, two processes are pinned to the same core and each gets half of it.
        "EngineConfig.openvino.enable_cpu_pinning": False,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    config = RapidOCR(params=params).cfg
    for part in (config.Det, config.Rec):
        part.engine_cfg = config.EngineConfig[runtime]
        part.model_root_dir = config.Global.model_root_dir
        part.font_path = None
    return TextDetector(config.Det), TextRecognizer(config.Rec)


def _pieces(longest: int, across: int) -> Iterator[_Piece]:
    length = round(_STRIP * across)
    shared = round(_SHARED * length)
    for start in range(0, max(1, longest - shared), length - shared):
        end = min(longest, start + length)
        last = np.inf if end == longest else end - shared / 2
        yield _Piece(start, end, start + shared / 2 if start else 0, last)


def _shifted(line: TextLine, shift: tuple[int, int]) -> TextLine:
    x0, y0, x1, y1 = line.box
    right, down = shift
    return replace(line, box=(x0 + right, y0 + down, x1 + right, y1 + down))


def _grown(line: TextLine, scale: float) -> TextLine:
    x0, y0, x1, y1 = (round(edge * scale) for edge in line.box)
    return line if scale == 1 else replace(line, box=(x0, y0, x1, y1))


def _line(reading: Reading, quad: NDArray[np.float32], inked: Pixels) -> ReadLine:
    box = _box(quad, inked)
    x0, y0, x1, y1 = box
    part = inked[y0:y1, x0:x1]
    height = min(float(np.linalg.norm(quad[0] - quad[3])), float(np.linalg.norm(quad[0] - quad[1])))
    part = part if x1 - x0 >= y1 - y0 else np.ascontiguousarray(part.T)
    return ReadLine(reading.text.strip(), box, reading.score, of_line(reading, part, height_px=height))


def _worth(lines: list[TextLine]) -> float:
    return sum(len(line.text) * (line.confidence - _LEAST_SCORE) for line in lines)


def _closer(quads: Quads, coarse: float) -> float:
    """Return the scale at which the smallest lines, of which `quads` may be a part, are high enough to find."""
    if len(quads) == 0:
        return min(1.0, 1.6 * coarse)
    lowest = float(np.percentile(np.linalg.norm(quads[:, 0] - quads[:, 3], axis=1), 20))
    return coarse if lowest * coarse >= LOWEST_LINE_PX else min(1.0, 1.3 * LOWEST_LINE_PX / lowest)


def _cut(bgr: Pixels, quad: NDArray[np.float32]) -> Pixels:
    width = max(1, int(max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[2] - quad[3]))))
    height = max(1, int(max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))))
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, flat)
    crop = cv2.warpPerspective(bgr, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    # A crop much taller than wide is a line written along the side of the page.
    return cast(Pixels, np.ascontiguousarray(np.rot90(crop)) if height >= 1.5 * width else crop)


def _wide(crop: Pixels) -> bool:
    return bool(crop.shape[1] >= 1.5 * crop.shape[0])


def _class(crop: Pixels) -> int:
    """Return the width of the list to which a line is filled up."""
    needed = float(_LINE_PX * crop.shape[1] / crop.shape[0])
    return min((width for width in _WIDTHS if width >= needed), default=_WIDTHS[-1])


def _fit(crop: Pixels, width: int) -> NDArray[np.float32]:
    natural = max(1, min(width, int(np.ceil(_LINE_PX * crop.shape[1] / crop.shape[0]))))
    shrunk = cv2.resize(crop, (natural, _LINE_PX), interpolation=cv2.INTER_LINEAR)
    blob = np.zeros((1, 3, _LINE_PX, width), np.float32)
    blob[0, :, :, :natural] = (shrunk.astype(np.float32) * np.float32(2 / 255) - 1).transpose(2, 0, 1)
    return blob


def _box(quad: NDArray[np.float32], page: Pixels) -> Box:
    height, width = page.shape[:2]
    x0, y0 = np.floor(quad.min(axis=0)).astype(int)
    x1, y1 = np.ceil(quad.max(axis=0)).astype(int)
    return max(0, int(x0)), max(0, int(y0)), min(width, int(x1)), min(height, int(y1))
